import type { Platform } from './platform.ts';
import { matchPlatform } from './platform.ts';
import type { ReleasesRecord, VersionRecord } from './records.ts';
import { compareVersions, isPrerelease, satisfies, type Version, type VersionRange } from './version.ts';

/** What decides whether a version may be chosen at all, apart from the ranges that others ask for. */
export interface Surroundings {
  readonly engines: Readonly<Record<string, Version>>;
  readonly platform: Platform;
  readonly prereleases: boolean;
}

/** How the lock file bears on one plugin. */
export interface Held {
  readonly locked: Version | undefined;
  /** Whether the locked version should give way to the newest. */
  readonly update: boolean;
}

/**
 * The versions in the order in which they are tried: the locked one, then the others from the newest, then
 * the deprecated ones from the newest. A locked version that was yanked and should be updated comes last of
 * all: leaving a plugin where it is beats failing.
 */
export function inOrderOfPreference(record: ReleasesRecord, held: Held): readonly VersionRecord[] {
  const rank = (candidate: VersionRecord): number => {
    const isLocked = candidate.version === held.locked;
    if (isLocked && !held.update) return 0;
    if (candidate.yanked !== undefined) return 3;
    return candidate.deprecated === undefined ? 1 : 2;
  };
  return record.versions.toSorted((a, b) => rank(a) - rank(b) || compareVersions(b.version, a.version));
}

/**
 * Why a version can never be chosen here, as the end of a sentence that begins with its name; undefined when
 * it can. An engine that the host does not state is not enforced.
 */
export function excludedBecause(
  candidate: VersionRecord,
  held: Held,
  { engines, platform }: Surroundings,
): string | undefined {
  if (candidate.yanked !== undefined && candidate.version !== held.locked) return 'was yanked';
  for (const [engine, range] of Object.entries(candidate.engines)) {
    const present = Object.hasOwn(engines, engine) ? engines[engine] : undefined;
    // The engine is there, not chosen: a pre-release of the host lies in the range of its version.
    if (present !== undefined && !satisfies(present, range, { prereleases: true })) {
      return `needs ${engine} ${range} where ${present} is present`;
    }
  }
  if (matchPlatform(candidate.platforms, platform) === undefined) return `has no artifact for ${platform}`;
  return undefined;
}

/**
 * Whether a version lies in a range that somebody asks for. A locked pre-release was admitted when it was
 * locked, so it stays.
 */
export function fits(
  candidate: VersionRecord,
  range: VersionRange,
  held: Held,
  { prereleases }: Surroundings,
): boolean {
  const isKept = candidate.version === held.locked && !held.update;
  return satisfies(candidate.version, range, { prereleases: prereleases || isKept });
}

/** Whether a version would lie in the range if pre-releases were admitted. */
export function isMissedPrerelease(candidate: VersionRecord, range: VersionRange): boolean {
  return isPrerelease(candidate.version) && satisfies(candidate.version, range, { prereleases: true });
}
