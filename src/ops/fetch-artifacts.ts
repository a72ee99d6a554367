import type { ObjectRef } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import { valueOf } from '../core/finding.ts';
import type { Artifact, ReleaseManifest } from '../core/formats/manifest.ts';
import { readRegistryFile } from '../core/formats/registry-file.ts';
import { LIMITS } from '../core/limits.ts';
import { matchPlatform, type Platform } from '../core/platform.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { OpenRegistry } from './open-registry.ts';

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

/** Where an artifact may be had: its release URL, then the mirrors, which name it by digest. */
export function urlsOf(artifact: Artifact, mirrors: readonly string[]): readonly string[] {
  const path = `${artifact.sha256.slice(0, 2)}/${artifact.sha256}`;
  return [artifact.url, ...mirrors.map((mirror) => `${mirror.replace(/\/?$/, '/')}${path}`)];
}

/**
 * URL prefixes under which the artifacts of a registry lie by digest: the mirrors it names, and its own static
 * hosts and directories, which keep artifacts among the objects of the index when they are complete mirrors.
 */
export async function mirrorsOf(registry: OpenRegistry): Promise<readonly string[]> {
  const { artifactMirrors } = valueOf(readRegistryFile(await registry.file('registry'), 'registry.toml'));
  const hosts = registry.urls.filter((url) => /^(https?|file):/.test(url) && !/\.git$|#/.test(url));
  return [...artifactMirrors, ...hosts.map((url) => `${url.replace(/\/?$/, '/')}o/`)];
}

/**
 * Brings artifacts into the object store, several at a time, and says where each one lies.
 *
 * @throws SheafError as `Downloader.fetch`, for the first that fails; those under way are still finished, so
 *   that the next attempt finds them.
 */
export async function fetchArtifacts(
  { downloader, store, reporter }: Pick<ClientPorts, 'downloader' | 'store' | 'reporter'>,
  wanted: readonly WantedArtifact[],
): Promise<ReadonlyMap<PluginName, string>> {
  const paths = new Map<PluginName, string>();
  const failures: unknown[] = [];
  const queue = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && failures.length === 0; next = queue.shift()) {
      try {
        const { plugin, artifact, label, urls } = next;
        const known = await store.locate(artifact);
        const path =
          known ?? (await locate(await downloader.fetch(artifact, urls, label, (p) => reporter.transfer(p))));
        paths.set(plugin, path);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const locate = async (stored: ObjectRef): Promise<string> => {
    const path = await store.locate(stored);
    if (path !== undefined) return path;
    throw new SheafError('SHEAF_DIGEST', `The cache lost ${stored.sha256} as soon as it was written.`, {
      hint: 'Something else changes the cache directory; run `sheaf doctor`.',
    });
  };
  await Promise.all(Array.from({ length: LIMITS.parallelDownloads }, work));
  if (failures.length > 0) throw failures[0];
  return paths;
}
