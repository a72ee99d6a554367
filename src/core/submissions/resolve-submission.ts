import { sha256 } from '../digest.ts';
import type { ReleaseManifest } from '../formats/manifest.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { ReleasesRecord, VersionRecord } from '../index/records.ts';
import { ANY_PLATFORM, type Platform } from '../platform.ts';
import { type Choice, type Offer, resolve } from '../resolution/resolve.ts';
import { signedFacts } from '../trust/release-record.ts';
import { compareVersions, type VersionRange } from '../version.ts';
import type { JudgedRelease } from './release-rule.ts';

/**
 * What an installation of the submitted release would choose in its own registry: with the newest that fits of
 * everything, as on a machine that has nothing yet. Plugins of other registries are left out.
 *
 * @param platform of the machine; `any` leaves open where it runs.
 * @throws SheafError `SHEAF_RESOLUTION` and its kin, when nothing fits together.
 */
export async function resolveSubmission(
  { change, plugin, release }: JudgedRelease,
  platform: Platform,
): Promise<readonly Choice[]> {
  const { name, version } = release.manifest;
  const registry = change.registry.id;
  const offer = (file: PluginFile, manifests: Iterable<ReleaseManifest>): Offer => ({
    registry,
    record: recordOf(file, manifests, { registry, platform }),
  });
  const file = plugin.after ?? plugin.before;
  const { choices } = await resolve({
    // The version itself, and no other that would do.
    wanted: [{ name, range: version as string as VersionRange }],
    locked: new Map(),
    update: 'all',
    engines: {},
    platform,
    prereleases: false,
    offer(asked) {
      if (asked === name && file !== undefined) return Promise.resolve(offer(file, [release.manifest]));
      const needed = release.needed.get(asked);
      return Promise.resolve(needed && offer(needed.file, needed.releases.values()));
    },
  });
  return choices;
}

function recordOf(
  file: PluginFile,
  manifests: Iterable<ReleaseManifest>,
  place: { readonly registry: string; readonly platform: Platform },
): ReleasesRecord {
  const versions = [...manifests].toSorted((a, b) => compareVersions(b.version, a.version));
  return {
    name: file.name,
    owner: file.owner,
    bundles: [],
    versions: versions.map((manifest) => versionOf(file, manifest, place)),
  };
}

function versionOf(
  file: PluginFile,
  manifest: ReleaseManifest,
  { registry, platform }: { readonly registry: string; readonly platform: Platform },
): VersionRecord {
  const facts = signedFacts(manifest, file);
  const here = Object.entries(facts.dependencies).filter(
    ([, dependency]) => dependency.registry === undefined || dependency.registry === registry,
  );
  return {
    ...facts,
    version: manifest.version,
    // Only a lock file would be compared with it, and there is none.
    manifest: sha256(new Uint8Array()),
    bundle: 0,
    dependencies: Object.fromEntries(here),
    platforms: platform === ANY_PLATFORM ? [ANY_PLATFORM] : facts.platforms,
  };
}
