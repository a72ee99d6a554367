import { randomUUID } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { requireShim } from '../../core/command-shims.ts';
import { SheafError } from '../../core/errors.ts';
import { writeFileDigests } from '../../core/formats/file-digests.ts';
import type { Sha256 } from '../../core/object-ref.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { BuiltFile, GenerationFiles, Staging } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { unpackArtifact } from '../archives/archive.ts';
import type { FileOperations } from '../file-operations.ts';
import { isErrno, readFileIfExists, toSheafError } from '../files.ts';
import { collectGenerations, generationNumbers } from './generation-collection.ts';
import { switchTo } from './generation-switch.ts';
import { digestsBelow } from './installed-files.ts';
import {
  GENERATION_FILES,
  type ProjectLayout,
  readCurrent,
  requireCurrent,
  STAGING,
} from './project-layout.ts';

const READ_ONLY = 0o444;
const EXECUTABLE = 0o555;

/**
 * Begins the next generation of a project, in a directory that nobody reads until it is complete. Must be
 * called, and used, under the lock of the project.
 */
export async function stageGeneration(layout: ProjectLayout, operations: FileOperations): Promise<Staging> {
  const staging = join(layout.generations, `${STAGING}${randomUUID()}`);
  const doing = 'building the next installed set';
  await reporting(doing, async () => {
    await operations.makeDirectory(join(staging, GENERATION_FILES.manifests));
    await ignoreInGit(layout, operations);
  });
  return {
    async add(plugin, artifact, path, manifest, build) {
      const destination = join(staging, plugin);
      await reporting(doing, () => unpackArtifact({ plugin, artifact, path, destination }));
      const built = await build?.(destination);
      await reporting(doing, async () => {
        if (built !== undefined) await writeBuilt(destination, plugin, built, operations);
        await makeReadOnly(destination, operations);
        await operations.write(manifestPath(staging, plugin), manifest);
        await operations.write(digestsPath(staging, plugin), await digestsOf(destination, plugin));
      });
    },
    async keep(plugin) {
      await reporting(doing, async () => {
        const from = layout.generation(await requireCurrent(layout));
        await duplicateTree(join(from, plugin), join(staging, plugin), operations);
        await operations.duplicate(manifestPath(from, plugin), manifestPath(staging, plugin));
        await operations.duplicate(digestsPath(from, plugin), digestsPath(staging, plugin));
      });
    },
    read: (plugin, path, maxBytes) =>
      reporting(doing, () => readFileIfExists(join(staging, plugin, path), maxBytes)),
    async commit(files) {
      return await reporting(doing, async () => {
        await makeCommandsExecutable(staging, files.shims, operations);
        await writeGenerationFiles(staging, files, operations);
        const numbers = await generationNumbers(layout);
        const number = 1 + Math.max(0, ...numbers, (await readCurrent(layout)) ?? 0);
        await switchTo({ number, staging }, layout, operations);
        await collectGenerations(layout, operations);
        return { generation: number };
      });
    },
    async discard() {
      await reporting(doing, () => operations.remove(staging));
    },
  };
}

function manifestPath(generation: string, plugin: PluginName): string {
  return join(generation, GENERATION_FILES.manifests, `${plugin}.toml`);
}

function digestsPath(generation: string, plugin: PluginName): string {
  return join(generation, GENERATION_FILES.manifests, `${plugin}.sha256`);
}

/** The digests of what was just unpacked from a verified archive: a host compares with them before it runs anything. */
async function digestsOf(directory: string, plugin: PluginName): Promise<Uint8Array> {
  const digests = new Map<string, Sha256>();
  for (const [path, digest] of await digestsBelow(directory)) {
    if (digest !== undefined) digests.set(path, digest);
    else throw new SheafError('SHEAF_ARCHIVE', `${plugin} brings ${quote(path)}, which is no file.`);
  }
  return writeFileDigests(digests);
}

async function writeBuilt(
  directory: string,
  plugin: PluginName,
  { path, bytes }: BuiltFile,
  operations: FileOperations,
): Promise<void> {
  const target = join(directory, path);
  await operations.makeDirectory(dirname(target));
  try {
    await operations.write(target, bytes);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new SheafError(
      'SHEAF_ARCHIVE',
      `The source of ${plugin} has ${quote(path)}, which it is to build.`,
      {
        hint: 'Tell the author of the plugin.',
      },
    );
  }
  await operations.setMode(target, EXECUTABLE);
  await operations.syncDirectory(dirname(target));
}

async function reporting<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toSheafError(error, doing);
  }
}

/** Everything in `.sheaf` can be made again, so no repository needs it, and no project has to say so. */
async function ignoreInGit(layout: ProjectLayout, operations: FileOperations): Promise<void> {
  try {
    await operations.write(join(layout.private, '.gitignore'), new TextEncoder().encode('*\n'));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

async function writeGenerationFiles(
  staging: string,
  { lock, manifest, shims, hostList }: GenerationFiles,
  operations: FileOperations,
): Promise<void> {
  const shimTable = new TextEncoder().encode(`${JSON.stringify(shims, undefined, 2)}\n`);
  await operations.write(join(staging, GENERATION_FILES.lock), lock);
  await operations.write(join(staging, GENERATION_FILES.manifest), manifest);
  await operations.write(join(staging, GENERATION_FILES.shims), shimTable);
  if (hostList !== undefined) {
    const list = new TextEncoder().encode(`${JSON.stringify(hostList, undefined, 2)}\n`);
    await operations.write(join(staging, GENERATION_FILES.hostList), list);
  }
  await operations.syncDirectory(join(staging, GENERATION_FILES.manifests));
  await operations.syncDirectory(staging);
}

/** Archives made on Windows carry no such mode, and a command that cannot run is none. */
async function makeCommandsExecutable(
  staging: string,
  shims: GenerationFiles['shims'],
  operations: FileOperations,
): Promise<void> {
  for (const [command, { plugin, file }] of Object.entries(shims)) {
    requireShim(command, plugin, file);
    const path = join(staging, plugin, file);
    const status = await lstat(path).catch(() => undefined);
    if (status?.isFile() !== true) {
      throw new SheafError(
        'SHEAF_ARCHIVE',
        `${plugin} provides the command ${command}, but has no file ${file}.`,
        {
          hint: 'Tell the author of the plugin.',
          details: { plugin, command, file },
        },
      );
    }
    if ((status.mode & 0o777) !== EXECUTABLE) await operations.setMode(path, EXECUTABLE);
  }
}

async function makeReadOnly(directory: string, operations: FileOperations): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      await makeReadOnly(path, operations);
    } else {
      const { mode } = await lstat(path);
      await operations.setMode(path, (mode & 0o100) === 0 ? READ_ONLY : EXECUTABLE);
    }
  }
}

async function duplicateTree(from: string, to: string, operations: FileOperations): Promise<void> {
  await operations.makeDirectory(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await duplicateTree(source, target, operations);
    } else if (entry.isFile()) {
      await operations.duplicate(source, target);
    } else {
      throw new SheafError(
        'SHEAF_MODIFIED',
        'An installed plugin has something in it that no archive can bring.',
        {
          hint: 'Run `sheaf install --force` to install it again.',
          details: { path: source },
        },
      );
    }
  }
  await operations.syncDirectory(to);
}
