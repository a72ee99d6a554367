import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { isErrno, syncDirectory, writeDurably } from './files.ts';

/**
 * Every change that the code of generations makes to a disk, as one small object: what is done is durable
 * when the promise resolves, unless it says otherwise. A test that passes its own can stop the process between
 * any two of them.
 */
export interface FileOperations {
  makeDirectory(path: string): Promise<void>;
  /** Writes a new file. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Takes over a file by reflink, hard link or copy, whichever the file system allows. */
  duplicate(from: string, to: string): Promise<void>;
  /** Sets the permission bits of a file. Not durable. */
  setMode(path: string, mode: number): Promise<void>;
  /** Durable only after `syncDirectory` of the parents. Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Removes a file or a whole tree; nothing happens when it is not there. Not durable. */
  remove(path: string): Promise<void>;
}

/** The operations of the real file system. */
export function createFileOperations(): FileOperations {
  let canReflink = true;
  return {
    async makeDirectory(path) {
      await mkdir(path, { recursive: true });
    },
    write: (path, bytes) => writeDurably(path, bytes, 0o644),
    async duplicate(from, to) {
      if (canReflink) {
        canReflink = await tryReflink(from, to);
        if (canReflink) return;
      }
      try {
        await link(from, to);
      } catch (error) {
        // No hard links here, or too many of this file, or another file system: a copy always works.
        if (!isErrno(error, 'EPERM', 'EMLINK', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
        await copyFile(from, to);
        await syncFile(to);
      }
    },
    setMode: chmod,
    rename,
    syncDirectory,
    async remove(path) {
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function tryReflink(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EEXIST', 'EACCES', 'ENOSPC', 'EDQUOT', 'EROFS')) throw error;
    await rm(to, { force: true });
    return false;
  }
  await syncFile(to);
  return true;
}

async function syncFile(path: string): Promise<void> {
  // Windows flushes only what is open for writing, which a read-only copy cannot be.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
