import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { ReleasesRecord, VersionRecord } from './records.ts';
import type { Version, VersionRange } from './version.ts';

/** Something asked for: by sheaf.toml, or on the command line. */
export interface Requirement {
  readonly name: PluginName;
  readonly range: VersionRange;
  /** Registry id; undefined means any configured registry, in order. */
  readonly registry?: string;
}

/** A plugin as one registry offers it. */
export interface Offer {
  readonly registry: string;
  readonly record: ReleasesRecord;
}

/** What resolution may look at; all of it verified before. */
export interface ResolutionProblem {
  readonly wanted: readonly Requirement[];
  /** What the lock file holds: kept where it still satisfies, yanked or not. */
  readonly locked: ReadonlyMap<PluginName, Version>;
  /** Locked plugins that should move to the newest; `all` for a bare `update`. */
  readonly update: ReadonlySet<PluginName> | 'all';
  readonly engines: Readonly<Record<string, Version>>;
  readonly platform: Platform;
  readonly prereleases: boolean;
  /** Looks a plugin up; `registry` undefined means: the configured registries in order. */
  readonly offer: (name: PluginName, registry: string | undefined) => Promise<Offer | undefined>;
}

/** One chosen version. */
export interface Choice {
  readonly name: PluginName;
  readonly registry: string;
  readonly record: ReleasesRecord;
  readonly version: VersionRecord;
  /** Who asked for it: `sheaf.toml` is the empty string. Sorted. */
  readonly requiredBy: readonly string[];
}

/** One version for every plugin that is needed, sorted by name. */
export interface Resolution {
  readonly choices: readonly Choice[];
}
