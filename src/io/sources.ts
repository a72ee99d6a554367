import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { LATEST_PATH } from '../core/index/checkpoint.ts';
import type { IndexSource } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { createDirectorySource } from './directory-source.ts';
import { type GitLocation, gitLocation, localDirectory } from './git/git-location.ts';
import { createGitSource } from './git/git-source.ts';
import type { Environment } from './http/credentials.ts';
import type { Http } from './http/http.ts';
import { createStaticSource } from './http/static-source.ts';

/** What the transports need. */
export interface SourceOptions {
  readonly http: Http;
  /** Where clones are kept: `$XDG_CACHE_HOME/sheaf/git`. */
  readonly gitDirectory: string;
  readonly environment: Environment;
  readonly offline: boolean;
  /** Ends what a Git source is doing. */
  readonly signal?: AbortSignal;
  /** The compiled git-worker.js, when it does not lie beside git-source.js. */
  readonly gitWorker?: URL;
}

/** Opens a published index by its address: a branch of a Git repository, a static host, or a directory. */
export function createSources(options: SourceOptions): (url: string) => IndexSource {
  return (url) => {
    const location = gitLocation(url);
    if (location === undefined) {
      if (/^https?:\/\//.test(url)) return createStaticSource(url, options.http);
      throw new SheafError('SHEAF_USAGE', `${quote(url)} is not an address of a registry.`, {
        hint: 'Write https://…, git+https://…#branch, ssh://…, file://… or a path.',
      });
    }
    const directory = localDirectory(location);
    if (directory !== undefined && isPublishedTree(directory)) {
      return createDirectorySource(location.url, directory);
    }
    return createGitSource({
      url: directory === undefined ? url : `${location.url}#${location.branch}`,
      location,
      gitdir: join(options.gitDirectory, cloneName(location)),
      environment: options.environment,
      offline: options.offline,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.gitWorker === undefined ? {} : { worker: options.gitWorker }),
    });
  };
}

/** A published tree begins with this file; so does the work tree of a repository whose branch is checked out. */
function isPublishedTree(directory: string): boolean {
  return existsSync(join(directory, LATEST_PATH)) && !existsSync(join(directory, '.git'));
}

/**
 * One clone for each address, whatever registry it claims to hold: known before the first root is read, and no
 * mirror can choose what another one's clone begins with.
 */
function cloneName({ url, branch }: GitLocation): string {
  return createHash('sha256').update(`${url}#${branch}`).digest('hex').slice(0, 32);
}
