import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { formatInstant, parseInstant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import type { UserFiles } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import type { Directories } from './directories.ts';
import { isErrno, readFileIfExists, toSheafError, writeFileAtomic } from './files.ts';
import { type LockOptions, withProcessLock } from './process-lock.ts';

const LONGEST_TIMESTAMP = 64;

/** The files of the user in these places; `waiting` says what to tell and when to stop waiting for the lock. */
export function createUserFiles(
  directories: Directories,
  waiting: Omit<LockOptions, 'what'> = {},
): UserFiles {
  return {
    configPath: directories.config,
    readConfig: () => readFileIfExists(directories.config, LIMITS.textFileBytes),
    writeConfig: (bytes) => writeFileAtomic(directories.config, bytes),
    readMachinePolicies: () => readPolicies(directories),
    readTrust: (rootId) => readFileIfExists(directories.trust(rootId), LIMITS.textFileBytes),
    // What a machine trusts is nobody else's business.
    writeTrust: (rootId, bytes) => writeFileAtomic(directories.trust(rootId), bytes, { mode: 0o600 }),
    removeTrust: (rootId) => remove(directories.trust(rootId)),
    async purgePluginData(name) {
      const directory = directories.pluginData(name);
      const existed = await exists(directory);
      await remove(directory);
      return existed;
    },
    async readNoticeTime() {
      const bytes = await readFileIfExists(directories.updateNotice, LONGEST_TIMESTAMP);
      return bytes === undefined ? undefined : parseInstant(new TextDecoder().decode(bytes).trim());
    },
    writeNoticeTime: (time) =>
      writeFileAtomic(directories.updateNotice, new TextEncoder().encode(`${formatInstant(time)}\n`)),
    exclusively(work) {
      return withProcessLock(
        join(directories.state, 'lock'),
        { ...waiting, what: 'your configuration' },
        work,
      );
    },
  };
}

async function readPolicies({
  machinePolicies,
  namedPolicy,
}: Directories): Promise<readonly { readonly path: string; readonly bytes: Uint8Array }[]> {
  const found: { path: string; bytes: Uint8Array }[] = [];
  for (const path of new Set([...machinePolicies, ...(namedPolicy === undefined ? [] : [namedPolicy])])) {
    const bytes = await readFileIfExists(path, LIMITS.textFileBytes);
    if (bytes !== undefined) found.push({ path, bytes });
    else if (path === namedPolicy) {
      throw new SheafError(
        'SHEAF_PATH',
        `The policy that SHEAF_POLICY names, ${quote(path)}, is not there.`,
        {
          hint: 'Correct SHEAF_POLICY or unset it.',
        },
      );
    }
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw toSheafError(error, `looking at ${quote(path)}`);
  }
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw toSheafError(error, `removing ${quote(path)}`);
  }
}
