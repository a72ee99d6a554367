import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../files.ts';
import { hasEnded, parseIdentity, thisProcess } from '../process-identity.ts';
import { GENERATION_FILES, projectLayout, readCurrent } from './project-layout.ts';

/** A generation that stays on disk until it is released or this process ends. */
export interface HeldGeneration {
  readonly number: number;
  readonly directory: string;
  release(): Promise<void>;
}

/**
 * Holds the current generation of a project for a running host, so that installs meanwhile do not remove the
 * files it has loaded or will load. Undefined when nothing is installed. Where this process may not write, the
 * generation is used without a mark: a host must run from a read-only installation, too.
 */
export async function holdGeneration(projectDirectory: string): Promise<HeldGeneration | undefined> {
  const layout = projectLayout(projectDirectory);
  for (;;) {
    const number = await readCurrent(layout);
    if (number === undefined) return undefined;
    const directory = layout.generation(number);
    const mark = join(directory, GENERATION_FILES.inUse, `${process.pid}-${randomUUID()}`);
    try {
      await mkdir(join(directory, GENERATION_FILES.inUse)).catch((error: unknown) => {
        if (!isErrno(error, 'EEXIST')) throw error;
      });
      await writeFile(mark, `${JSON.stringify(thisProcess())}\n`, { flag: 'wx' });
    } catch (error) {
      // It was current a moment ago and is collected already: look again.
      if (isErrno(error, 'ENOENT') && (await readCurrent(layout)) !== number) continue;
      if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
      return { number, directory, release: () => Promise.resolve() };
    }
    return { number, directory, release: () => rm(mark, { force: true }) };
  }
}

/** Whether a running process holds the generation in this directory. */
export async function isInUse(generation: string): Promise<boolean> {
  const marks = join(generation, GENERATION_FILES.inUse);
  let names: readonly string[];
  try {
    names = await readdir(marks);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
  for (const name of names) {
    const text = await readFile(join(marks, name), 'utf8').catch(() => '');
    const identity = parseIdentity(text);
    if (identity !== undefined && !hasEnded(identity)) return true;
  }
  return false;
}
