import { packPlugin } from '../../core/authoring/pack-plugin.ts';
import type { PluginFolders } from '../../core/authoring/ports.ts';
import { defined } from '../../core/defined.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { writeToml } from '../../core/documents/toml-writing.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type Artifact, readReleaseManifest, writeManifest } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Platform } from '../../core/platform.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { prepareWasm } from '../../core/runtime/prepare-wasm.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, codeOf, readAuthorPlugin, readEntry } from './author-plugin.ts';

/** What `sheaf pack` was asked for. */
export interface PackOptions {
  readonly path: string;
  /** Folder that the artifact is written to. */
  readonly out: string;
  readonly platform: Platform;
  /** Where the artifact will be published, and in which registry: writes the release manifest, too. */
  readonly release?: { readonly url: string; readonly registry: string };
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

/**
 * Packs a built plugin: the same files give the same bytes on every machine, so that anybody can compare.
 *
 * @throws SheafError `SHEAF_PATH` when it has not been built, `SHEAF_EXISTS` when another artifact or manifest of
 *   this version is there, `SHEAF_ARCHIVE`, `SHEAF_ABI`, `SHEAF_CAPABILITY_UNDECLARED`, `SHEAF_INVALID_FILE`.
 */
export async function packArtifact(
  ports: { readonly folders: PluginFolders; readonly files: NamedFiles },
  options: PackOptions,
): Promise<PackedArtifact> {
  const plugin = await readAuthorPlugin(ports.folders, options.path);
  const entry = await readEntry(ports.files, plugin);
  if (codeOf(plugin, entry, options.path).kind === 'wasm') prepareWasm(entry.bytes, plugin.manifest);
  const packed = packPlugin({ ...plugin, entry });
  const { kind } = packed;
  const artifact = {
    kind,
    platform: options.platform,
    ...(options.release === undefined ? {} : { url: addressOf(options.release.url, packed.file) }),
    size: packed.bytes.byteLength,
    sha256: sha256(packed.bytes),
    ...(packed.entry === undefined ? {} : { entry: packed.entry }),
  };
  const file = `${options.out}/${packed.file}`;
  const release = releaseOf(plugin, artifact, options);
  if (!options.dryRun) {
    await write(ports.files, file, packed.bytes);
    if (release !== undefined) await write(ports.files, release.path, release.bytes);
  }
  return {
    name: plugin.manifest.name,
    version: plugin.manifest.version,
    artifact,
    file,
    ...(release === undefined ? {} : { manifest: release.path }),
    toml: new TextDecoder().decode(writeToml({ artifact: [defined(artifact)] })),
  };
}

function addressOf(url: string, file: string): string {
  return url.endsWith('/') ? `${url}${file}` : `${url}/${file}`;
}

/** The release manifest, read back as a registry will read it. */
function releaseOf(
  { manifest }: AuthorPlugin,
  artifact: Omit<Artifact, 'url'> & { readonly url?: string },
  { release, out }: PackOptions,
): { readonly path: string; readonly bytes: Uint8Array } | undefined {
  if (release === undefined || artifact.url === undefined) return undefined;
  const { registry } = release;
  const path = `${out}/${manifest.version}.toml`;
  const bytes = writeManifest({ ...manifest, registry, artifacts: [{ ...artifact, url: artifact.url }] });
  const { name, version } = manifest;
  valueOf(readReleaseManifest(bytes, path, { expected: { name, version, registry } }));
  return { path, bytes };
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
