import type { ObjectRef } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { Artifact, ReleaseManifest } from '../../core/formats/manifest.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { LIMITS } from '../../core/limits.ts';
import { matchPlatform, type Platform } from '../../core/platform.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { isFaultOfSource, isUnreached } from '../../core/source-health.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';

/** An artifact to bring in, and where it may be. */
export interface WantedArtifact {
  readonly plugin: PluginName;
  readonly artifact: Artifact;
  /** Shown beside the progress bar. */
  readonly label: string;
  readonly urls: readonly string[];
}

/**
 * The artifact of a release for a platform.
 *
 * @throws SheafError `SHEAF_PLATFORM`.
 */
export function artifactFor(manifest: ReleaseManifest, platform: Platform): Artifact {
  const offered = manifest.artifacts.map((artifact) => artifact.platform);
  const match = matchPlatform(offered, platform);
  const artifact = manifest.artifacts.find((one) => one.platform === match);
  if (artifact !== undefined) return artifact;
  throw new SheafError(
    'SHEAF_PLATFORM',
    `${manifest.name} ${manifest.version} does not run on ${platform}; it is there for ${offered.join(', ')}.`,
  );
}

/**
 * Where an artifact may be had: from the disk, then at its release URL, then from the mirrors, which name it by
 * digest.
 */
export function urlsOf(artifact: Artifact, mirrors: readonly string[]): readonly string[] {
  const path = `${artifact.sha256.slice(0, 2)}/${artifact.sha256}`;
  const urls = mirrors.map((mirror) => `${mirror.replace(/\/?$/, '/')}${path}`);
  return [...urls.filter(isLocal), artifact.url, ...urls.filter((url) => !isLocal(url))];
}

function isLocal(url: string): boolean {
  return url.startsWith('file:');
}

/**
 * URL prefixes under which the artifacts of a registry lie by digest: the mirrors it names, and its own static
 * hosts and directories, which keep artifacts among the objects of the index when they are complete mirrors.
 */
export async function mirrorsOf(registry: Pick<OpenRegistry, 'file' | 'urls'>): Promise<readonly string[]> {
  const { artifactMirrors } = valueOf(readRegistryFile(await registry.file('registry'), 'registry.toml'));
  const hosts = registry.urls.filter((url) => /^(https?|file):/.test(url) && !/\.git$|#/.test(url));
  return [...artifactMirrors, ...hosts.map((url) => `${url.replace(/\/?$/, '/')}o/`)];
}

/**
 * Fetches one artifact, from hosts that failed lately only when no other has it.
 *
 * @throws SheafError as `Downloader.fetch`.
 */
export async function fetchArtifact(
  { downloader, reporter, health }: Pick<ClientPorts, 'downloader' | 'reporter' | 'health'>,
  { artifact, label, urls }: Omit<WantedArtifact, 'plugin'>,
): Promise<ObjectRef> {
  const failed: { readonly url: string; readonly failure: SheafError }[] = [];
  let isFetched = false;
  try {
    const ref = await downloader.fetch(
      artifact,
      await health.order(urls),
      label,
      (progress) => reporter.transfer(progress),
      (url, failure) => failed.push({ url, failure }),
    );
    isFetched = true;
    return ref;
  } finally {
    // When nobody at all was reached, the failure is as likely on this side.
    const isTelling = isFetched || failed.some(({ failure }) => !isUnreached(failure));
    for (const { url, failure } of isTelling ? failed : []) {
      if (url.startsWith('http') && isFaultOfSource(failure))
        await health.failed(`${new URL(url).origin}/`, failure);
    }
  }
}

/**
 * Brings artifacts into the object store, several at a time, and says where each one lies.
 *
 * @throws SheafError as `Downloader.fetch`, for the first that fails; those under way are still finished, so
 *   that the next attempt finds them.
 */
export async function fetchArtifacts(
  ports: Pick<ClientPorts, 'downloader' | 'store' | 'reporter' | 'health'>,
  wanted: readonly WantedArtifact[],
): Promise<ReadonlyMap<PluginName, string>> {
  const paths = new Map<PluginName, string>();
  const failures: unknown[] = [];
  const queue = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && failures.length === 0; next = queue.shift()) {
      try {
        const { plugin, artifact, label, urls } = next;
        const known = await ports.store.locate(artifact);
        paths.set(plugin, known ?? (await locate(await fetchArtifact(ports, { artifact, label, urls }))));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const locate = async (stored: ObjectRef): Promise<string> => {
    const path = await ports.store.locate(stored);
    if (path !== undefined) return path;
    throw new SheafError('SHEAF_DIGEST', `The cache lost ${stored.sha256} as soon as it was written.`, {
      hint: 'Something else changes the cache directory; run `sheaf doctor`.',
    });
  };
  await Promise.all(Array.from({ length: LIMITS.parallelDownloads }, work));
  if (failures.length > 0) throw failures[0];
  return paths;
}
