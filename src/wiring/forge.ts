import type { ArtifactHost, ChangeTransport } from '../core/submission-ports.ts';
import type { ProposalPlace } from '../io/git/propose-branch.ts';
import { type GithubAddress, type GithubPlace, githubPlace } from '../io/http/github/address.ts';
import { createGithubTransport } from '../io/http/github/change-transport.ts';
import { createGithubClient, type GithubClient } from '../io/http/github/client.ts';
import { createGithubPush } from '../io/http/github/push-transport.ts';
import { createGithubReleaseHost, type GithubReleasePlan } from '../io/http/github/release-host.ts';
import { findGithubToken } from '../io/http/github/token.ts';
import { createHttp } from '../io/http/http.ts';
import { sheafVersion } from './version.ts';

export type { GithubPlace };
export { githubPlace };

interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Delay before a request is made again, milliseconds; `LIMITS.forgeDelay` when absent. */
  readonly delay?: number;
}

/** A server with GitHub's interface. */
export interface ConnectedGithub {
  readonly client: GithubClient;
  /** Whether there is a token for it; looked for when this is first asked or a request is made. */
  hasToken(): Promise<boolean>;
  /** Closes the connections. */
  readonly close: () => Promise<void>;
}

/** Connects a server, with the token that its user has for it. */
export function connectGithub(server: GithubAddress, surroundings: Surroundings): ConnectedGithub {
  const { environment, signal, delay } = surroundings;
  const http = createHttp({ offline: false, environment, version: sheafVersion(), signal });
  let found: ReturnType<typeof findGithubToken> | undefined;
  const token = (): ReturnType<typeof findGithubToken> => (found ??= findGithubToken(server, environment));
  const client = createGithubClient({
    http,
    server,
    token,
    signal,
    ...(delay === undefined ? {} : { delay }),
  });
  return { client, hasToken: async () => (await token()) !== undefined, close: () => http.close() };
}

/**
 * The way of changes to a registry on GitHub: pull requests by its API with a token; without one, a pushed branch and
 * the address at which the pull request is opened.
 */
export function connectGithubTransport(
  upstream: GithubPlace,
  place: ProposalPlace,
  surroundings: Surroundings,
): { readonly transport: ChangeTransport; readonly close: () => Promise<void> } {
  const github = connectGithub(upstream.server, surroundings);
  let chosen: Promise<ChangeTransport> | undefined;
  const open = (): Promise<ChangeTransport> => (chosen ??= choose());
  const choose = async (): Promise<ChangeTransport> =>
    (await github.hasToken())
      ? createGithubTransport(github.client, upstream.repository, forkOf(place)?.repository)
      : createGithubPush(place, upstream);
  return {
    transport: {
      name: 'GitHub',
      read: async (path) => (await open()).read(path),
      propose: async (proposal) => (await open()).propose(proposal),
      state: async (branch) => (await open()).state(branch),
      account: async () => await (await open()).account?.(),
    },
    close: () => github.close(),
  };
}

function forkOf({ fork, environment }: ProposalPlace): GithubPlace | undefined {
  return fork === undefined ? undefined : githubPlace(fork, environment);
}

/** The files of a release on GitHub. */
export function connectGithubRelease(
  server: GithubAddress,
  plan: GithubReleasePlan,
  surroundings: Surroundings,
): { readonly host: ArtifactHost; readonly close: () => Promise<void> } {
  const github = connectGithub(server, surroundings);
  return { host: createGithubReleaseHost(github.client, plan), close: () => github.close() };
}
