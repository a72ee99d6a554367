import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { type HostList, isHostList, readHostList, writeHostList } from '../../core/formats/host-list.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import type { FileOperations } from '../file-operations.ts';
import { isErrno, readFileIfExists } from '../files.ts';
import { replaceFile } from '../replace-file.ts';
import { GENERATION_FILES, type ProjectLayout, readCurrent } from './project-layout.ts';

/** The list that a generation keeps for its application; undefined when it keeps none. */
export async function hostListOf(generation: string): Promise<HostList | undefined> {
  const bytes = await readFileIfExists(join(generation, GENERATION_FILES.hostList), LIMITS.textFileBytes);
  return bytes === undefined ? undefined : readHostList(bytes);
}

/** Where the current generation keeps its list, when it stands there as that generation wrote it. */
export async function standingHostList(layout: ProjectLayout): Promise<string | undefined> {
  const number = await readCurrent(layout);
  const list = number === undefined ? undefined : await hostListOf(layout.generation(number));
  if (number === undefined || list === undefined) return undefined;
  const bytes = await readFileIfExists(join(layout.directory, list.path)).catch(() => undefined);
  return bytes !== undefined && Buffer.compare(bytes, writeHostList(list, number)) === 0
    ? list.path
    : undefined;
}

/**
 * Refuses a list whose place is taken. A project that somebody else wrote chooses that place: it must lead
 * neither to a file that sheaf did not write nor, by a link, out of the project.
 *
 * @throws SheafError `SHEAF_EXISTS`, `SHEAF_PATH`.
 */
export async function requireHostPlace(list: HostList | undefined, layout: ProjectLayout): Promise<void> {
  if (list === undefined) return;
  const { path } = list;
  const hint = 'Write another path as plugins_file under [host] of sheaf.toml.';
  const parts = path.split('/');
  for (const count of parts.keys()) {
    const part = join(layout.directory, ...parts.slice(0, count + 1));
    const isLast = count === parts.length - 1;
    const status = await lstat(part).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    });
    if (status === undefined) return;
    if (isLast ? status.isFile() : status.isDirectory()) continue;
    const what = isLast ? 'no file' : 'no directory of the project';
    throw new SheafError(
      'SHEAF_PATH',
      `The plugins file cannot be ${quote(path)}: ${quote(part)} is ${what}.`,
      {
        hint,
      },
    );
  }
  if (await isOurs(join(layout.directory, path))) return;
  throw new SheafError('SHEAF_EXISTS', `${quote(path)} is there already, and sheaf did not write it.`, {
    hint,
  });
}

/**
 * Brings the project's list in line with its current generation: writes it, and removes the one that another
 * generation kept elsewhere. A file that sheaf did not write stays as it is: it came after the check.
 *
 * @param before where the generation before kept its list.
 */
export async function settleHostFile(
  { number, before }: { readonly number: number; readonly before: string | null },
  layout: ProjectLayout,
  operations: FileOperations,
): Promise<void> {
  const list = await hostListOf(layout.generation(number));
  if (list !== undefined) {
    const target = join(layout.directory, list.path);
    const present = await readFileIfExists(target);
    const bytes = writeHostList(list, number);
    const isThere = present !== undefined && Buffer.compare(present, bytes) === 0;
    if (!isThere && (present === undefined || isHostList(present))) {
      await operations.makeDirectory(dirname(target));
      await replaceFile(target, bytes, layout, operations);
    }
  }
  if (before === null || before === list?.path) return;
  const old = join(layout.directory, before);
  const present = await readFileIfExists(old);
  if (present === undefined || !isHostList(present)) return;
  await operations.remove(old);
  await operations.syncDirectory(dirname(old));
}

async function isOurs(path: string): Promise<boolean> {
  const bytes = await readFileIfExists(path, LIMITS.textFileBytes);
  return bytes === undefined || isHostList(bytes);
}
