import { isWasmModule } from '../../core/archives/wasm-section.ts';
import { artifactFileName, entryInArchive } from '../../core/authoring/pack-plugin.ts';
import type { PluginFolders } from '../../core/authoring/ports.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Artifact, Manifest } from '../../core/formats/manifest.ts';
import type { GivenArtifact } from '../../core/formats/publish-record.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Platform } from '../../core/platform.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { ArtifactHost } from '../../core/submission-ports.ts';
import { differencesBetween } from '../../core/submissions/manifest-difference.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, readAuthorPlugin, recipeFor } from '../authors/author-plugin.ts';
import { type PreparedArtifact, prepareArtifact, writeReleaseManifest } from '../authors/pack-plugin.ts';

/** An artifact of a release, and where it will be found. */
export interface ReleaseArtifact extends PreparedArtifact {
  readonly url: string;
}

/** A release in memory: its artifacts, and the manifest that lists them. */
export interface PackedRelease {
  readonly artifacts: readonly [ReleaseArtifact, ...ReleaseArtifact[]];
  readonly manifest: Uint8Array;
}

interface ReleasePorts {
  readonly files: NamedFiles;
  readonly folders: PluginFolders;
  readonly host: Pick<ArtifactHost, 'addressOf'>;
}

/** What a release is packed from, besides the folder. */
export interface ReleaseParts {
  readonly registry: string;
  readonly source: Manifest['source'];
  /** For what the folder is packed, when nothing is given. */
  readonly platform: Platform;
  /** What was packed on other machines, one a platform: it takes the place of what the folder would give. */
  readonly given: readonly GivenArtifact[];
}

/**
 * Packs a release.
 *
 * @throws SheafError as `prepareArtifact` and `writeReleaseManifest`; `SHEAF_INVALID_FILE` for a given artifact of
 *   another plugin or version, `SHEAF_PATH` when it is not there, `SHEAF_ARCHIVE` when it lacks the file to load.
 */
export async function packRelease(
  ports: ReleasePorts,
  plugin: AuthorPlugin,
  { registry, source, platform, given }: ReleaseParts,
): Promise<PackedRelease> {
  const [own, ...others] = given;
  const packed: readonly [PreparedArtifact, ...PreparedArtifact[]] =
    own === undefined
      ? [await prepareArtifact(ports, plugin, platform)]
      : [
          await readGiven(ports, plugin, own),
          ...(await Promise.all(others.map((one) => readGiven(ports, plugin, one)))),
        ];
  const [first, ...rest] = packed;
  const at = (one: PreparedArtifact): ReleaseArtifact => ({ ...one, url: ports.host.addressOf(one.file) });
  const artifacts: PackedRelease['artifacts'] = [at(first), ...rest.map(at)];
  const listed = artifacts.map(({ artifact, url }): Artifact => ({ ...artifact, url }));
  return { artifacts, manifest: writeReleaseManifest(plugin, { registry, source, artifacts: listed }) };
}

/** What was packed on another machine, from the same manifest. */
async function readGiven(
  { files, folders }: Pick<ReleasePorts, 'files' | 'folders'>,
  plugin: AuthorPlugin,
  { platform, file }: GivenArtifact,
): Promise<PreparedArtifact> {
  const bytes = await files.read(file, LIMITS.artifactBytes);
  const carried = await readAuthorPlugin(folders, file);
  const [difference] = differencesBetween(carried.manifest, plugin.manifest);
  if (difference !== undefined) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${quote(file)} was packed with another ${difference.path.join('.')} than the folder has.`,
      { hint: 'Pack it anew, from the same commit on every machine.' },
    );
  }
  const kind = isWasmModule(bytes) ? 'wasm' : 'archive';
  const entry = kind === 'wasm' ? undefined : entryInArchive(recipeFor(plugin).output);
  if (entry !== undefined && !carried.files.some(({ path }) => path === entry)) {
    throw new SheafError('SHEAF_ARCHIVE', `${quote(file)} does not hold ${quote(entry)}, which is loaded.`, {
      hint: `Let it be packed on ${platform}: sheaf pack --platform ${platform}.`,
    });
  }
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const ending = kind === 'wasm' ? 'wasm' : isZip ? 'zip' : 'tar.gz';
  return {
    file: artifactFileName(plugin.manifest, platform, ending),
    bytes,
    artifact: {
      kind,
      platform,
      size: bytes.byteLength,
      sha256: sha256(bytes),
      ...(entry === undefined ? {} : { entry }),
    },
  };
}
