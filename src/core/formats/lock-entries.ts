import type { Sha256 } from '../digest.ts';
import { ANY_PLATFORM } from '../platform.ts';
import type { LockedLocal, LockedPlugin, Lockfile } from './lockfile.ts';
import type { Artifact } from './manifest.ts';

/** What every plugin of a set has, whether a registry or a folder of this machine brought it. */
export interface LockedEntry
  extends Pick<LockedPlugin, 'name' | 'version' | 'tier' | 'capabilities' | 'dependencies'> {
  /** Id of its registry; `path:` and where it lies for a local one, which no id can look like. */
  readonly registry: string;
  /** Digest that identifies its content: of the signed manifest, or of what was unpacked. */
  readonly manifest: Sha256;
  /** Whether its owner signed it. */
  readonly verified: boolean;
}

// No id of a registry has a colon.
const LOCAL_ORIGIN = 'path:';

/** Whether what stands in place of a registry's id is where a local plugin lies. */
export function isLocalOrigin(registry: string): boolean {
  return registry.startsWith(LOCAL_ORIGIN);
}

/** Every plugin of a set, by name. */
export function entriesOf(lock: Lockfile | undefined): readonly LockedEntry[] {
  if (lock === undefined) return [];
  const signed = lock.plugins.map((plugin): LockedEntry => ({ ...plugin, verified: true }));
  const entries = [...signed, ...(lock.local ?? []).map(localEntry)];
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** A local plugin as an entry. */
export function localEntry(local: LockedLocal): LockedEntry {
  const { name, version, tier, capabilities, dependencies, path, sha256 } = local;
  const registry = `${LOCAL_ORIGIN}${path}`;
  return { name, version, tier, capabilities, dependencies, registry, manifest: sha256, verified: false };
}

/** What is unpacked of a local plugin, in the form of the artifact of a release. */
export function localArtifact({ kind, path, sha256, size, entry }: LockedLocal): Artifact {
  return {
    kind,
    platform: ANY_PLATFORM,
    url: path,
    sha256,
    size,
    ...(entry === undefined ? {} : { entry }),
  };
}
