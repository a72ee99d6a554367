import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LaidOutPlugin, PluginFile } from '../core/authoring/ports.ts';
import { toSheafError } from './files.ts';
import { refuseOutside } from './git/work-tree.ts';

/** Others must be able to read it: in a sandbox a plugin is another user. */
const EXECUTABLE = 0o755;

/**
 * Lays the files of a plugin out in a new temporary folder.
 *
 * @throws SheafError `SHEAF_PATH` for a path that leaves it, `SHEAF_PERMISSION`, `SHEAF_DISK_FULL`.
 */
export async function layOutPlugin(files: readonly PluginFile[]): Promise<LaidOutPlugin> {
  try {
    const directory = await mkdtemp(join(tmpdir(), 'sheaf-plugin-'));
    const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
    try {
      // A fresh temporary folder is its owner's alone.
      const content = join(directory, 'plugin');
      await mkdir(content, { mode: EXECUTABLE });
      for (const { path, kind, bytes } of files) {
        if (kind !== 'file') continue;
        refuseOutside(path);
        const place = join(content, ...path.split('/'));
        await mkdir(dirname(place), { recursive: true, mode: EXECUTABLE });
        await writeFile(place, bytes, { mode: EXECUTABLE, flag: 'wx' });
      }
      return { directory: content, remove };
    } catch (error) {
      await remove();
      throw error;
    }
  } catch (error) {
    throw toSheafError(error, 'laying out a plugin');
  }
}
