import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { judgeArchive } from '../core/archives/archive-policy.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { PublishedFile } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { createTarReader } from './archive-tar.ts';
import { isErrno, readFileIfExists, toSheafError } from './files.ts';

/** What to read of a list of another ecosystem. */
export interface ListPlace {
  /** A checkout of the repository that holds the list, the folder inside it, or a .tar.gz of the checkout. */
  readonly path: string;
  /** Name of the folder: `plugins`. */
  readonly folder: string;
  /** Extension of the files: `.yaml`. */
  readonly extension: string;
}

/**
 * Reads the files of a list, sorted by path; paths are `<folder>/<name>`, wherever the list lies. Directories
 * below the folder are not entered.
 *
 * @throws SheafError `SHEAF_PATH` when there is nothing at the path, `SHEAF_ARCHIVE`, `SHEAF_SIZE`,
 *   `SHEAF_PERMISSION`.
 */
export async function readList(place: ListPlace): Promise<readonly PublishedFile[]> {
  const { path } = place;
  const files = (await isDirectory(path)) ? await readFolder(place) : await readArchive(place);
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

async function readFolder({ path, folder, extension }: ListPlace): Promise<readonly PublishedFile[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const isCheckout = entries.some((entry) => entry.name === folder && entry.isDirectory());
  const directory = isCheckout ? join(path, folder) : path;
  const names = isCheckout ? await readdir(directory, { withFileTypes: true }) : entries;
  const files: PublishedFile[] = [];
  for (const entry of names) {
    if (!entry.isFile() || !entry.name.endsWith(extension)) continue;
    const bytes = await readFileIfExists(join(directory, entry.name), LIMITS.manifestBytes);
    if (bytes !== undefined) files.push({ path: `${folder}/${entry.name}`, bytes });
  }
  return files;
}

/** Archives that forges make of a commit have one more directory around the checkout. */
async function readArchive({ path, folder, extension }: ListPlace): Promise<readonly PublishedFile[]> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    const reader = createTarReader(handle, size);
    const plan = judgeArchive(await reader.list(), { name: path, packedBytes: size });
    const wanted = new Map<number, string>();
    for (const file of plan.files) {
      const parts = file.path.split('/');
      const name = parts.at(-1) ?? '';
      if (parts.length > 3 || parts.at(-2) !== folder || !name.endsWith(extension)) continue;
      if (file.size > LIMITS.manifestBytes) {
        throw new SheafError(
          'SHEAF_SIZE',
          `${quote(file.path)} has ${file.size} bytes; at most ${LIMITS.manifestBytes} are read.`,
        );
      }
      wanted.set(file.entry, `${folder}/${name}`);
    }
    const files: PublishedFile[] = [];
    for await (const { position, body } of reader.contents(new Set(wanted.keys()))) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      files.push({ path: wanted.get(position) ?? '', bytes: Buffer.concat(chunks) });
    }
    return files;
  } catch (error) {
    throw toSheafError(error, `reading ${quote(path)}`);
  } finally {
    await handle?.close();
  }
}
