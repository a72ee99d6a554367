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
