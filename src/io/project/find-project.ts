import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * The directory of the project that a directory belongs to: the nearest one upwards with a sheaf.toml, and the
 * directory itself when there is none, so that an install begins a project where the person stands.
 */
export function findProject(from: string): string {
  const start = resolve(from);
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'sheaf.toml'))) return directory;
    if (directory === dirname(directory)) return start;
  }
}
