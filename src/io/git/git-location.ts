import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A branch of a repository and what fetches it. */
export interface GitLocation {
  /** `http` goes through isomorphic-git, no git needed; `system` needs the git of this machine. */
  readonly transport: 'http' | 'system';
  /** What the transport understands; never with a fragment. */
  readonly url: string;
  readonly branch: string;
}

/** The branch that `sheaf index publish` writes. */
export const DEFAULT_BRANCH = 'index';

/**
 * Reads the forms that name a Git repository: `git+https://…`, `https://….git`, `ssh://…`, `git+ssh://…`,
 * `user@host:path`, `file://…` and a path, each with an optional `#branch`. Undefined for anything else, so
 * for the `https://…` of a static host.
 *
 * @param otherwise the branch of one that names none.
 */
export function gitLocation(text: string, otherwise: string = DEFAULT_BRANCH): GitLocation | undefined {
  const hash = text.indexOf('#');
  const address = hash === -1 ? text : text.slice(0, hash);
  const branch = hash === -1 ? otherwise : text.slice(hash + 1);
  if (address === '' || !isBranchName(branch)) return undefined;

  const plain = address.startsWith('git+') ? address.slice('git+'.length) : address;
  if (/^https?:\/\//.test(plain)) {
    if (!URL.canParse(plain)) return undefined;
    const isGit = plain !== address || new URL(plain).pathname.endsWith('.git');
    return isGit ? { transport: 'http', url: plain.replace(/\/+$/, ''), branch } : undefined;
  }
  if (/^(ssh|file):\/\//.test(plain)) return { transport: 'system', url: plain, branch };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(plain)) return undefined;
  // git's own short form of ssh. A letter before the colon alone would be a drive of Windows.
  if (/^[\w.-]+@[\w.-]+:[^/\\]/.test(plain)) return { transport: 'system', url: plain, branch };
  return { transport: 'system', url: pathToFileURL(isAbsolute(plain) ? plain : resolve(plain)).href, branch };
}

/** The directory that a location on this machine names; undefined when it is elsewhere. */
export function localDirectory(location: GitLocation): string | undefined {
  return location.url.startsWith('file://') ? fileURLToPath(location.url) : undefined;
}

// git-check-ref-format(1), narrowed to what a branch of an index is ever called.
function isBranchName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(name) && !/\.\.|\/\/|\/$|\.$|\.lock$|\/\./.test(name);
}
