import { SheafError } from '../../../core/errors.ts';
import { quote } from '../../../core/text.ts';
import type { Environment } from '../credentials.ts';

/** A server with GitHub's interface; both addresses have a slash at their end. */
export interface GithubAddress {
  /** `https://api.github.com/`, or that of a server of one's own. */
  readonly api: string;
  /** What its web addresses begin with: `https://github.com/`. */
  readonly prefix: string;
}

/** A repository on such a server. */
export interface GithubPlace {
  readonly server: GithubAddress;
  /** `owner/name`. */
  readonly repository: string;
}

/** GitHub itself. */
export const GITHUB: GithubAddress = { api: 'https://api.github.com/', prefix: 'https://github.com/' };

/**
 * The server that the environment names as workflows do, with `GITHUB_SERVER_URL` and `GITHUB_API_URL`; GitHub itself
 * without them.
 *
 * @throws SheafError `SHEAF_USAGE` for a variable that holds no address.
 */
export function githubOf(environment: Environment): GithubAddress {
  const prefix = addressIn(environment, 'GITHUB_SERVER_URL') ?? GITHUB.prefix;
  const api = addressIn(environment, 'GITHUB_API_URL');
  // GitHub Enterprise Server has its interface below its web address.
  return { prefix, api: api ?? (prefix === GITHUB.prefix ? GITHUB.api : `${prefix}api/v3/`) };
}

/**
 * The GitHub repository that an address names: `https://github.com/acme/registry`, with or without `.git` and `git+`,
 * `ssh://git@github.com/acme/registry` or `git@github.com:acme/registry`. Undefined for every other host than GitHub
 * and the server of the environment.
 */
export function githubPlace(text: string, environment: Environment): GithubPlace | undefined {
  const plain = text.startsWith('git+') ? text.slice('git+'.length) : text;
  const short = /^[\w.-]+@([\w.-]+):(?!\/)(.+)$/.exec(plain);
  const url = short === null ? plain : `ssh://${short[1] ?? ''}/${short[2] ?? ''}`;
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(url);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  const server = [githubOf(environment), GITHUB].find(({ prefix }) => {
    const web = new URL(prefix);
    // The port of ssh says nothing about that of the web.
    return isWeb ? web.host === host : protocol === 'ssh:' && web.hostname === hostname;
  });
  const path = pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return server !== undefined && isRepositoryName(path) ? { server, repository: path } : undefined;
}

/** `owner/name`, each of letters, digits, `.`, `_` and `-`. */
export function isRepositoryName(text: string): boolean {
  return /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/.test(text) && !/(^|\/)\.{1,2}(\/|$)/.test(text);
}

/** Web address of a repository, without a slash at its end. */
export function webAddress({ server, repository }: GithubPlace): string {
  return server.prefix + repository;
}

function addressIn(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  if (value === undefined || value === '') return undefined;
  const isAddress = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  if (isAddress) return value.replace(/\/*$/, '/');
  throw new SheafError('SHEAF_USAGE', `${variable} holds ${quote(value)}, which is not an address.`, {
    hint: `Remove ${variable} from the environment, or put the address of your server into it.`,
  });
}
