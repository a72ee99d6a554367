import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileOperations } from '../file-operations.ts';
import { isErrno } from '../files.ts';
import { isInUse } from './generation-use.ts';
import { type ProjectLayout, REMOVING, readCurrent } from './project-layout.ts';

/** Generations kept for a rollback, the current one among them. */
const KEPT = 5;

/** The numbers of all generations, ascending. */
export async function generationNumbers(layout: ProjectLayout): Promise<readonly number[]> {
  try {
    const names = await readdir(layout.generations);
    return names
      .filter((name) => /^[1-9]\d{0,8}$/.test(name))
      .map(Number)
      .toSorted((a, b) => a - b);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Removes all but the last generations; never the current one, nor one that a running host has loaded. */
export async function collectGenerations(layout: ProjectLayout, operations: FileOperations): Promise<void> {
  const current = await readCurrent(layout);
  for (const number of (await generationNumbers(layout)).slice(0, -KEPT)) {
    if (number === current || (await isInUse(layout.generation(number)))) continue;
    await discardGeneration(layout, number, operations);
  }
}

/** Removes one generation: away in one rename first, so that nobody ever sees half of it. */
export async function discardGeneration(
  layout: ProjectLayout,
  number: number,
  operations: FileOperations,
): Promise<void> {
  const doomed = join(layout.generations, `${REMOVING}${number}-${randomUUID()}`);
  try {
    await operations.rename(layout.generation(number), doomed);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  // A host may have put its mark there between the look and the rename.
  if (await isInUse(doomed)) await operations.rename(doomed, layout.generation(number));
  else await operations.remove(doomed);
}
