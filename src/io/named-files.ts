import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SheafError } from '../core/errors.ts';
import type { NamedFiles } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { isErrno, readFileIfExists, toSheafError, writeFileAtomic } from './files.ts';

/** Files by the paths that a person typed, relative to the working directory of the process. */
export function createNamedFiles(): NamedFiles {
  return {
    async read(path, maxBytes) {
      const bytes = await readFileIfExists(path, maxBytes);
      if (bytes !== undefined) return bytes;
      throw new SheafError('SHEAF_PATH', `There is no file ${quote(path)}.`, {
        hint: 'Check the path; it counts from the directory you are in.',
      });
    },
    readIfExists: readFileIfExists,
    write: (path, bytes) => writeFileAtomic(path, bytes),
    create: createFile,
  };
}

async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    if (isErrno(error, 'ENOTDIR')) {
      throw new SheafError('SHEAF_PATH', `A part of the path ${quote(path)} is not a directory.`, {
        cause: error,
      });
    }
    throw toSheafError(error, `creating ${quote(path)}`);
  }
}
