import { setTimeout as wait } from 'node:timers/promises';
import { SheafError } from '../core/errors.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { LIMITS } from '../core/limits.ts';
import type { ArtifactHost, ChangeTransport } from '../core/submission-ports.ts';
import { quote } from '../core/text.ts';
import { urlPrefix } from '../core/web-url.ts';
import { createDirectoryHost } from '../io/directory-host.ts';
import { createGitTransport } from '../io/git/git-transport.ts';
import { createGitlabTransport } from '../io/git/gitlab-transport.ts';
import { createPatchTransport } from '../io/git/patch-transport.ts';
import type { ProposalPlace } from '../io/git/propose-branch.ts';
import {
  createRegistryRepository,
  type RegistryRepository,
  repositoryUrl,
} from '../io/git/registry-repository.ts';
import { createHttp } from '../io/http/http.ts';
import { createUploadedHost } from '../io/http/uploaded-host.ts';
import { connectGithubRelease, connectGithubTransport, githubPlace } from './forge.ts';
import { sheafVersion } from './version.ts';

interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Where changes go, as a person says it. */
export interface RegistryAddress {
  /** Repository of the registry. */
  readonly to: string;
  /** `github`, `gitlab`, `git` or `patch:FILE`; told by the address when absent. */
  readonly transport?: string;
  /** Repository that branches are pushed to, where that is another one. */
  readonly fork?: string;
}

/** A registry and the way of changes to it. */
export interface ConnectedRegistry {
  readonly registry: RegistryRepository;
  readonly transport: ChangeTransport;
  /** Removes what was fetched. */
  readonly close: () => Promise<void>;
}

/**
 * Connects a registry that nobody has checked out.
 *
 * @throws SheafError `SHEAF_USAGE` for an address or a transport that is none.
 */
export function connectRegistry(address: RegistryAddress, surroundings: Surroundings): ConnectedRegistry {
  const { environment } = surroundings;
  const registry = createRegistryRepository(repositoryUrl(address.to), environment);
  const fork = address.fork === undefined ? {} : { fork: repositoryUrl(address.fork) };
  const place = { registry, environment, ...fork };
  const wanted = address.transport ?? transportFor(registry.root, environment);
  const way = transportNamed(wanted, place, surroundings);
  return {
    registry,
    transport: way.transport,
    async close() {
      await Promise.all([registry.close(), way.close?.()]);
    },
  };
}

function transportFor(url: string, environment: Surroundings['environment']): string {
  if (githubPlace(url, environment) !== undefined) return 'github';
  return /^(?:https:\/\/|ssh:\/\/git@|git@)gitlab\./.test(url) ? 'gitlab' : 'git';
}

function transportNamed(
  name: string,
  place: ProposalPlace,
  surroundings: Surroundings,
): { readonly transport: ChangeTransport; close?(): Promise<void> } {
  if (name === 'git') return { transport: createGitTransport(place) };
  if (name === 'gitlab') return { transport: createGitlabTransport(place) };
  if (name.startsWith('patch:') && name !== 'patch:') {
    return { transport: createPatchTransport(place, name.slice('patch:'.length)) };
  }
  if (name === 'github') {
    const url = place.registry.root;
    const upstream = githubPlace(url, place.environment);
    if (upstream !== undefined) return connectGithubTransport(upstream, place, surroundings);
    throw new SheafError('SHEAF_USAGE', `${quote(url)} is no repository on GitHub.`, {
      hint: 'For a server of your own, set GITHUB_SERVER_URL; or choose another way with --transport.',
    });
  }
  throw new SheafError('SHEAF_USAGE', `--transport cannot be ${quote(name)}.`, {
    hint: 'Write github, gitlab, git, or patch:FILE.',
  });
}

/** A place for artifacts, as a person says it. */
export interface HostAddress {
  /** `github` or `github:TAG`, `directory:DIR`, `url:PREFIX`. In all of them `{name}` and `{version}` are filled in. */
  readonly host: string;
  /** Address below which the files of a directory are found. */
  readonly releaseUrl?: string;
}

/** A place for the artifacts of a release. */
export interface ConnectedHost {
  readonly host: ArtifactHost;
  readonly close: () => Promise<void>;
}

/**
 * Connects the place where the artifacts of a release are published.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function connectHost(
  { host, releaseUrl }: HostAddress,
  release: Pick<Manifest, 'name' | 'version' | 'repository'>,
  surroundings: Surroundings,
): ConnectedHost {
  const colon = host.indexOf(':');
  const [kind, rest] = colon < 0 ? [host, ''] : [host.slice(0, colon), host.slice(colon + 1)];
  const fill = (text: string): string =>
    text.replaceAll('{name}', release.name).replaceAll('{version}', release.version);
  const prefix = (text: string): string => urlPrefix(fill(text), 'The address of the release');
  if (kind === 'github') return githubHost(fill(rest === '' ? 'v{version}' : rest), release, surroundings);
  if (kind === 'directory' && rest !== '') {
    if (releaseUrl !== undefined) {
      return { host: createDirectoryHost(fill(rest), prefix(releaseUrl)), close: () => Promise.resolve() };
    }
    throw new SheafError(
      'SHEAF_USAGE',
      `Nothing tells at which address the files in ${quote(rest)} will be found.`,
      { hint: 'Add --release-url URL; {name} and {version} in it are filled in.' },
    );
  }
  if (kind === 'url' && rest !== '') {
    const { environment, signal } = surroundings;
    const http = createHttp({ offline: false, environment, signal, version: sheafVersion() });
    return { host: createUploadedHost(http, prefix(rest)), close: () => http.close() };
  }
  throw new SheafError('SHEAF_USAGE', `--host cannot be ${quote(host)}.`, {
    hint: 'Write github, directory:DIR, or url:PREFIX.',
  });
}

function githubHost(
  tag: string,
  { name, version, repository }: Parameters<typeof connectHost>[1],
  surroundings: Surroundings,
): ConnectedHost {
  const place = githubPlace(repository ?? '', surroundings.environment);
  if (place !== undefined) {
    const plan = { repository: place.repository, tag, title: `${name} ${version}`, body: '' };
    return connectGithubRelease(place.server, plan, surroundings);
  }
  throw new SheafError('SHEAF_USAGE', `The manifest of ${name} names no repository on GitHub.`, {
    hint: 'Write repository = "https://github.com/…" under [plugin], or choose another --host.',
  });
}

/** Waits until a proposal is worth another look. @throws SheafError `SHEAF_INTERRUPTED`. */
export function pauseBetweenLooks(signal: AbortSignal): () => Promise<void> {
  return async () => {
    try {
      await wait(LIMITS.followInterval, undefined, { signal });
    } catch (cause) {
      throw new SheafError('SHEAF_INTERRUPTED', 'No longer following; the change stays proposed.', {
        hint: 'Follow it again with: sheaf publish --follow.',
        cause,
      });
    }
  };
}
