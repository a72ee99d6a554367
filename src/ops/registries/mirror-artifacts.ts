import { sha256 } from '../../core/digest.ts';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { lockfileOf, readLockfile } from '../../core/formats/lockfile.ts';
import { type Artifact, readReleaseManifest } from '../../core/formats/manifest.ts';
import type { FetchObject } from '../../core/index/index-head.ts';
import type { IndexReader } from '../../core/index/index-reader.ts';
import { type ReleasesRecord, readReleasesRecord, type VersionRecord } from '../../core/index/records.ts';
import { readLeaf, treeLeaves } from '../../core/index/tree.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Platform } from '../../core/platform.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts, NamedFiles } from '../../core/ports.ts';
import type { MirrorDirectory } from '../../core/publishing-ports.ts';
import type { Version } from '../../core/version.ts';
import { fetchArtifact, mirrorsOf, urlsOf } from '../plugins/fetch-artifacts.ts';
import { severalAtOnce } from './fetch-index.ts';

/** The releases that lock files need: versions by plugin. */
export type LockedReleases = ReadonlyMap<PluginName, ReadonlySet<Version>>;

/** A registry whose artifacts are mirrored. */
export interface MirroredIndex extends IndexReader {
  readonly urls: readonly string[];
  readonly fetchObject: FetchObject;
}

/** What became of the artifacts. */
export interface MirroredArtifacts {
  /** How many were there before. */
  readonly present: number;
  /** How many were fetched, or would be, and their bytes as far as they are known. */
  readonly fetched: number;
  readonly bytes: number;
  readonly failed: readonly FailedArtifact[];
}

/** An artifact that the mirror lacks, and why. */
export interface FailedArtifact {
  readonly plugin: PluginName;
  readonly version: Version;
  /** Absent when not even the release could be read. */
  readonly platform?: Platform;
  readonly code: ErrorCode;
  readonly message: string;
}

/** After these the next artifact would fail in the same way. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SHEAF_INTERRUPTED',
  'SHEAF_OFFLINE',
  'SHEAF_PERMISSION',
  'SHEAF_DISK_FULL',
  'SHEAF_INTERNAL',
]);

type ArtifactPorts = Pick<ClientPorts, 'health' | 'reporter'> & { readonly mirror: MirrorDirectory };

/**
 * The releases of one registry that lock files need.
 *
 * @throws SheafError `SHEAF_PATH`, `SHEAF_LOCK_INVALID`.
 */
export async function lockedReleases(
  files: NamedFiles,
  paths: readonly string[],
  registry: string,
): Promise<LockedReleases> {
  const wanted = new Map<PluginName, Set<Version>>();
  for (const path of paths) {
    const { plugins } = lockfileOf(readLockfile(await files.read(path, LIMITS.textFileBytes), path));
    for (const { name, version } of plugins.filter((plugin) => plugin.registry === registry)) {
      wanted.set(name, (wanted.get(name) ?? new Set()).add(version));
    }
  }
  return wanted;
}

/**
 * Brings the artifacts of an index into a mirror, several at a time. One that cannot be had is told and doesn't
 * keep the others from being fetched.
 *
 * @param locked only these releases; all when undefined.
 */
export async function mirrorArtifacts(
  ports: ArtifactPorts,
  index: MirroredIndex,
  { locked, dryRun }: { readonly locked: LockedReleases | undefined; readonly dryRun: boolean },
): Promise<MirroredArtifacts> {
  const total = { present: 0, fetched: 0, bytes: 0 };
  const failed: FailedArtifact[] = [];
  const hosts = await mirrorsOf(index);
  const seen = new Set<string>();

  async function bring({ plugin, version }: Release, artifact: Artifact): Promise<void> {
    if (seen.has(artifact.sha256)) return;
    seen.add(artifact.sha256);
    if (await ports.mirror.has(artifact)) {
      total.present += 1;
      return;
    }
    const platform = artifact.platform === 'any' ? '' : ` (${artifact.platform})`;
    const label = `${plugin} ${version}${platform}`;
    const urls = urlsOf(artifact, hosts);
    const size = dryRun
      ? (artifact.size ?? 0)
      : (await fetchArtifact({ ...ports, downloader: ports.mirror.downloader }, { artifact, label, urls }))
          .size;
    total.fetched += 1;
    total.bytes += size;
  }

  async function bringAll(release: Release): Promise<void> {
    let artifact: Artifact | undefined;
    const failure = (error: unknown): void => {
      if (!(error instanceof SheafError) || FINAL.has(error.code)) throw error;
      const { plugin, version } = release;
      const platform = artifact === undefined ? {} : { platform: artifact.platform };
      failed.push({ plugin, version, ...platform, code: error.code, message: error.message });
    };
    try {
      for (artifact of await artifactsOf(index, release)) await bring(release, artifact).catch(failure);
    } catch (error) {
      artifact = undefined;
      failure(error);
    }
  }

  const releases = locked === undefined ? allReleases(index) : theseReleases(index, locked);
  await severalAtOnce(() => releases.next(), bringAll);
  return {
    ...total,
    failed: failed.toSorted((a, b) => (a.plugin < b.plugin ? -1 : Number(a.plugin > b.plugin))),
  };
}

/** A release; `record` is undefined when the registry has none. */
interface Release {
  readonly plugin: PluginName;
  readonly version: Version;
  readonly found?: { readonly record: ReleasesRecord; readonly version: VersionRecord };
}

async function* allReleases({ head, fetchObject }: MirroredIndex): AsyncGenerator<Release, void> {
  for await (const leaf of treeLeaves('releases', head.trees.releases, fetchObject)) {
    for (const line of readLeaf(await fetchObject(leaf), leaf.path).values()) {
      const record = readReleasesRecord(line);
      for (const version of record.versions) {
        yield { plugin: record.name, version: version.version, found: { record, version } };
      }
    }
  }
}

async function* theseReleases(index: MirroredIndex, locked: LockedReleases): AsyncGenerator<Release, void> {
  for (const [plugin, versions] of locked) {
    const record = await index.releases(plugin);
    for (const version of versions) {
      const found = record?.versions.find((one) => one.version === version);
      yield {
        plugin,
        version,
        ...(record === undefined || found === undefined ? {} : { found: { record, version: found } }),
      };
    }
  }
}

/** The artifacts that a release names, in the very bytes that the index names by digest. */
async function artifactsOf(
  index: MirroredIndex,
  { plugin, version, found }: Release,
): Promise<readonly Artifact[]> {
  if (found === undefined) {
    throw new SheafError(
      'SHEAF_UNKNOWN_VERSION',
      `A lock file wants ${plugin} ${version}, which is not there.`,
    );
  }
  const files = await index.bundle(found.record, found.version.bundle);
  const text = files[`${version}.toml`];
  const bytes = text === undefined ? undefined : new TextEncoder().encode(text);
  if (bytes === undefined || sha256(bytes) !== found.version.manifest) {
    throw new SheafError('SHEAF_INDEX', `The index has no manifest of ${plugin} ${version}.`);
  }
  return valueOf(readReleaseManifest(bytes, `${version}.toml`)).artifacts;
}
