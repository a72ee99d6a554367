import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import type { Clock, IndexSource } from '../core/ports.ts';
import type { IndexTarget, SourceTree } from '../core/publishing-ports.ts';
import { quote } from '../core/text.ts';
import { directoriesFor } from '../io/directories.ts';
import { createDirectorySource } from '../io/directory-source.ts';
import { createDirectoryTarget } from '../io/directory-target.ts';
import { gitLocation, localDirectory } from '../io/git/git-location.ts';
import { createGitTarget } from '../io/git/git-target.ts';
import { createSourceTree } from '../io/git/source-tree.ts';
import { createHttp } from '../io/http/http.ts';
import { openScratchIndex, type ScratchIndex } from '../io/scratch-index.ts';
import { createSources } from '../io/sources.ts';
import { sheafVersion } from './version.ts';

/** What surrounds the operations of somebody who publishes a registry. */
export interface OperatorOptions {
  readonly offline: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Breaks off what is being fetched. */
  readonly signal: AbortSignal;
}

/** Where indexes are read, built and published. */
export interface OperatorPorts {
  readonly clock: Clock;
  /** A repository of a registry, or of its facts: at a revision, or as its work tree is. */
  readonly openTree: (directory: string, revision?: string) => SourceTree;
  /** A published index, by URL or directory. */
  readonly openSource: (url: string) => IndexSource;
  /** The tree that `sheaf index build` wrote. */
  readonly openDirectorySource: (directory: string) => IndexSource;
  /** The directory that `sheaf index build` writes; it is made when it is not there. */
  readonly openDirectory: (directory: string) => IndexTarget;
  /**
   * A branch of a Git repository, or a directory that a web server serves.
   *
   * @throws SheafError `SHEAF_USAGE` for an address that nothing can be published to.
   */
  readonly openTarget: (address: string) => IndexTarget;
  /** An empty directory to build in, gone when it is closed. */
  readonly openScratch: () => Promise<ScratchIndex>;
}

/**
 * Connects the operations on an index with the real file system, Git and network.
 *
 * @throws SheafError `SHEAF_NO_HOME`.
 */
export function connectOperator({ offline, environment, signal }: OperatorOptions): OperatorPorts {
  const http = createHttp({ offline, environment, version: sheafVersion(), signal });
  const gitDirectory = directoriesFor({ environment, platform: process.platform }).gitClones;
  return {
    clock: { now: () => Date.now() },
    openTree: (directory, revision) => createSourceTree(directory, environment, revision),
    openSource: createSources({ http, gitDirectory, environment, offline, signal }),
    openDirectorySource: (directory) => createDirectorySource(directory, directory),
    openDirectory: createDirectoryTarget,
    openScratch: openScratchIndex,
    openTarget(address) {
      const location = gitLocation(address);
      if (location === undefined) {
        throw new SheafError('SHEAF_USAGE', `Nothing can be published to ${quote(address)}.`, {
          hint: 'Write the address of a Git repository (git+https://…#branch, ssh://…) or a directory.',
        });
      }
      const directory = localDirectory(location);
      return directory === undefined || isGitRepository(address, directory)
        ? createGitTarget(location, environment)
        : createDirectoryTarget(directory);
    },
  };
}

/** Whether a local address means a repository: it says so, or one lies there (gitrepository-layout(5)). */
function isGitRepository(address: string, directory: string): boolean {
  if (address.includes('#') || /^[a-z+]+:/.test(address)) return true;
  return (
    existsSync(join(directory, '.git')) ||
    (existsSync(join(directory, 'HEAD')) && existsSync(join(directory, 'objects')))
  );
}
