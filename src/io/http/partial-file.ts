import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import { quote } from '../../core/text.ts';
import { isErrno, toSheafError } from '../files.ts';

/** The beginning of a download, owned by one download at a time. */
export interface PartialFile {
  readonly path: string;
  /** Bytes written so far, those of an earlier run included. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Back to nothing. */
  reset(): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  /** Gives the file back for the next run to go on with. */
  keep(): Promise<void>;
  /** Removes the file, unless it was moved away. */
  remove(): Promise<void>;
}

/**
 * Takes over `<sha256>.part` from an earlier run, or starts a new file.
 *
 * Taking over is a rename to a name of this process's own, so that of two processes only one gets it and no
 * two ever write to one file. What a killed process left under its own name is copied instead of renamed: in
 * another container that process may be alive, and it must not write to a file that ends up in the store.
 */
export async function openPartial(directory: string, digest: Sha256): Promise<PartialFile> {
  const shared = join(directory, `${digest}.part`);
  const path = join(directory, `${digest}.${process.pid}.${randomBytes(4).toString('hex')}.part`);
  const doing = `writing ${quote(path)}`;
  try {
    await mkdir(directory, { recursive: true });
    if (!(await renamed(shared, path))) await adoptOrphan(directory, digest, path);
    return await openAt(path, shared, doing);
  } catch (error) {
    throw toSheafError(error, doing);
  }
}

async function openAt(path: string, shared: string, doing: string): Promise<PartialFile> {
  const handle: FileHandle = await open(path, 'a', 0o600);
  let { size } = await handle.stat();

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw toSheafError(error, doing);
    }
  }

  return {
    path,
    get size() {
      return size;
    },
    append: (bytes) =>
      guarded(async () => {
        await handle.appendFile(bytes);
        size += bytes.byteLength;
      }),
    reset: () =>
      guarded(async () => {
        await handle.truncate(0);
        size = 0;
      }),
    sync: () => guarded(() => handle.sync()),
    keep: () =>
      guarded(async () => {
        await handle.close();
        if (size === 0) await rm(path, { force: true });
        else await renamed(path, shared);
      }),
    remove: () =>
      guarded(async () => {
        await handle.close();
        await rm(path, { force: true });
      }),
  };
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

async function adoptOrphan(directory: string, digest: Sha256, path: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [sha256, owner, ...rest] = name.split('.');
    if (sha256 !== digest || owner === undefined || rest.length !== 2 || isRunning(Number(owner))) continue;
    try {
      await copyFile(join(directory, name), path, constants.COPYFILE_FICLONE);
      await rm(join(directory, name), { force: true });
      return;
    } catch (error) {
      // Another process was faster.
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, 'ESRCH');
  }
}
