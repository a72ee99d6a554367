import type { ReleasesRecord, VersionRecord } from '../../index/records.ts';
import type { PluginName } from '../../plugin-name.ts';
import {
  compareVersions,
  type ParsedVersion,
  parseVersion,
  rangeTest,
  type VersionRange,
} from '../../version.ts';
import type { LockedRelease, Offer } from '../resolve.ts';
import type { Budget } from './budget.ts';
import { ABSENT, firstOf, isSubset, NOTHING, setOf, type VersionSet } from './version-set.ts';

/** One version of a plugin in one registry. */
export interface Candidate {
  readonly plugin: Plugin;
  readonly registry: string;
  readonly record: ReleasesRecord;
  readonly version: VersionRecord;
  readonly parsed: ParsedVersion;
  /** Its bit in a {@link VersionSet}; 1 for the first. */
  readonly position: number;
}

/** How the lock file bears on a plugin, and whether every range admits pre-releases. */
export interface Hold {
  readonly locked: LockedRelease | undefined;
  /** Whether it stays at what is locked where it can; not so when it is to be updated. */
  readonly keeps: boolean;
  readonly prereleases: boolean;
}

/**
 * One plugin and the versions of it that are known so far. At most one of them is installed, whichever registry
 * it comes from, so that two registries under one name exclude each other without a further rule.
 */
export class Plugin {
  readonly kind = 'plugin';
  readonly name: PluginName;
  readonly #hold: Hold;
  readonly #budget: Budget;
  readonly #candidates: Candidate[] = [];
  readonly #byRegistry = new Map<string, readonly Candidate[]>();
  readonly #matches = new Map<string, VersionSet>();
  #keepable: VersionSet = NOTHING;

  constructor(name: PluginName, hold: Hold, budget: Budget) {
    this.name = name;
    this.#hold = hold;
    this.#budget = budget;
  }

  /** All that are known; the one at index n has the position n + 1. */
  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  /** Registries whose versions are known. */
  get registries(): readonly string[] {
    return [...this.#byRegistry.keys()];
  }

  /** What is locked and may stay, as a set of one or none. */
  get keepable(): VersionSet {
    return this.#keepable;
  }

  /** Takes up what a registry offers, the preferred version first. */
  admit({ registry, record }: Offer): readonly Candidate[] {
    const known = this.#byRegistry.get(registry);
    if (known !== undefined) return known;
    const offset = this.#candidates.length + 1;
    const admitted = this.#inOrderOfPreference(registry, record).map((version, index): Candidate => {
      const parsed = parseVersion(version.version);
      return { plugin: this, registry, record, version, parsed, position: offset + index };
    });
    this.#candidates.push(...admitted);
    this.#byRegistry.set(registry, admitted);
    const locked = admitted.find((candidate) => this.isLocked(candidate));
    if (locked !== undefined && this.#hold.keeps) this.#keepable = setOf([locked.position]);
    return admitted;
  }

  /**
   * The versions of one registry in a range, by npm's rule for pre-releases. A pre-release that is kept was
   * admitted when it was locked, so it lies in every range that holds its number.
   */
  matching(registry: string, range: VersionRange): VersionSet {
    const key = `${registry} ${range}`;
    const known = this.#matches.get(key);
    if (known !== undefined) return known;
    const { prereleases } = this.#hold;
    const set = this.#inRange(registry, range, prereleases);
    const kept = prereleases ? NOTHING : this.#inRange(registry, range, true) & this.#keepable;
    this.#matches.set(key, set | kept);
    return set | kept;
  }

  /** The newest pre-release of one registry that only the rule for pre-releases keeps out of a range. */
  missedPrerelease(registry: string, range: VersionRange): Candidate | undefined {
    return this.best(this.#inRange(registry, range, true) & ~this.matching(registry, range));
  }

  /** The candidate to be tried first; undefined when the finite set holds no version. */
  best(set: VersionSet): Candidate | undefined {
    const versions = set & ~ABSENT;
    if (versions === NOTHING) return undefined;
    const isKept = this.#keepable !== NOTHING && isSubset(this.#keepable, versions);
    return this.#candidates[firstOf(isKept ? this.#keepable : versions) - 1];
  }

  /** Whether this is the very release of the lock file: the same manifest from the same registry. */
  isLocked({ registry, version }: Pick<Candidate, 'registry' | 'version'>): boolean {
    const { locked } = this.#hold;
    if (locked === undefined || locked.registry !== registry) return false;
    return locked.version === version.version && locked.manifest === version.manifest;
  }

  #inRange(registry: string, range: VersionRange, prereleases: boolean): VersionSet {
    const isIn = rangeTest(range, { prereleases });
    const candidates = this.#byRegistry.get(registry) ?? [];
    // Comparing a version with a range costs several times what comparing two sets does.
    this.#budget.spend(4 * candidates.length);
    return setOf(candidates.filter(({ parsed }) => isIn(parsed)).map(({ position }) => position));
  }

  /**
   * The locked one where it stays, then from the newest, then the deprecated ones from the newest. A locked
   * version that was yanked and should be updated comes last: leaving a plugin where it is beats failing.
   */
  #inOrderOfPreference(registry: string, record: ReleasesRecord): readonly VersionRecord[] {
    const rank = (version: VersionRecord): number => {
      if (this.#hold.keeps && this.isLocked({ registry, version })) return 0;
      if (version.yanked !== undefined) return 3;
      return version.deprecated === undefined ? 1 : 2;
    };
    return record.versions.toSorted((a, b) => rank(a) - rank(b) || compareVersions(b.version, a.version));
  }
}
