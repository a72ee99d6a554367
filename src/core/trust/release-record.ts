import type { Manifest } from '../formats/manifest.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { VersionRecord } from '../index/records.ts';

/** The part of a version's record that its owner has signed, in the manifest or in plugin.toml. */
export type SignedFacts = Pick<
  VersionRecord,
  'tier' | 'capabilities' | 'platforms' | 'engines' | 'dependencies' | 'yanked' | 'deprecated'
>;

const FACTS: readonly (keyof SignedFacts)[] = [
  'tier',
  'capabilities',
  'platforms',
  'engines',
  'dependencies',
  'yanked',
  'deprecated',
];

/** What the record of a version must say, by the files that its owner signed. */
export function signedFacts(manifest: Manifest, plugin: PluginFile): SignedFacts {
  const { version, security, artifacts, engines, dependencies } = manifest;
  const yanked = plugin.yanked[version];
  const deprecated = plugin.deprecatedVersions[version];
  return {
    tier: security.tier,
    capabilities: security.capabilities,
    platforms: [...new Set(artifacts.map((artifact) => artifact.platform))].toSorted(),
    engines,
    dependencies,
    ...(yanked === undefined ? {} : { yanked }),
    ...(deprecated === undefined ? {} : { deprecated }),
  };
}

/**
 * The first fact in which a record differs from the signed files; undefined when there is none. Resolution has
 * used the record: one that differs may have been chosen for it, so it is refused whichever way it differs.
 */
export function differenceFrom(
  record: VersionRecord,
  manifest: Manifest,
  plugin: PluginFile,
): keyof SignedFacts | undefined {
  const signed = signedFacts(manifest, plugin);
  return FACTS.find((fact) => canonical(record[fact]) !== canonical(signed[fact]));
}

/** JSON with the keys of every object in order, so that equal values are equal texts. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
