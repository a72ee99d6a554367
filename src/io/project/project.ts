import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { type FileDigests, fileDifferences, readFileDigests } from '../../core/formats/file-digests.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Generation, Project } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { listing } from '../archives/archive.ts';
import { createFileOperations, type FileOperations } from '../file-operations.ts';
import { isErrno, readFileIfExists, toSheafError, writeFileAtomic } from '../files.ts';
import { type LockOptions, withProcessLock } from '../process-lock.ts';
import { stageGeneration } from './generation.ts';
import { generationNumbers } from './generation-collection.ts';
import { repairSwitch, switchTo } from './generation-switch.ts';
import { standingHostList } from './host-file.ts';
import { digestsBelow } from './installed-files.ts';
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
    async verifyPlugin(name, artifact, path, built) {
      const generation = layout.generation(await requireCurrent(layout));
      const installed = join(generation, name);
      const expected = await listing({ plugin: name, artifact, path });
      const digests = new Map([...expected].map(([file, { sha256 }]) => [file, sha256]));
      const recorded = built === undefined ? undefined : (await readRecorded(generation, name)).get(built);
      if (built !== undefined && recorded !== undefined) digests.set(built, recorded);
      return await reporting(`reading the installed files of ${name}`, async () =>
        fileDifferences(digests, await digestsBelow(installed)),
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

/** What the files of a plugin were when they were installed. */
async function readRecorded(generation: string, name: string): Promise<FileDigests> {
  const path = join(generation, GENERATION_FILES.manifests, `${name}.sha256`);
  const bytes = await readFileIfExists(path, LIMITS.fileDigestsBytes);
  return bytes === undefined ? new Map() : readFileDigests(bytes, name);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw toSheafError(error, `looking at ${quote(path)}`);
  }
}
