import semver from 'semver';

declare const versionBrand: unique symbol;
declare const rangeBrand: unique symbol;

/** A checked version: strict SemVer 2.0.0 without build metadata and without a leading `v`. */
export type Version = string & { readonly [versionBrand]: true };

/** A checked version range in npm's grammar, at most 256 characters: `^1.2.0`, `>=0.3.0 <2`, `*`. */
export type VersionRange = string & { readonly [rangeBrand]: true };

const MAX_RANGE_LENGTH = 256;

// Nearly all versions are three small numbers, and these need no further look.
const PLAIN = /^(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14})$/;

/** Whether the text is a version. */
export function isVersion(text: unknown): text is Version {
  if (typeof text !== 'string') return false;
  return PLAIN.test(text) || (!text.includes('+') && semver.valid(text) === text);
}

/** Whether the text is a version range. */
export function isVersionRange(text: unknown): text is VersionRange {
  return typeof text === 'string' && text.length <= MAX_RANGE_LENGTH && semver.validRange(text) !== null;
}

/** Orders versions by SemVer precedence, oldest first; a total order, because build metadata is not allowed. */
export function compareVersions(a: Version, b: Version): number {
  return semver.compare(a, b);
}

/** Whether the version has a pre-release part: `2.0.0-beta.1`. */
export function isPrerelease(version: Version): boolean {
  return semver.prerelease(version) !== null;
}

/**
 * The versions that a version is meant to be compatible with: `1` for 1.4.2, `0.3` for 0.3.1 (semver.org, clause 4,
 * as npm's caret reads it).
 */
export function releaseLine(version: Version): string {
  const { major, minor } = new semver.SemVer(version);
  return major === 0 ? `0.${minor}` : String(major);
}

/**
 * Whether the version lies in the range. A pre-release lies in a range only when the range itself names a
 * pre-release of the same version, or when `prereleases` asks for all of them (npm's rule).
 */
export function satisfies(
  version: Version,
  range: VersionRange,
  options: { prereleases?: boolean } = {},
): boolean {
  return semver.satisfies(version, range, { includePrerelease: options.prereleases ?? false });
}

/** Whether two ranges have a version in common. One that cannot be read could be any, so it has. */
export function rangesOverlap(a: string, b: string): boolean {
  if (!isVersionRange(a) || !isVersionRange(b)) return true;
  return semver.intersects(a, b, { includePrerelease: true });
}

/** A version that was read once, for many comparisons. */
export type ParsedVersion = semver.SemVer;

/** Reads a version for {@link rangeTest}. */
export function parseVersion(version: Version): ParsedVersion {
  return new semver.SemVer(version);
}

/** {@link satisfies} for many versions: the range is read only once, and so is each of them. */
export function rangeTest(
  range: VersionRange,
  options: { prereleases?: boolean } = {},
): (version: ParsedVersion) => boolean {
  const parsed = new semver.Range(range, { includePrerelease: options.prereleases ?? false });
  return (version) => parsed.test(version);
}

/**
 * Concrete versions at the ends of a range, in no order: each that it names, for an excluded upper bound the first
 * version of the line below it, and 0.0.0. Not all of them lie in the range.
 */
export function namedVersions(range: VersionRange): readonly Version[] {
  const comparators = new semver.Range(range).set.flat();
  const found = new Set(['0.0.0']);
  for (const { operator, semver: bound } of comparators) {
    // The comparator that admits everything names no version.
    if (!(bound instanceof semver.SemVer)) continue;
    const { major, minor, patch } = bound;
    if (operator === '<') found.add(versionBelow(major, minor, patch));
    else if (operator === '>') found.add(`${major}.${minor}.${patch + 1}`);
    else found.add(bound.version);
  }
  return [...found].filter(isVersion);
}

function versionBelow(major: number, minor: number, patch: number): string {
  if (patch > 0) return `${major}.${minor}.${patch - 1}`;
  if (minor > 0) return `${major}.${minor - 1}.0`;
  return `${Math.max(0, major - 1)}.0.0`;
}
