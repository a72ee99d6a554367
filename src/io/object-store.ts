import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSha256, type ObjectRef, refOf, type Sha256, sha256 } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import type { ObjectStore } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { isErrno, syncDirectory, toSheafError } from './files.ts';

/** Objects are never changed, only replaced as a whole; the mode says so to everybody else. */
const READ_ONLY = 0o444;

/** The store with the one operation that only the downloader needs. */
export interface FileObjectStore extends ObjectStore {
  /**
   * Moves a finished file of the same file system into the store, if it has the digest.
   *
   * @param what names the object in the error.
   * @throws SheafError `SHEAF_DIGEST`; the file stays where it is then.
   */
  adopt(file: string, digest: Sha256, what: string): Promise<ObjectRef>;
}

/**
 * A store below `directory` as `<aa>/<sha256>` files, safe for any number of processes: an object appears
 * complete or not at all. Bytes are checked when written and each time they are handed out, because a cache
 * lies where other programs can write.
 */
export function createObjectStore(directory: string): FileObjectStore {
  const pathOf = (digest: Sha256): string => join(directory, digest.slice(0, 2), digest);

  /** The path, if an undamaged object lies there. What lies there and is something else is removed. */
  async function locate(ref: { sha256: Sha256; size?: number }): Promise<string | undefined> {
    const path = pathOf(ref.sha256);
    try {
      const found = (await lstat(path)).isFile() ? await digestFile(path) : undefined;
      if (found?.sha256 !== ref.sha256) {
        await rm(path, { recursive: true, force: true });
        return undefined;
      }
      // The object is what its name says; a parent that states another size does not mean this object.
      return ref.size === undefined || ref.size === found.size ? path : undefined;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw toSheafError(error, `reading ${quote(path)} from the cache`);
    }
  }

  return {
    async read(ref) {
      const path = pathOf(ref.sha256);
      const bytes = await readOfSize(path, ref.size);
      if (bytes !== undefined && sha256(bytes) === ref.sha256) return bytes;
      // Damaged, of another size, or no file: `locate` tells which and cleans up.
      await locate(ref);
      return undefined;
    },

    async write(bytes) {
      const ref = refOf(bytes);
      if ((await locate(ref)) === undefined) {
        await writeObject(pathOf(ref.sha256), bytes);
      }
      return ref;
    },

    locate,

    async *list() {
      for (const prefix of await namesIn(directory)) {
        if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
        for (const name of await namesIn(join(directory, prefix))) {
          if (!isSha256(name) || !name.startsWith(prefix)) continue;
          yield { sha256: name, size: (await stat(pathOf(name))).size };
        }
      }
    },

    async remove(digest) {
      try {
        await rm(pathOf(digest), { recursive: true, force: true });
      } catch (error) {
        throw toSheafError(error, `removing ${quote(pathOf(digest))} from the cache`);
      }
    },

    async adopt(file, digest, what) {
      const path = pathOf(digest);
      try {
        const found = await digestFile(file);
        if (found.sha256 !== digest) {
          throw new SheafError('SHEAF_DIGEST', `${what} does not match its digest.`, {
            details: { expected: digest, actual: found.sha256 },
          });
        }
        await mkdir(dirname(path), { recursive: true });
        await chmod(file, READ_ONLY);
        await rename(file, path);
        await syncDirectory(dirname(path));
        return found;
      } catch (error) {
        throw toSheafError(error, `moving ${what} into the cache`);
      }
    },
  };
}

/**
 * Not synced to the disk: a power cut can leave an object damaged, but that is found out when it is read, and it
 * is fetched again. Syncing thousands of them takes longer than fetching them.
 */
async function writeObject(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes, { flag: 'wx', mode: READ_ONLY });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toSheafError(error, `writing ${quote(path)}`);
  }
}

/** Digest and length of a file, read in pieces. */
export async function digestFile(path: string): Promise<ObjectRef> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    size += bytes.byteLength;
  }
  return { sha256: hash.digest('hex') as Sha256, size };
}

/** The bytes of a regular file of exactly that size; anything else is undefined, unread. */
async function readOfSize(path: string, size: number): Promise<Uint8Array | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const status = await handle.stat();
      return status.isFile() && status.size === size ? await handle.readFile() : undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw toSheafError(error, `reading ${quote(path)} from the cache`);
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).toSorted();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw toSheafError(error, `listing ${quote(directory)}`);
  }
}
