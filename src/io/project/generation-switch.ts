import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256, type Sha256, sha256 } from '../../core/digest.ts';
import { mayHoldHostList } from '../../core/formats/host-list.ts';
import { isPluginName } from '../../core/plugin-name.ts';
import type { GenerationFiles } from '../../core/ports.ts';
import type { FileOperations } from '../file-operations.ts';
import { isErrno, readFileIfExists } from '../files.ts';
import { replaceFile, TEMPORARY } from '../replace-file.ts';
import { discardGeneration } from './generation-collection.ts';
import { hostListOf, requireHostPlace, settleHostFile } from './host-file.ts';
import { GENERATION_FILES, type ProjectLayout, REMOVING, readCurrent, STAGING } from './project-layout.ts';
import { writeShims } from './shims.ts';

/**
 * Makes a generation current. The one step that decides is the rename of `current`: before it the old set is
 * true, after it the new one. The project's own files, and the list for its application, follow; a journal, there from before the decision until
 * all is done, lets {@link repairSwitch} finish or undo what a crash interrupted.
 *
 * With `staging`, the generation is that directory, complete and durable, and gets its number now.
 */
export async function switchTo(
  { number, staging }: { readonly number: number; readonly staging?: string },
  layout: ProjectLayout,
  operations: FileOperations,
): Promise<void> {
  await requireHostPlace(await hostListOf(staging ?? layout.generation(number)), layout);
  const current = await readCurrent(layout);
  const hostList = current === undefined ? undefined : await hostListOf(layout.generation(current));
  const journal: Journal = {
    to: number,
    isNew: staging !== undefined,
    lock: await digestOf(layout.lock),
    manifest: await digestOf(layout.manifest),
    hostList: hostList?.path ?? null,
  };
  await replaceFile(layout.journal, `${JSON.stringify(journal)}\n`, layout, operations);
  if (staging !== undefined) {
    await operations.rename(staging, layout.generation(number));
    await operations.syncDirectory(layout.generations);
  }
  await replaceFile(layout.current, `${number}\n`, layout, operations);
  await finish(journal, layout, operations);
}

/**
 * Brings a project into order after a process that changed it was killed: `current` says which set is true,
 * everything else follows it. Must be called under the lock of the project.
 */
export async function repairSwitch(layout: ProjectLayout, operations: FileOperations): Promise<void> {
  const journal = await readJournal(layout);
  if (journal !== undefined && (await readCurrent(layout)) === journal.to) {
    await finish(journal, layout, operations);
  } else {
    if (journal?.isNew === true) await discardGeneration(layout, journal.to, operations);
    await operations.remove(layout.journal);
  }
  await removeLeftovers(
    layout.generations,
    operations,
    (name) => name.startsWith(STAGING) || name.startsWith(REMOVING),
  );
  await removeLeftovers(layout.private, operations, (name) => name.endsWith(TEMPORARY));
  await removeLeftovers(layout.bin, operations, (name) => name.endsWith(TEMPORARY));
}

/** What was to happen, and what the project's files were when it began; null when they were not there. */
interface Journal {
  readonly to: number;
  /** Whether the generation came into being for this switch, so that it goes when the switch did not happen. */
  readonly isNew: boolean;
  readonly lock: Sha256 | null;
  readonly manifest: Sha256 | null;
  /** Where the generation before kept the list for its application. */
  readonly hostList: string | null;
}

async function finish(journal: Journal, layout: ProjectLayout, operations: FileOperations): Promise<void> {
  const generation = layout.generation(journal.to);
  await restore(join(generation, GENERATION_FILES.lock), layout.lock, journal.lock, layout, operations);
  await restore(
    join(generation, GENERATION_FILES.manifest),
    layout.manifest,
    journal.manifest,
    layout,
    operations,
  );
  const shims = shimsFrom(await readFile(join(generation, GENERATION_FILES.shims), 'utf8'));
  await writeShims({ bin: layout.bin, generation, shims, platform: process.platform }, operations);
  await settleHostFile({ number: journal.to, before: journal.hostList }, layout, operations);
  await operations.remove(layout.journal);
  await operations.syncDirectory(layout.private);
}

/**
 * Puts the generation's copy of a file into the project, unless the file changed since the journal was
 * written: between a crash and its repair a person may have edited it, and that edit is theirs.
 */
async function restore(
  from: string,
  to: string,
  before: Sha256 | null,
  layout: ProjectLayout,
  operations: FileOperations,
): Promise<void> {
  const bytes = await readFile(from);
  const present = await digestOf(to);
  if (present === sha256(bytes) || present !== before) return;
  await replaceFile(to, bytes, layout, operations);
}

async function digestOf(path: string): Promise<Sha256 | null> {
  const bytes = await readFileIfExists(path);
  return bytes === undefined ? null : sha256(bytes);
}

/** Undefined also for a journal that makes no sense: only a person can have written it, and it decides nothing. */
async function readJournal(layout: ProjectLayout): Promise<Journal | undefined> {
  const bytes = await readFileIfExists(layout.journal);
  if (bytes === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { to, isNew, lock, manifest, hostList } = value as Record<string, unknown>;
  if (typeof to !== 'number' || !Number.isSafeInteger(to)) return undefined;
  return {
    to,
    isNew: isNew === true,
    lock: isSha256(lock) ? lock : null,
    manifest: isSha256(manifest) ? manifest : null,
    hostList: typeof hostList === 'string' && mayHoldHostList(hostList) ? hostList : null,
  };
}

function shimsFrom(text: string): GenerationFiles['shims'] {
  const entries = Object.entries(JSON.parse(text) as Record<string, { plugin: unknown; file: unknown }>);
  return Object.fromEntries(
    entries.flatMap(([command, { plugin, file }]) =>
      isPluginName(plugin) && typeof file === 'string' ? [[command, { plugin, file }]] : [],
    ),
  );
}

async function removeLeftovers(
  directory: string,
  operations: FileOperations,
  isLeftover: (name: string) => boolean,
): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  for (const name of names.filter(isLeftover)) await operations.remove(join(directory, name));
}
