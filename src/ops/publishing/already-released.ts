import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import type { PublishRecord } from '../../core/formats/publish-record.ts';
import { findEntry } from '../authors/author-plugin.ts';
import { buildPlugin } from '../authors/build-plugin.ts';
import { packRelease } from './pack-release.ts';
import type { PublishContext, PublishOptions, PublishPorts } from './publish-context.ts';
import { readStaged } from './publish-folder.ts';

/**
 * Whether the registry has this very release: the manifest that was packed here, or, where nothing is remembered, as in
 * a CI job that runs again, one of the artifacts that the folder gives. For that it is built, but not with `dryRun`.
 *
 * @throws SheafError `SHEAF_EXISTS` when it has another release of that version, which is somebody's mistake.
 */
export async function isReleased(
  ports: PublishPorts,
  options: PublishOptions,
  { view, record, plugin }: Omit<PublishContext, 'known'>,
): Promise<boolean> {
  const { released } = view;
  if (released === undefined) return false;
  const ours = await readPackedManifest(ports, options.path, record);
  if (ours !== undefined && Buffer.compare(ours, released) === 0) return true;
  if (await hasSameArtifacts(ports, options, { view, record, plugin }, released)) return true;
  const { manifest } = plugin;
  throw new SheafError('SHEAF_EXISTS', `The registry has ${manifest.name} ${manifest.version} already.`, {
    hint: 'A release is never changed: raise the version in the manifest.',
  });
}

/** The release manifest as it was packed; undefined when it was not. */
export async function readPackedManifest(
  { files }: Pick<PublishPorts, 'files'>,
  path: string,
  { version, signed }: PublishRecord,
): Promise<Uint8Array | undefined> {
  const name = packedManifestPath({ version, signed });
  const staged = name === undefined ? undefined : await readStaged(files, path, version, [name]);
  return name === undefined ? undefined : staged?.get(name);
}

/** Where the release manifest will be in the registry; undefined before it has been packed. */
export function packedManifestPath({
  version,
  signed,
}: Pick<PublishRecord, 'version' | 'signed'>): string | undefined {
  return Object.keys(signed).find((one) => one.endsWith(`/${version}.toml`));
}

/** An artifact carries the author's manifest: with the same bytes it is the same release, whoever signed it when. */
async function hasSameArtifacts(
  ports: PublishPorts,
  { path, platform, dryRun }: PublishOptions,
  { view, record, plugin }: Pick<PublishContext, 'view' | 'record' | 'plugin'>,
  released: Uint8Array,
): Promise<boolean> {
  const { given } = record;
  if (given.length === 0 && (await findEntry(ports.files, plugin)) === undefined) {
    if (dryRun) return false;
    ports.reporter.note('Building, to compare it with what the registry has.');
    await buildPlugin(ports, path);
  }
  const parts = { registry: view.registry, source: undefined, platform, given };
  const ours = (await packRelease(ports, plugin, parts)).artifacts.map(({ artifact }) => artifact);
  const theirs = valueOf(readReleaseManifest(released, `${plugin.manifest.version}.toml`)).artifacts;
  return ours.every((one) =>
    theirs.some(({ platform: where, sha256 }) => where === one.platform && sha256 === one.sha256),
  );
}
