import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { SourceTree } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import type { Environment } from './credentials.ts';
import { isErrno, toSheafError } from './files.ts';
import { askGit } from './git-command.ts';

/** The directories that an index is built from; whatever else a repository holds does not make it unclean. */
const DIRECTORIES = ['registry', 'plugins'];

/**
 * A registry repository, or its facts, in a directory of this machine. What changed is told by the system's git;
 * without one, or outside of a repository, everything else works and every build reads everything.
 */
export function createSourceTree(directory: string, environment: Environment): SourceTree {
  const root = resolve(directory);
  const git = (...args: readonly string[]): Promise<string | undefined> => askGit(root, args, environment);
  const uncommitted = (): Promise<string | undefined> =>
    git(
      'status',
      '--porcelain=v1',
      '-z',
      '--untracked-files=all',
      // An ignored file is read like any other, so it makes the tree differ from its commit like any other.
      '--ignored=matching',
      '--ignore-submodules=none',
      '--',
      ...DIRECTORIES,
    );
  const differing = (...commits: readonly string[]): Promise<string | undefined> =>
    git(
      'diff',
      '--name-only',
      '-z',
      '--no-renames',
      '--no-ext-diff',
      '--relative',
      ...commits,
      '--',
      ...DIRECTORIES,
    );
  return {
    root,
    async commit() {
      if ((await uncommitted()) !== '') return null;
      return (await git('rev-parse', '--verify', '--quiet', 'HEAD'))?.trim() ?? null;
    },
    list: async (below) => listFiles(root, below),
    read: async (path) => readRegularFile(root, path),
    async changedSince(commit) {
      if (!/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
      const known = await git('cat-file', '-e', `${commit}^{commit}`);
      if (known === undefined) return undefined;
      // Of a clean tree two commits tell everything, at the cost of one look at all files instead of two.
      const isClean = (await uncommitted()) === '';
      const changed = await (isClean ? differing(commit, 'HEAD') : differing(commit));
      const untracked = isClean ? '' : await git('ls-files', '--others', '-z', '--', ...DIRECTORIES);
      if (changed === undefined || untracked === undefined) return undefined;
      return [...new Set(`${changed}${untracked}`.split('\0').filter((path) => path !== ''))].toSorted();
    },
  };
}

function listFiles(root: string, directory: string): readonly string[] {
  const paths: string[] = [];
  const pending = [directory];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of entriesOf(placeOf(root, below))) {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) paths.push(path);
    }
  }
  return paths.toSorted();
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw toSheafError(error, `reading ${quote(directory)}`);
  }
}

/**
 * Synchronous on purpose, as the listing is: a build reads hundreds of thousands of small files, and the way
 * through the thread pool costs several times what the read itself does.
 */
function readRegularFile(root: string, path: string): Uint8Array | undefined {
  const place = placeOf(root, path);
  let descriptor: number;
  try {
    // A link could bring a file of this machine into a public index.
    descriptor = openSync(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK')) return undefined;
    throw toSheafError(error, `reading ${quote(place)}`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return undefined;
    if (status.size > LIMITS.indexObjectBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${quote(place)} has ${status.size} bytes; at most ${LIMITS.indexObjectBytes} are read.`,
      );
    }
    return readAll(descriptor, status.size);
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes up to `size`, or up to the end when the file has become shorter. */
function readAll(descriptor: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return length === size ? bytes : bytes.slice(0, length);
}

function placeOf(root: string, path: string): string {
  if (path.split('/').some((part) => part === '..' || part === '' || part.includes('\\'))) {
    throw new SheafError('SHEAF_PATH', `${quote(path)} is no path inside of the registry.`);
  }
  return join(root, ...path.split('/'));
}
