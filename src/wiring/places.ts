import { directoriesFor } from '../io/directories.ts';

/**
 * Where the cache of this user lies.
 *
 * @throws SheafError `SHEAF_NO_HOME`.
 */
export function cachePath(environment: Readonly<Record<string, string | undefined>>): string {
  return directoriesFor({ environment, platform: process.platform }).objects;
}
