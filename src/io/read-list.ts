import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeArchive } from '../core/archives/archive-policy.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { PublishedFile } from '../core/publishing-ports.ts';
import { quote } from '../core/text.ts';
import { createTarReader } from './archives/archive-tar.ts';
import { isErrno, readFileIfExists, toSheafError } from './files.ts';

/** What to read of a list of another ecosystem. */
export interface ListPlace {
  /** A directory, such as a checkout of the repository that holds the list, or a .tar.gz of it. */
  readonly path: string;
  /** Whether a file is wanted, by its path below the directory or in the archive, with `/`. */
  readonly wanted: (path: string) => boolean;
  /** Bytes of one file. */
  readonly maxBytes: number;
}

/** What tools leave in a working directory and no list consists of; whatever begins with a dot is left out, too. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules']);

/**
 * Reads the wanted files of a list, sorted by path. Links are not followed: a list must not bring a file of this
 * machine into a registry.
 *
 * @throws SheafError `SHEAF_PATH` when there is nothing at the path, `SHEAF_ARCHIVE`, `SHEAF_SIZE`,
 *   `SHEAF_PERMISSION`.
 */
export async function readList(place: ListPlace): Promise<readonly PublishedFile[]> {
  const files = (await isDirectory(place.path)) ? await readDirectory(place) : await readArchive(place);
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new SheafError('SHEAF_PATH', `There is nothing at ${quote(path)}.`, {
        hint: 'Check the path; it counts from the directory you are in.',
      });
    }
    throw toSheafError(error, `reading ${quote(path)}`);
  }
}

async function readDirectory({ path: root, wanted, maxBytes }: ListPlace): Promise<readonly PublishedFile[]> {
  const files: PublishedFile[] = [];
  const pending = [''];
  let total = 0;
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
      const path = `${below}${entry.name}`;
      if (entry.isDirectory()) pending.push(`${path}/`);
      if (!entry.isFile() || !wanted(path)) continue;
      const bytes = await readFileIfExists(join(root, path), maxBytes);
      if (bytes === undefined) continue;
      total += bytes.byteLength;
      refuseExcess(root, files.push({ path, bytes }), total);
    }
  }
  return files;
}

async function readArchive({ path: name, wanted, maxBytes }: ListPlace): Promise<readonly PublishedFile[]> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(name, 'r');
    const { size } = await handle.stat();
    const reader = createTarReader(handle, size);
    const plan = judgeArchive(await reader.list(), { name, packedBytes: size });
    const paths = new Map<number, string>();
    for (const file of plan.files) {
      if (!wanted(file.path)) continue;
      if (file.size > maxBytes) {
        throw new SheafError(
          'SHEAF_SIZE',
          `${quote(file.path)} has ${file.size} bytes; at most ${maxBytes} are read.`,
        );
      }
      paths.set(file.entry, file.path);
    }
    const files: PublishedFile[] = [];
    for await (const { position, body } of reader.contents(new Set(paths.keys()))) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      files.push({ path: paths.get(position) ?? '', bytes: Buffer.concat(chunks) });
    }
    return files;
  } catch (error) {
    throw toSheafError(error, `reading ${quote(name)}`);
  } finally {
    await handle?.close();
  }
}

/** What the rules for archives say of a packed list holds for one that lies open. */
function refuseExcess(root: string, files: number, bytes: number): void {
  if (files <= LIMITS.archiveEntries && bytes <= LIMITS.archiveTotalBytes) return;
  throw new SheafError(
    'SHEAF_SIZE',
    `${quote(root)} has more than ${LIMITS.archiveEntries} files or ${LIMITS.archiveTotalBytes} bytes to read.`,
    { hint: 'Name the directory of the list itself.' },
  );
}
