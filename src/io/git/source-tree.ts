import { resolve } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import type { ReadableTree, SourceTree } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { changedPaths, createCommitTree, SOURCE_DIRECTORIES } from './commit-tree.ts';
import { askGit } from './git-command.ts';
import { listFiles, readRegularFile } from './work-tree.ts';

/**
 * A registry repository, or its facts, in a directory of this machine. With a revision it is that commit, whatever
 * lies in the work tree. Otherwise it is the commit that is checked out, when Git says that the work tree holds
 * nothing else, or when there is no work tree; and the files as they lie there when Git cannot say so or there is no
 * Git: then it has no commit, and nobody can tell what changed.
 *
 * Asking Git whether a work tree is clean costs a look at each of its files, a revision costs none.
 */
export function createSourceTree(directory: string, environment: Environment, revision?: string): SourceTree {
  const root = resolve(directory);
  let opened: Promise<SourceTree> | undefined;
  // Once: a tree that came clean in the middle of a build would be two trees.
  const tree = (): Promise<SourceTree> => (opened ??= openTree(root, environment, revision));
  return {
    root,
    commit: async () => (await tree()).commit(),
    list: async (below) => (await tree()).list(below),
    read: async (path) => (await tree()).read(path),
    readAll: async (paths) => (await tree()).readAll(paths),
    changedSince: async (commit) => (await tree()).changedSince(commit),
  };
}

/** The files of a directory as they lie there, read anew each time. */
export function createWorkTree(directory: string): ReadableTree {
  const root = resolve(directory);
  return {
    root,
    list: async (below) => listFiles(root, below),
    read: async (path) => readRegularFile(root, path),
  };
}

async function openTree(
  root: string,
  environment: Environment,
  revision: string | undefined,
): Promise<SourceTree> {
  const git = (...args: readonly string[]): Promise<string | undefined> => askGit(root, args, environment);
  const isCommitted = revision !== undefined || (await isBare(git)) || (await isClean(git));
  const commit = isCommitted ? await commitOf(git, revision ?? 'HEAD') : undefined;
  if (commit !== undefined) return createCommitTree(root, commit, environment);
  if (revision === undefined) {
    const changedSince = (since: string): Promise<readonly string[] | undefined> => changedIn(git, since);
    return {
      ...createWorkTree(root),
      readAll: async (paths) => paths.map((path) => readRegularFile(root, path)),
      commit: () => Promise.resolve(null),
      changedSince,
    };
  }
  throw new SheafError('SHEAF_PATH', `${quote(root)} has no commit ${quote(revision)}.`, {
    hint: 'Name a commit, branch or tag that is there, or fetch it first.',
  });
}

type Git = (...args: readonly string[]) => Promise<string | undefined>;

async function commitOf(git: Git, revision: string): Promise<string | undefined> {
  const id = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  return id?.trim();
}

async function isBare(git: Git): Promise<boolean> {
  return (await git('rev-parse', '--is-bare-repository'))?.trim() === 'true';
}

/** Whether the directories of a registry hold what the commit holds, and nothing else. */
async function isClean(git: Git): Promise<boolean> {
  const uncommitted = await git(
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    // An ignored file would be read like any other, so it makes the tree differ from its commit like any other.
    '--ignored=matching',
    '--ignore-submodules=none',
    '--',
    ...SOURCE_DIRECTORIES,
  );
  return uncommitted === '';
}

/** Paths that changed between a commit and what lies in the work tree, tracked by Git or not. */
async function changedIn(git: Git, since: string): Promise<readonly string[] | undefined> {
  const changed = await changedPaths(git, since);
  const untracked = await git('ls-files', '--others', '-z', '--', ...SOURCE_DIRECTORIES);
  if (changed === undefined || untracked === undefined) return undefined;
  return [...new Set([...changed, ...untracked.split('\0').filter((path) => path !== '')])].toSorted();
}
