import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Generation, Project } from '../core/ports.ts';
import { quote } from '../core/text.ts';
import { listing } from './archive.ts';
import { createFileOperations, type FileOperations } from './file-operations.ts';
import { isErrno, readFileIfExists, toSheafError, writeFileAtomic } from './files.ts';
import { stageGeneration } from './generation.ts';
import { generationNumbers } from './generation-collection.ts';
import { repairSwitch, switchTo } from './generation-switch.ts';
import { standingHostList } from './host-file.ts';
import { type LockOptions, withProcessLock } from './process-lock.ts';
import {
  GENERATION_FILES,
  type ProjectLayout,
  projectLayout,
  readCurrent,
  requireCurrent,
  requireOwnDirectories,
} from './project-layout.ts';

/** How a project is opened. */
export interface ProjectOptions extends Omit<LockOptions, 'what'> {
  /** Changes to the disk; the real ones when absent. */
  readonly operations?: FileOperations;
}

/** The project in a directory, which need not have a sheaf.toml yet. */
export function createProject(directory: string, options: ProjectOptions = {}): Project {
  const layout = projectLayout(directory);
  const operations = options.operations ?? createFileOperations();
  return {
    directory,
    readManifest: () => readFileIfExists(layout.manifest, LIMITS.textFileBytes),
    writeManifest: (bytes) => writeFileAtomic(layout.manifest, bytes),
    readLock: () => readFileIfExists(layout.lock, LIMITS.textFileBytes),
    generations: () => reporting('reading the installed sets', () => readGenerations(layout)),
    async pluginDirectory(name) {
      const current = await readCurrent(layout);
      if (current === undefined) return undefined;
      const path = join(layout.generation(current), name);
      return (await isDirectory(path)) ? path : undefined;
    },
    async readInstalled(name, path, maxBytes) {
      const current = await readCurrent(layout);
      if (current === undefined) return undefined;
      return await readFileIfExists(join(layout.generation(current), name, path), maxBytes);
    },
    async installedManifest(name) {
      const current = await readCurrent(layout);
      if (current === undefined) return undefined;
      const path = join(layout.generation(current), GENERATION_FILES.manifests, `${name}.toml`);
      return await readFileIfExists(path, LIMITS.manifestBytes);
    },
    hostList: () => reporting('reading the list of plugins', () => standingHostList(layout)),
    async verifyPlugin(name, artifact, path) {
      const installed = join(layout.generation(await requireCurrent(layout)), name);
      const expected = await listing({ plugin: name, artifact, path });
      return await reporting(`reading the installed files of ${name}`, () =>
        differences(installed, expected),
      );
    },
    stage: () => stageGeneration(layout, operations),
    async activate(generation) {
      const numbers = await reporting('reading the installed sets', () => generationNumbers(layout));
      if (!numbers.includes(generation)) {
        throw new SheafError('SHEAF_NO_GENERATION', `There is no installed set number ${generation}.`, {
          hint: numbers.length === 0 ? 'Install something first.' : `There are: ${numbers.join(', ')}.`,
          details: { generations: numbers },
        });
      }
      await reporting('going back to an earlier set', () =>
        switchTo({ number: generation }, layout, operations),
      );
    },
    async exclusively(work) {
      await requireOwnDirectories(layout);
      const what = `the project in ${quote(directory)}`;
      return await withProcessLock(layout.processLock, { ...options, what }, async () => {
        await reporting('repairing an interrupted installation', () => repairSwitch(layout, operations));
        return await work();
      });
    },
  };
}

async function reporting<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toSheafError(error, doing);
  }
}

async function readGenerations(layout: ProjectLayout): Promise<readonly Generation[]> {
  const current = await readCurrent(layout);
  const generations: Generation[] = [];
  for (const number of await generationNumbers(layout)) {
    const path = join(layout.generation(number), GENERATION_FILES.lock);
    const lock = await readFileIfExists(path, LIMITS.textFileBytes);
    if (lock !== undefined) generations.push({ number, current: number === current, lock });
  }
  return generations;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw toSheafError(error, `looking at ${quote(path)}`);
  }
}

/** What differs between installed files and what their artifact brings, one sentence each, sorted by path. */
async function differences(
  directory: string,
  expected: Awaited<ReturnType<typeof listing>>,
): Promise<readonly string[]> {
  const found = new Set(await filesBelow(directory, ''));
  const sentences: string[] = [];
  for (const path of [...new Set([...expected.keys(), ...found])].toSorted()) {
    const wanted = expected.get(path);
    if (wanted === undefined) sentences.push(`${quote(path)} was added.`);
    else if (!found.has(path)) sentences.push(`${quote(path)} is missing.`);
    else if ((await digestOf(join(directory, path))) !== wanted.sha256)
      sentences.push(`${quote(path)} was changed.`);
  }
  return sentences;
}

/** Paths below a directory with `/`. A link counts as a file: no archive brings one, so it shows as a change. */
async function filesBelow(directory: string, prefix: string): Promise<readonly string[]> {
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  const paths: string[] = [];
  for (const entry of entries) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(join(directory, entry.name), `${path}/`)));
    else paths.push(path);
  }
  return paths;
}

function readEntries(directory: string) {
  return readdir(directory, { withFileTypes: true });
}

/** Undefined for anything but a regular file: a link to the right bytes is not what was installed. */
async function digestOf(path: string): Promise<string | undefined> {
  if (!(await lstat(path)).isFile()) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
