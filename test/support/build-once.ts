import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { isErrno } from '../../src/io/files.ts';

/**
 * Builds something at most once in a run of the suite: the first file that needs it builds it, all others find it.
 * Nobody may change what is there afterwards.
 *
 * @param name of the directory.
 * @param build fills the directory that it is given.
 * @returns the directory, which is removed with the run.
 */
export async function buildOnce(name: string, build: (directory: string) => Promise<void>): Promise<string> {
  const builds = inject('builds');
  const directory = join(builds, name);
  if (existsSync(directory)) return directory;
  const own = await mkdtemp(join(builds, '.building-'));
  await build(own);
  await chmod(own, 0o755);
  try {
    await rename(own, directory);
  } catch (error) {
    // Another file of the run built it at the same time.
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    await rm(own, { recursive: true });
  }
  return directory;
}
