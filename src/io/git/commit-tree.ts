import { SheafError } from '../../core/errors.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import type { Environment } from '../http/credentials.ts';
import { askGit } from './git-command.ts';
import { openGitObjects } from './git-objects.ts';
import { refuseOutside } from './work-tree.ts';

const NOTHING = new Uint8Array();

/** The directories that an index is built from. */
export const SOURCE_DIRECTORIES: readonly string[] = ['registry', 'plugins'];

/** What a directory of a commit holds, by name. */
type Entries = ReadonlyMap<string, Entry>;

interface Entry {
  readonly kind: 'file' | 'directory' | 'other';
  readonly id: string;
}

/**
 * A registry at one commit of its Git repository, read from Git's objects: no checkout is needed, and nothing that
 * lies in one can get in. A link's target is never taken for content.
 *
 * @param directory of the registry: the top of a work tree, one below it, or a bare repository.
 * @param commit a full id.
 */
export function createCommitTree(directory: string, commit: string, environment: Environment): SourceTree {
  const git = (...args: readonly string[]): Promise<string | undefined> =>
    askGit(directory, args, environment);
  const objects = openGitObjects(directory, environment);
  const idLength = commit.length / 2;
  // As Git wrote them: what they say, taken apart, is ten times as much, and a registry has 300,000.
  const directories = new Map<string, Promise<Uint8Array>>();
  // Taken apart only where single names are looked up; one directory may hold those of all owners.
  const lookedInto = new Map<string, Promise<Entries>>();

  const readObject = async (id: string): Promise<Uint8Array> => (await objects.read([id]))[0] ?? NOTHING;

  const readTop = async (): Promise<Uint8Array> => {
    const prefix = (await git('rev-parse', '--show-prefix'))?.trim() ?? '';
    const top = await git('rev-parse', '--verify', '--quiet', `${commit}:${prefix}`);
    return top === undefined ? NOTHING : readObject(top.trim());
  };

  const readBelow = async (path: string): Promise<Uint8Array> => {
    const entry = await find(path);
    return entry?.kind === 'directory' ? readObject(entry.id) : NOTHING;
  };

  /** What lies in a directory; directories are kept, because the files of one are asked for after it is listed. */
  const entriesOf = async (path: string): Promise<Entries> => {
    const bytes = directories.get(path) ?? (path === '' ? readTop() : readBelow(path));
    directories.set(path, bytes);
    return parseTree(await bytes, idLength);
  };

  const find = async (path: string): Promise<Entry | undefined> => {
    const directory = directoryOf(path);
    const entries = lookedInto.get(directory) ?? entriesOf(directory);
    lookedInto.set(directory, entries);
    return (await entries).get(nameOf(path));
  };

  const collect = async (directory: string, paths: string[]): Promise<void> => {
    const below: { readonly path: string; readonly id: string }[] = [];
    for (const [name, { kind, id }] of await entriesOf(directory)) {
      const path = `${directory}/${name}`;
      if (kind === 'file') paths.push(path);
      if (kind === 'directory') below.push({ path, id });
    }
    const trees = await objects.read(below.map(({ id }) => id));
    for (const [at, { path }] of below.entries())
      directories.set(path, Promise.resolve(trees[at] ?? NOTHING));
    await Promise.all(below.map(({ path }) => collect(path, paths)));
  };

  return {
    root: directory,
    commit: () => Promise.resolve(commit),
    async list(below) {
      refuseOutside(below);
      const paths: string[] = [];
      await collect(below, paths);
      return paths.toSorted();
    },
    async read(path) {
      refuseOutside(path);
      const entry = await find(path);
      return entry?.kind === 'file' ? readObject(entry.id) : undefined;
    },
    async readAll(paths) {
      const opened = new Map<string, Entries>();
      for (const path of paths) {
        refuseOutside(path);
        const directory = directoryOf(path);
        if (!opened.has(directory)) opened.set(directory, await entriesOf(directory));
      }
      const ids = paths.map((path) => {
        const entry = opened.get(directoryOf(path))?.get(nameOf(path));
        return entry?.kind === 'file' ? entry.id : undefined;
      });
      const read = (await objects.read(ids.filter((id) => id !== undefined))).values();
      return ids.map((id) => (id === undefined ? undefined : read.next().value));
    },
    changedSince: (since) => changedPaths(git, since, commit),
  };
}

/**
 * Paths of a registry that differ between a commit and another, or the work tree; sorted by code unit, undefined when
 * Git does not have the commits.
 */
export async function changedPaths(
  git: (...args: readonly string[]) => Promise<string | undefined>,
  since: string,
  until?: string,
): Promise<readonly string[] | undefined> {
  if (!/^[0-9a-f]{40,64}$/.test(since)) return undefined;
  const changed = await git(
    'diff',
    '--name-only',
    '-z',
    '--no-renames',
    '--no-ext-diff',
    '--relative',
    since,
    ...(until === undefined ? [] : [until]),
    '--',
    ...SOURCE_DIRECTORIES,
  );
  return changed
    ?.split('\0')
    .filter((path) => path !== '')
    .toSorted();
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Reads a tree object: for each entry its mode, a space, its name, a zero byte and its id. */
function parseTree(bytes: Uint8Array, idLength: number): Entries {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, Entry>();
  for (let offset = 0; offset < buffer.length; ) {
    const space = buffer.indexOf(0x20, offset);
    const end = buffer.indexOf(0, space);
    // Without this a damaged tree would be read for ever.
    if (space === -1 || end === -1) {
      throw new SheafError('SHEAF_TOOL', 'A directory of the Git repository is damaged.', {
        hint: 'Run git fsck, and fetch the repository again.',
      });
    }
    const mode = buffer.toString('latin1', offset, space);
    offset = end + 1 + idLength;
    entries.set(buffer.toString('utf8', space + 1, end), {
      kind: KINDS[mode] ?? 'other',
      id: buffer.toString('hex', end + 1, offset),
    });
  }
  return entries;
}

const KINDS: Readonly<Record<string, Entry['kind']>> = {
  '100644': 'file',
  '100755': 'file',
  '40000': 'directory',
};
