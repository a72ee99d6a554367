import type { IndexTarget } from '../../core/publishing-ports.ts';
import type { Environment } from '../http/credentials.ts';
import type { GitLocation } from './git-location.ts';
import { openRemoteBranch, type RemoteBranch } from './remote-branch.ts';

/**
 * A branch of a Git repository, on this machine or another, as the place of a published index. Every publication
 * is one commit on top of the present head: readers see the old tree or the new one, and of two publishers one is
 * refused. Author, date and message follow from the checkpoint, so the same index on the same head is the same commit.
 */
export function createGitTarget(location: GitLocation, environment: Environment): IndexTarget {
  let opened: Promise<RemoteBranch> | undefined;
  const open = (): Promise<RemoteBranch> => (opened ??= openRemoteBranch(location, environment));
  const readFile = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> =>
    (await open()).read(path, maxBytes);
  return {
    url: `${location.url}#${location.branch}`,
    naming: 'path',
    readFile,
    readObject: (object) => readFile(object.path, object.size),
    // A commit names all files, also those that stay; which blobs are there is found out by their Git ids.
    has: () => Promise.resolve(false),
    async publish(files, issued) {
      const branch = await open();
      const change = { message: 'Publish the index', date: issued, files, others: 'remove' } as const;
      const commit = await branch.commit(change);
      if (commit !== undefined) await branch.push(commit);
    },
    async close() {
      const branch = await opened?.catch(() => undefined);
      opened = undefined;
      await branch?.close();
    },
  };
}
