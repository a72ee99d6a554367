import { packPlugin } from '../../core/authoring/pack-plugin.ts';
import type { PluginFolders } from '../../core/authoring/ports.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { writeToml } from '../../core/documents/toml-writing.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import {
  type Artifact,
  type Manifest,
  readReleaseManifest,
  writeManifest,
} from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Platform } from '../../core/platform.ts';
import type { NamedFiles, Reporter } from '../../core/ports.ts';
import { type ReleaseSource, releaseSource } from '../../core/publishing/release-source.ts';
import type { WorkTrees } from '../../core/publishing-ports.ts';
import { prepareWasm } from '../../core/runtime/prepare-wasm.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, codeOf, outputOf, readAuthorPlugin, readEntry } from './author-plugin.ts';

/** The ports of those who pack. */
export interface PackPorts {
  readonly folders: PluginFolders;
  readonly files: NamedFiles;
  readonly workTrees: WorkTrees;
  readonly reporter: Pick<Reporter, 'note' | 'warn'>;
}

/** What `sheaf pack` was asked for. */
export interface PackOptions {
  readonly path: string;
  /** Folder that the artifact is written to. */
  readonly out: string;
  readonly platform: Platform;
  /**
   * Where the artifact will be published, and in which registry: writes the release manifest, too; with `allowDirty`
   * also when not all files are committed.
   */
  readonly release?: { readonly url: string; readonly registry: string; readonly allowDirty: boolean };
  readonly dryRun: boolean;
}

/** An artifact that is ready to be published. */
export interface PackedArtifact {
  readonly name: string;
  readonly version: string;
  readonly artifact: {
    readonly kind: Artifact['kind'];
    readonly platform: Platform;
    readonly size: number;
    readonly sha256: Sha256;
    readonly entry?: string;
    readonly url?: string;
  };
  /** Paths that were written. */
  readonly file: string;
  readonly manifest?: string;
  /** The table of a release manifest. */
  readonly toml: string;
}

/** An artifact in memory. */
export interface PreparedArtifact {
  /** Name of the file. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly artifact: Omit<PackedArtifact['artifact'], 'url'>;
}

/**
 * Packs a built plugin: the same files give the same bytes on every machine, so that anybody can compare.
 *
 * @throws SheafError as {@link prepareArtifact}, {@link writeReleaseManifest} and {@link sourceOf}, and `SHEAF_EXISTS`
 *   when another artifact or manifest of this version is there.
 */
export async function packArtifact(
  ports: PackPorts,
  { path, out, platform, release, dryRun }: PackOptions,
): Promise<PackedArtifact> {
  const plugin = await readAuthorPlugin(ports.folders, path);
  const { name, version } = plugin.manifest;
  const prepared = await prepareArtifact(ports, plugin, platform);
  const file = `${out}/${prepared.file}`;
  const manifest = release === undefined ? undefined : `${out}/${version}.toml`;
  const url = release === undefined ? undefined : below(release.url, prepared.file);
  const { kind, platform: where, ...content } = prepared.artifact;
  const artifact = { kind, platform: where, ...(url === undefined ? {} : { url }), ...content };
  const written = new Map([[file, prepared.bytes]]);
  if (release !== undefined && manifest !== undefined && url !== undefined) {
    const { source, note, warning } = await sourceOf(ports, plugin, release);
    if (note !== undefined) ports.reporter.note(note);
    if (warning !== undefined) ports.reporter.warn(warning);
    const artifacts = [{ ...prepared.artifact, url }];
    written.set(manifest, writeReleaseManifest(plugin, { registry: release.registry, source, artifacts }));
  }
  for (const [place, bytes] of written) if (!dryRun) await write(ports.files, place, bytes);
  return {
    name,
    version,
    artifact,
    file,
    ...(manifest === undefined ? {} : { manifest }),
    toml: new TextDecoder().decode(writeToml({ artifact: [artifact] })),
  };
}

/**
 * Packs a built plugin in memory.
 *
 * @throws SheafError `SHEAF_PATH` when it has not been built, `SHEAF_ARCHIVE`, `SHEAF_ABI`,
 *   `SHEAF_CAPABILITY_UNDECLARED`.
 */
export async function prepareArtifact(
  { files }: Pick<PackPorts, 'files'>,
  plugin: AuthorPlugin,
  platform: Platform,
): Promise<PreparedArtifact> {
  const entry = await readEntry(files, plugin);
  if (codeOf(plugin, entry, plugin.path).kind === 'wasm') prepareWasm(entry.bytes, plugin.manifest);
  const packed = packPlugin({ ...plugin, entry, platform });
  return {
    file: packed.file,
    bytes: packed.bytes,
    artifact: {
      kind: packed.kind,
      platform,
      size: packed.bytes.byteLength,
      sha256: sha256(packed.bytes),
      ...(packed.entry === undefined ? {} : { entry: packed.entry }),
    },
  };
}

/** What Git says of where a plugin comes from. @throws SheafError as {@link releaseSource}. */
export async function sourceOf(
  { workTrees }: Pick<PackPorts, 'workTrees'>,
  plugin: AuthorPlugin,
  { allowDirty }: { readonly allowDirty: boolean },
): Promise<ReleaseSource> {
  const output = outputOf(plugin);
  return releaseSource(plugin.manifest, await workTrees.checkedOut(plugin.path), { output, allowDirty });
}

function below(url: string, file: string): string {
  return url.endsWith('/') ? `${url}${file}` : `${url}/${file}`;
}

/**
 * The release manifest: what the author wrote, and what a release adds.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for what a registry will not read: it is read back as there.
 */
export function writeReleaseManifest(
  { manifest }: AuthorPlugin,
  release: {
    readonly registry: string;
    readonly source: Manifest['source'];
    readonly artifacts: Manifest['artifacts'];
  },
): Uint8Array {
  const { registry, source, artifacts } = release;
  const { name, version } = manifest;
  const bytes = writeManifest({
    ...manifest,
    registry,
    artifacts,
    ...(source === undefined ? {} : { source }),
  });
  valueOf(readReleaseManifest(bytes, `${version}.toml`, { expected: { name, version, registry } }));
  return bytes;
}

/** What was published under a version never changes: other bytes under the same name are somebody's mistake. */
async function write(files: NamedFiles, path: string, bytes: Uint8Array): Promise<void> {
  if (await files.create(path, bytes)) return;
  const there = await files.readIfExists(path, LIMITS.artifactBytes);
  if (there !== undefined && sha256(there) === sha256(bytes)) return;
  throw new SheafError('SHEAF_EXISTS', `${quote(path)} is there, with other contents.`, {
    hint: 'Raise the version in the manifest, or remove the file if nobody has it yet.',
  });
}
