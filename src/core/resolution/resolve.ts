import type { LockedPlugin } from '../formats/lockfile.ts';
import type { ReleasesRecord, VersionRecord } from '../index/records.ts';
import { LIMITS } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import { Budget } from './pubgrub/budget.ts';
import { Catalogue } from './pubgrub/catalogue.ts';
import type { Candidate } from './pubgrub/plugin.ts';
import { refusal } from './pubgrub/refusal.ts';
import { solve } from './pubgrub/solver.ts';

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

/** A release of the lock file; under another registry or with another manifest it is not the same. */
export type LockedRelease = Pick<LockedPlugin, 'registry' | 'version' | 'manifest'>;

/** What resolution may look at; all of it verified before. */
export interface ResolutionProblem {
  readonly wanted: readonly Requirement[];
  /** What the lock file holds: kept where it still satisfies, yanked or not. */
  readonly locked: ReadonlyMap<PluginName, LockedRelease>;
  /** Locked plugins that should move to the newest; `all` for a bare `update`. */
  readonly update: ReadonlySet<PluginName> | 'all';
  readonly engines: Readonly<Record<string, Version>>;
  readonly platform: Platform;
  readonly prereleases: boolean;
  /**
   * Why a version must not be chosen, as the end of a sentence that begins with its name: "is of the tier native,
   * which the policy does not admit". Undefined when it may be. Asked once for every version that is offered.
   */
  readonly excluded?: (offer: Offer, version: VersionRecord) => string | undefined;
  /** The only registries, by id, in which a name is looked up, whoever asks for it; undefined for any. */
  readonly routes?: (name: PluginName) => readonly string[] | undefined;
  /** Looks a plugin up; `registry` undefined means: the configured registries in order. */
  readonly offer: (name: PluginName, registry: string | undefined) => Promise<Offer | undefined>;
}

/** One chosen version. */
export interface Choice {
  readonly name: PluginName;
  readonly registry: string;
  readonly record: ReleasesRecord;
  readonly version: VersionRecord;
  /** Ids of the registries that come before this one and had no plugin of the name. */
  readonly absentIn?: readonly string[];
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
 * Of several sets it takes the one that changes the lock least: plugins stay at what is locked wherever they
 * can, the wanted ones first. Then the wanted plugins, in the order of their names, are the newest possible, and
 * then what they need. A deprecated version comes after all others. An optional plugin is taken where that leaves
 * the rest possible, and its range holds for everybody as soon as it is there.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION` or `SHEAF_RESOLUTION`; its
 *   `details.reasons` lists the steps of the explanation.
 */
export async function resolve(problem: ResolutionProblem): Promise<Resolution> {
  const catalogue = new Catalogue(problem, new Budget(LIMITS.resolutionSteps));
  const outcome = await solve(catalogue, problem.wanted);
  if (outcome.kind === 'failed') throw await refusal(outcome.failure, catalogue);
  const choices = outcome.decisions.map(
    ({ plugin: { name }, registry, record, version }): Choice => ({
      name,
      registry,
      record,
      version,
      requiredBy: requirersOf(name, problem, outcome.decisions),
    }),
  );
  return { choices: choices.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

function requirersOf(
  name: PluginName,
  { wanted }: ResolutionProblem,
  decisions: readonly Candidate[],
): readonly string[] {
  const requirers = decisions
    .filter(({ plugin, version }) => plugin.name !== name && Object.hasOwn(version.dependencies, name))
    .map(({ plugin }) => plugin.name);
  const isWanted = wanted.some((requirement) => requirement.name === name);
  return [...(isWanted ? [''] : []), ...requirers.toSorted()];
}
