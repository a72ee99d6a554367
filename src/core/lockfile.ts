import type { Sha256 } from './digest.ts';
import type { Tier } from './manifest.ts';
import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { Version, VersionRange } from './version.ts';

/** What was resolved: `sheaf.lock`, TOML in a stable order that merges line by line. */
export interface Lockfile {
  readonly registries: readonly LockedRegistry[];
  /** Sorted by name. */
  readonly plugins: readonly LockedPlugin[];
}

/** The registry state of the last resolution: a floor for this project, never for the machine. */
export interface LockedRegistry {
  readonly id: string;
  readonly url: string;
  readonly root: { readonly version: number; readonly sha256: Sha256 };
  readonly checkpoint: { readonly epoch: number; readonly version: number; readonly sha256: Sha256 };
}

/** One plugin exactly as it will be installed on every platform. */
export interface LockedPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly registry: string;
  /** Digest of the manifest's bytes. */
  readonly manifest: Sha256;
  /** Version of the owner file and fingerprint (`SHA256:…`) of the key that signed the release. */
  readonly owner: { readonly name: string; readonly version: number; readonly key: string };
  readonly tier: Tier;
  /** Capabilities this project agreed to; a lock caps what may be granted, it never grants. */
  readonly capabilities: readonly string[];
  readonly dependencies: Readonly<Record<PluginName, VersionRange>>;
  readonly platforms: Readonly<
    Record<Platform, { readonly url: string; readonly sha256: Sha256; readonly size?: number }>
  >;
}
