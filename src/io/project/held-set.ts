import { join } from 'node:path';
import { LIMITS } from '../../core/limits.ts';
import type { HeldSet } from '../../core/ports.ts';
import { readFileIfExists, toSheafError } from '../files.ts';
import { holdGeneration } from './generation-use.ts';
import { digestsBelow } from './installed-files.ts';
import { GENERATION_FILES } from './project-layout.ts';

/**
 * Holds the current set of a project for a running host; undefined when nothing is installed.
 *
 * @throws SheafError `SHEAF_PERMISSION`.
 */
export async function holdCurrentSet(project: string): Promise<HeldSet | undefined> {
  try {
    return await hold(project);
  } catch (error) {
    throw toSheafError(error, 'reading the installed set');
  }
}

async function hold(project: string): Promise<HeldSet | undefined> {
  const held = await holdGeneration(project);
  if (held === undefined) return undefined;
  const { directory } = held;
  const lock = await readFileIfExists(join(directory, GENERATION_FILES.lock), LIMITS.textFileBytes);
  if (lock === undefined) {
    await held.release();
    return undefined;
  }
  const ofPlugin = (name: string, maxBytes: number): Promise<Uint8Array | undefined> =>
    readFileIfExists(join(directory, GENERATION_FILES.manifests, name), maxBytes);
  return {
    number: held.number,
    lock,
    pluginDirectory: (plugin) => join(directory, plugin),
    readManifest: (plugin) => ofPlugin(`${plugin}.toml`, LIMITS.manifestBytes),
    readDigests: (plugin) => ofPlugin(`${plugin}.sha256`, LIMITS.fileDigestsBytes),
    digests: (plugin) => digestsBelow(join(directory, plugin)),
    read: (plugin, path, maxBytes) => readFileIfExists(join(directory, plugin, path), maxBytes),
    release: () => held.release(),
  };
}
