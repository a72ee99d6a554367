import { mkdir, open, rename, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { readLog, writeLogLine } from '../core/formats/install-log.ts';
import { LIMITS } from '../core/limits.ts';
import type { InstallLog } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { isErrno, readFileIfExists, toSheafError } from './files.ts';

/**
 * The log at `path`. When it has grown to its bound it becomes `<path>.1`, in the place of the one before, and a
 * new one begins: at most two files, and never less than the newest half of them.
 *
 * @param command what changes sets in this process.
 */
export function createInstallLog(path: string, command: string): InstallLog {
  return {
    by: { user: userName(), command },
    async append(entries) {
      if (entries.length === 0) return;
      try {
        await mkdir(dirname(path), { recursive: true });
        await rotate(path);
        await appendLines(path, entries.map(writeLogLine).join(''));
      } catch (error) {
        throw refusalOf(error, path);
      }
    },
    async read() {
      const files = await Promise.all([`${path}.1`, path].map((one) => readFileIfExists(one)));
      // Each by itself: a line that is torn at the end of one file must not swallow the first of the next.
      const read = files.map((bytes) => readLog(new TextDecoder().decode(bytes ?? new Uint8Array())));
      return {
        entries: read.flatMap(({ entries }) => entries),
        unreadable: read.reduce((sum, { unreadable }) => sum + unreadable, 0),
      };
    },
  };
}

/** Whatever the operating system says, so that a log that cannot be written never counts as a fault of sheaf. */
function refusalOf(error: unknown, path: string): SheafError {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  if (isErrno(error, 'EISDIR', 'ENOTDIR', 'ENXIO', 'EIO', 'ELOOP')) {
    return new SheafError('SHEAF_PATH', `${quote(path)} cannot be written (${error.code}).`, {
      hint: 'Move away what lies there.',
      cause: error,
    });
  }
  return toSheafError(error, `writing ${quote(path)}`);
}

/** Adds whole lines in one write, after whatever a crash left of the last one. */
async function appendLines(path: string, lines: string): Promise<void> {
  const handle = await open(path, 'a+', 0o600);
  try {
    const { size } = await handle.stat();
    const last = new Uint8Array(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const isTorn = size > 0 && last[0] !== 0x0a;
    await handle.writeFile(isTorn ? `\n${lines}` : lines);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function rotate(path: string): Promise<void> {
  try {
    const { size } = await stat(path);
    if (size >= LIMITS.installLogBytes) await rename(path, `${path}.1`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Who runs this process, by the account database; its number where a container has no entry for it. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
