import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';
import type { BranchCommits } from '../../core/submission-ports.ts';
import type { Environment } from '../http/credentials.ts';
import type { GitLocation } from './git-location.ts';
import { openRemoteBranch, type RemoteBranch } from './remote-branch.ts';
import { refuseOutside } from './work-tree.ts';

/** The branches of a repository, on this machine or another, as places to which commits are added. */
export function createBranchCommits(
  { transport, url }: Pick<GitLocation, 'transport' | 'url'>,
  environment: Environment,
): BranchCommits {
  const withBranch = async <T>(
    branch: string,
    from: string | undefined,
    work: (branch: RemoteBranch) => Promise<T>,
  ): Promise<T> => {
    const opened = await openRemoteBranch({ transport, url, branch }, environment, from);
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };

  return {
    read: (branch, path) =>
      withBranch(branch, undefined, (opened) => opened.read(path, LIMITS.indexObjectBytes)),

    async add({ branch, from, message, date, files }) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await withBranch(branch, from, async (opened) => {
            const wanted = await files((path) => opened.read(path, LIMITS.indexObjectBytes));
            const commit =
              wanted.size === 0
                ? undefined
                : await opened.commit({ message, date, files: inOrder(wanted), others: 'keep' });
            if (commit === undefined) return { commit: opened.base, changed: false };
            await opened.push(commit);
            return { commit, changed: true };
          });
        } catch (error) {
          const wasOvertaken = error instanceof SheafError && error.code === 'SHEAF_EXISTS';
          if (!wasOvertaken || attempt === LIMITS.pushAttempts) throw error;
        }
      }
    },
  };
}

/** Files in the order of their paths, so that the same files make the same commit. @throws SheafError `SHEAF_PATH`. */
export async function* inOrder(files: ReadonlyMap<string, Uint8Array>): AsyncIterable<PublishedFile> {
  for (const [path, bytes] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    refuseOutside(path);
    yield { path, bytes };
  }
}
