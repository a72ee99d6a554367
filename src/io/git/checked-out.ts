import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import type { WorkTrees } from '../../core/publishing-ports.ts';
import type { Environment } from '../http/credentials.ts';
import { isLeftOut } from '../plugin-folders.ts';
import { askGit } from './git-command.ts';

/** The Git work trees of this machine, as its git sees them. */
export function createWorkTrees(environment: Environment): WorkTrees {
  return {
    async checkedOut(folder) {
      const git = (...args: readonly string[]): Promise<string | undefined> =>
        askGit(folder, args, environment);
      const commit = (await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}'))?.trim();
      if (commit === undefined) return undefined;
      // A folder that another repository happens to be around, and ignores, is none of its own.
      const manifest = await git('ls-tree', '-z', '--name-only', commit, '--', AUTHOR_MANIFEST);
      const prefix = await git('rev-parse', '--show-prefix');
      const status = await git(
        'status',
        '--porcelain=v1',
        '-z',
        '--untracked-files=all',
        '--no-renames',
        '--',
        '.',
      );
      const tags = await git('tag', '--points-at', commit);
      if (manifest === undefined || manifest === '') return undefined;
      if (prefix === undefined || status === undefined || tags === undefined) return undefined;
      const remotes = (await git('config', '--get-regexp', String.raw`^remote\..*\.url$`)) ?? '';
      return {
        commit,
        tags: linesOf(tags),
        uncommitted: uncommittedIn(status, prefix.trimEnd()),
        remotes: linesOf(remotes).map((line) => line.slice(line.indexOf(' ') + 1)),
      };
    },
  };
}

/** From two letters and a path from the top of the work tree, for each file. */
function uncommittedIn(status: string, prefix: string): readonly string[] {
  return status
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice('XY '.length + prefix.length))
    .filter((path) => !path.split('/').some(isLeftOut))
    .toSorted();
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
