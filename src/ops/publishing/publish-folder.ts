import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import {
  newPublishRecord,
  type PublishRecord,
  readPublishRecord,
  writePublishRecord,
} from '../../core/formats/publish-record.ts';
import {
  type PublishSettings,
  readPublishSettings,
  writePublishSettings,
} from '../../core/formats/publish-settings.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { pathOf } from '../authors/author-plugin.ts';

/** The place in an author's folder where `sheaf publish` keeps its files; neither Git nor packing looks into it. */
const FOLDER = '.sheaf/publish';

/**
 * What was said to `sheaf publish` in this folder before.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export async function recallSettings(files: NamedFiles, plugin: string): Promise<PublishSettings> {
  const path = pathOf(plugin, `${FOLDER}/settings.json`);
  const bytes = await files.readIfExists(path, LIMITS.textFileBytes);
  return bytes === undefined ? {} : valueOf(readPublishSettings(bytes, path));
}

/** Keeps what was said for the next time. */
export async function rememberSettings(
  files: NamedFiles,
  plugin: string,
  settings: PublishSettings,
): Promise<void> {
  await files.create(pathOf(plugin, `${FOLDER}/.gitignore`), new TextEncoder().encode('*\n'));
  await files.write(pathOf(plugin, `${FOLDER}/settings.json`), writePublishSettings(settings));
}

/** How far the publication of the version in the folder has come. */
export async function readRecord(
  files: NamedFiles,
  plugin: string,
  { name, version }: Pick<Manifest, 'name' | 'version'>,
): Promise<PublishRecord> {
  const path = pathOf(plugin, `${FOLDER}/${version}.json`);
  const bytes = await files.readIfExists(path, LIMITS.textFileBytes);
  if (bytes === undefined) return newPublishRecord(name, version);
  const record = valueOf(readPublishRecord(bytes, path));
  if (record.name === name && record.version === version) return record;
  throw new SheafError('SHEAF_INVALID_FILE', `${quote(path)} is about ${record.name} ${record.version}.`, {
    hint: `Remove it: ${name} ${version} begins anew then.`,
  });
}

/** Keeps how far it has come. */
export async function writeRecord(files: NamedFiles, plugin: string, record: PublishRecord): Promise<void> {
  await files.write(pathOf(plugin, `${FOLDER}/${record.version}.json`), writePublishRecord(record));
}

/** Where a packed file of a version lies: an artifact by its name, a file of the registry by its path there. */
export function stagedPath(plugin: string, version: string, file: string): string {
  return pathOf(plugin, `${FOLDER}/${version}/${file}`);
}

/** Packed files by name, with what is in them; undefined as soon as one is missing. */
export async function readStaged(
  files: NamedFiles,
  plugin: string,
  version: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const found = new Map<string, Uint8Array>();
  for (const name of names) {
    const bytes = await files.readIfExists(stagedPath(plugin, version, name), LIMITS.artifactBytes);
    if (bytes === undefined) return undefined;
    found.set(name, bytes);
  }
  return found;
}

/** One digest of several files and their names. */
export function digestOf(files: ReadonlyMap<string, Uint8Array>): Sha256 {
  const lines = [...files].map(([name, bytes]) => `${sha256(bytes)} ${name}\n`);
  return sha256(new TextEncoder().encode(lines.toSorted().join('')));
}
