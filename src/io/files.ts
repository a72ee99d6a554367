import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { quote } from '../core/text.ts';

/**
 * Replaces a file as a whole: a reader sees the old bytes or the new ones, and after a power cut one of the
 * two. Missing parent directories are made.
 *
 * @param options.mode permission bits of the new file; 0644 when absent, whatever the umask says.
 * @throws SheafError `SHEAF_PERMISSION` or `SHEAF_DISK_FULL`; the old file is untouched then.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const directory = dirname(path);
  // In the same directory, because a rename is atomic only within one file system.
  const temporary = join(directory, `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await writeDurably(temporary, bytes, options.mode ?? 0o644);
    await rename(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toSheafError(error, `writing ${quote(path)}`);
  }
}

/**
 * The bytes of a file, or undefined when there is none.
 *
 * @param maxBytes refuses a longer file before it is in memory.
 * @throws SheafError `SHEAF_SIZE`, `SHEAF_PATH` when it is no regular file, `SHEAF_PERMISSION`.
 */
export async function readFileIfExists(
  path: string,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const status = await handle.stat();
    if (!status.isFile()) throw new SheafError('SHEAF_PATH', `${quote(path)} is not a file.`);
    if (status.size > maxBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${quote(path)} has ${status.size} bytes; at most ${maxBytes} are read.`,
      );
    }
    return await handle.readFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw toSheafError(error, `reading ${quote(path)}`);
  } finally {
    await handle?.close();
  }
}

/**
 * The refusal for an error of the operating system: permissions and full disks have their own sentence and
 * code. Any other error is thrown on, unchanged.
 *
 * @param doing completes "while …": "writing sheaf.lock".
 */
export function toSheafError(error: unknown, doing: string): SheafError {
  if (error instanceof SheafError) return error;
  if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) {
    return new SheafError('SHEAF_PERMISSION', `Permission was denied while ${doing}.`, {
      hint: 'Check who owns the directory and whether it is mounted read-only.',
      details: { errno: error.code },
      cause: error,
    });
  }
  // EFBIG: a limit on the size of files (RLIMIT_FSIZE, FAT), which is a quota to whoever meets it.
  if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    return new SheafError('SHEAF_DISK_FULL', `The disk or the quota is full: it ran out while ${doing}.`, {
      hint: 'Free some space, for example with `sheaf cache clean`, and run the command again.',
      details: { errno: error.code },
      cause: error,
    });
  }
  throw error;
}

/** Whether an error comes from the operating system with one of these codes. */
export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Writes a file that must not be there yet, and returns once it is on the disk.
 *
 * @param mode its permission bits, whatever the umask says.
 */
export async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(path, mode);
}

/** Makes a rename durable (POSIX fsync of the directory). Windows cannot open directories and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
