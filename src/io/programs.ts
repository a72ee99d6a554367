import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Programs } from '../core/ports.ts';

/** Looks programs up as a shell does, along PATH; on Windows with the endings of PATHEXT. */
export function createPrograms(environment: Readonly<Record<string, string | undefined>>): Programs {
  const directories = (environment.PATH ?? environment.Path ?? '')
    .split(delimiter)
    .filter((part) => part !== '');
  const endings = process.platform === 'win32' ? (environment.PATHEXT ?? '.EXE').split(';') : [''];
  return {
    async find(name) {
      for (const directory of directories) {
        for (const ending of endings) {
          const path = join(directory, name + ending);
          if (await isExecutable(path)) return path;
        }
      }
      return undefined;
    },
  };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
