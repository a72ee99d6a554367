import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileToPack, packArchive } from '../../core/archives/pack-archive.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import { isErrno, toSheafError } from '../files.ts';

/**
 * Packs files of a directory into a `.tar.gz` that is the same for the same files on every machine.
 *
 * @param paths relative to the directory, with `/`; regular files only, links are refused.
 * @param name of the archive, for messages.
 * @throws SheafError `SHEAF_ARCHIVE`, `SHEAF_PATH`, `SHEAF_PERMISSION`.
 */
export async function packDirectory(
  directory: string,
  paths: readonly string[],
  name: string,
): Promise<Uint8Array> {
  const files: FileToPack[] = [];
  let total = 0;
  for (const path of paths) {
    const bytes = await readRegularFile(directory, path, LIMITS.archiveTotalBytes - total);
    total += bytes.byteLength;
    files.push({ path, bytes });
  }
  return packArchive(files, name);
}

async function readRegularFile(directory: string, path: string, maxBytes: number): Promise<Uint8Array> {
  const file = join(directory, path);
  try {
    const status = await lstat(file);
    // A link would pack what it points to, which may lie anywhere on the author's machine.
    if (!status.isFile()) throw new SheafError('SHEAF_PATH', `${quote(path)} is not a regular file.`);
    if (status.size > maxBytes) {
      throw new SheafError(
        'SHEAF_ARCHIVE',
        `The files are longer than ${LIMITS.archiveTotalBytes} bytes together.`,
      );
    }
    return await readFile(file);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new SheafError('SHEAF_PATH', `There is no file ${quote(path)} in ${quote(directory)}.`);
    }
    throw toSheafError(error, `reading ${quote(path)}`);
  }
}
