import { SheafError } from '../core/errors.ts';
import type { Clock, NamedFiles } from '../core/ports.ts';
import type { ForgeReviews, MergeTarget } from '../core/review-ports.ts';
import type { ProposedTrees } from '../core/submission-ports.ts';
import { quote } from '../core/text.ts';
import { createMergeTarget } from '../io/git/merge.ts';
import { openProposedTrees } from '../io/git/proposed-trees.ts';
import { createSourceTree } from '../io/git/source-tree.ts';
import { githubOf, githubPlace, isRepositoryName } from '../io/http/github/address.ts';
import { createGithubTransport } from '../io/http/github/change-transport.ts';
import { createGithubReleaseFiles } from '../io/http/github/release-files.ts';
import { createGithubReviews } from '../io/http/github/reviews.ts';
import { createGitlabClient } from '../io/http/gitlab/client.ts';
import { createGitlabReviews } from '../io/http/gitlab/reviews.ts';
import { createHttp } from '../io/http/http.ts';
import { createNamedFiles } from '../io/named-files.ts';
import type { ReviewWorkPorts } from '../ops/submissions/judge-submission.ts';
import type { FormPorts } from '../ops/submissions/submit-form.ts';
import { connectExamination } from './examination.ts';
import { connectGithub } from './forge.ts';
import { sheafVersion } from './version.ts';

interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Where a registry lies, on this machine and on its forge. */
export interface ReviewPlace {
  /** A clone of the registry repository, bare or not. */
  readonly directory: string;
  /** Name of the remote, or its address. */
  readonly remote: string;
  /** The branch that submissions are merged into. */
  readonly into: string;
}

/** A repository on a forge, as the environment of a workflow names it. */
export interface ConnectedForge {
  readonly forge: ForgeReviews;
  readonly close: () => Promise<void>;
}

/** The ports of the trusted half of a registry's workflows. */
export interface ConnectedReviewWork {
  readonly ports: ReviewWorkPorts;
  readonly files: NamedFiles;
  readonly close: () => Promise<void>;
}

/**
 * Connects a clone of a registry with its forge.
 *
 * @param options.artifacts whether artifacts are fetched and looked into, and from which networks besides the public.
 * @throws SheafError `SHEAF_USAGE` when nothing names the repository on the forge.
 */
export function connectReviewWork(
  place: ReviewPlace,
  options: {
    readonly forge: string;
    readonly repository: string | undefined;
    readonly artifacts: false | { readonly allowNetworks: readonly string[] };
  },
  surroundings: Surroundings,
): ConnectedReviewWork {
  const { forge, close } = connectForge(options.forge, options.repository, surroundings);
  const { signal } = surroundings;
  const merging = connectMerging(place, surroundings);
  const examine =
    options.artifacts === false ? {} : { examine: connectExamination({ ...options.artifacts, signal }) };
  return { ports: { forge, ...merging, ...examine }, files: createNamedFiles(), close };
}

/** What merging needs besides a forge. */
export function connectMerging(
  { directory, remote, into }: ReviewPlace,
  { environment }: Surroundings,
): {
  readonly target: MergeTarget;
  readonly openTrees: (base: string, head: string) => Promise<ProposedTrees>;
  readonly clock: Clock;
} {
  return {
    target: createMergeTarget(directory, { remote, branch: into }, environment),
    openTrees: (base, head) => openProposedTrees(directory, { base, head }, environment),
    clock: { now: () => Date.now() },
  };
}

/**
 * Connects a repository on a forge.
 *
 * @param repository `owner/name`; the one of the workflow when absent (GITHUB_REPOSITORY, CI_PROJECT_PATH).
 * @throws SheafError `SHEAF_USAGE`.
 */
export function connectForge(
  name: string,
  repository: string | undefined,
  surroundings: Surroundings,
): ConnectedForge {
  const { environment, signal } = surroundings;
  if (name === 'gitlab') {
    const api = addressOf(environment['CI_API_V4_URL'] ?? 'https://gitlab.com/api/v4');
    const project = repository ?? environment['CI_PROJECT_PATH'] ?? '';
    if (!/^[\w.-]+(?:\/[\w.-]+)+$/.test(project)) throw unnamed(project, 'CI_PROJECT_PATH');
    const http = createHttp({ offline: false, environment, version: sheafVersion(), signal });
    const client = createGitlabClient(http, api, environment);
    return { forge: createGitlabReviews(client, encodeURIComponent(project)), close: () => http.close() };
  }
  const own = repository ?? environment['GITHUB_REPOSITORY'] ?? '';
  if (!isRepositoryName(own)) throw unnamed(own, 'GITHUB_REPOSITORY');
  const github = connectGithub(githubOf(environment), surroundings);
  return { forge: createGithubReviews(github.client, own), close: () => github.close() };
}

/**
 * Connects a registry with the forge on which people submit releases by an issue form.
 *
 * @param repository as in {@link connectForge}.
 */
export function connectForms(
  directory: string,
  repository: string | undefined,
  surroundings: Surroundings,
): {
  readonly ports: FormPorts;
  readonly forge: ForgeReviews;
  readonly files: NamedFiles;
  readonly close: () => Promise<void>;
} {
  const { environment } = surroundings;
  const own = repository ?? environment['GITHUB_REPOSITORY'] ?? '';
  if (!isRepositoryName(own)) throw unnamed(own, 'GITHUB_REPOSITORY');
  const server = githubOf(environment);
  const github = connectGithub(server, surroundings);
  const { client } = github;
  const forge = createGithubReviews(client, own);
  const ports: FormPorts = {
    tree: createSourceTree(directory, environment),
    forge,
    releases: createGithubReleaseFiles(client),
    transport: createGithubTransport(client, own),
    repositoryOf(text) {
      const place = githubPlace(text, environment);
      if (place !== undefined) return place.server.api === server.api ? place.repository : undefined;
      return isRepositoryName(text) ? text : undefined;
    },
  };
  return { ports, forge, files: createNamedFiles(), close: () => github.close() };
}

function addressOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/*$/, '/');
  throw new SheafError('SHEAF_USAGE', 'CI_API_V4_URL does not hold an address.', {
    hint: 'Write it as https://gitlab.example.org/api/v4.',
  });
}

function unnamed(given: string, variable: string): SheafError {
  const message =
    given === ''
      ? 'Nothing names the repository on the forge.'
      : `${quote(given)} is not the name of a repository on a forge.`;
  return new SheafError('SHEAF_USAGE', message, {
    hint: `Add --repository OWNER/NAME, or set ${variable}.`,
  });
}
