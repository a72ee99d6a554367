import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { ReleasesRecord, VersionRecord } from './records.ts';
import { type Decision, Search } from './search-versions.ts';
import type { Version, VersionRange } from './version.ts';

/** Something asked for: by sheaf.toml, or on the command line. */
export interface Requirement {
  readonly name: PluginName;
  readonly range: VersionRange;
  /** Registry id; undefined means any configured registry, in order. */
  readonly registry?: string;
  /** Whether everything else is resolved without it where no version of it fits. */
  readonly optional?: boolean;
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

/**
 * Chooses one version of every plugin that is needed, or says why none can be chosen.
 *
 * The search is complete: it finds a set whenever there is one, whatever the dependencies, cycles included.
 * Of several sets it takes the one in which the wanted plugins, in the order of their names, are locked where
 * they may stay, else the newest possible; then their dependencies likewise. An optional plugin is taken
 * where that leaves the rest possible, and its range holds for everybody as soon as it is there.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION` or `SHEAF_RESOLUTION`; its
 *   `details.reasons` lists every reason as a sentence.
 */
export async function resolve(problem: ResolutionProblem): Promise<Resolution> {
  const decisions = await new Search(problem).run();
  const present = decisions.filter((decision) => decision.version !== undefined);
  const choices = present.map((decision): Choice => {
    const { name, offer, version } = decision;
    return {
      name,
      registry: offer.registry,
      record: offer.record,
      version,
      requiredBy: requirersOf(name, problem, present),
    };
  });
  return { choices: choices.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

function requirersOf(
  name: PluginName,
  problem: ResolutionProblem,
  present: readonly Extract<Decision, { version: VersionRecord }>[],
): readonly string[] {
  const requirers = present.filter(
    (other) => other.name !== name && Object.hasOwn(other.version.dependencies, name),
  );
  const isWanted = problem.wanted.some((requirement) => requirement.name === name);
  return [...(isWanted ? [''] : []), ...requirers.map((other) => other.name).toSorted()];
}
