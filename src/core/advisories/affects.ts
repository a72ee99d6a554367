import {
  type Advisory,
  type AffectedPackage,
  PLUGIN_ECOSYSTEM,
  type RangeEvent,
} from '../formats/advisory.ts';
import type { PluginName } from '../plugin-name.ts';
import { compareVersions, isPrerelease, type Version } from '../version.ts';

/** One release of one plugin of one registry. */
export interface ReleaseName {
  /** Id of the registry. */
  readonly registry: string;
  readonly name: PluginName;
  readonly version: Version;
}

/**
 * Whether an advisory is about this release: it is listed, or lies in one of the ranges (OSV 1.7 "Evaluation").
 * A withdrawn advisory is about nothing.
 */
export function affects(advisory: Advisory, release: ReleaseName): boolean {
  return (
    advisory.withdrawn === undefined &&
    advisory.affected.some((entry) => isPlugin(entry, release) && includesVersion(entry, release.version))
  );
}

/** The advisories that are about this release, in the order given. */
export function advisoriesAffecting(
  advisories: readonly Advisory[],
  release: ReleaseName,
): readonly Advisory[] {
  return advisories.filter((advisory) => affects(advisory, release));
}

/** Whether an entry is about this plugin, whatever the version. */
export function isPlugin(
  { package: { ecosystem, name } }: AffectedPackage,
  plugin: Pick<ReleaseName, 'registry' | 'name'>,
): boolean {
  return ecosystem === `${PLUGIN_ECOSYSTEM}${plugin.registry}` && name === plugin.name;
}

/** Whether a version is among those that an entry lists or whose ranges it lies in. */
export function includesVersion(
  { versions = [], ranges = [] }: Pick<AffectedPackage, 'versions' | 'ranges'>,
  version: Version,
): boolean {
  return versions.includes(version) || ranges.some(({ events }) => inRange(version, events));
}

/**
 * Whether an advisory says that what it is about does harm on purpose: it says so itself, or it is listed, under
 * its own id or another, in the database of malicious packages (ossf/malicious-packages, prefix `MAL-`).
 */
export function isMalware({ id, aliases = [], database_specific: own }: Advisory): boolean {
  return own?.malware === true || [id, ...aliases].some((one) => one.startsWith('MAL-'));
}

/**
 * The version to move to from `current`: the lowest one above it that is safe, or else the highest one below;
 * pre-releases only when nothing else is left. Undefined when none is safe.
 */
export function remedyFor(
  current: Version,
  versions: readonly Version[],
  isSafe: (version: Version) => boolean,
): Version | undefined {
  const safe = versions.filter((version) => version !== current && isSafe(version)).toSorted(compareVersions);
  const nearest = (among: readonly Version[]): Version | undefined =>
    among.find((version) => compareVersions(version, current) > 0) ?? among.at(-1);
  return nearest(safe.filter((version) => !isPrerelease(version))) ?? nearest(safe);
}

function inRange(version: Version, events: readonly RangeEvent[]): boolean {
  const limits = events.flatMap(({ limit }) => limit ?? []);
  if (limits.length > 0 && limits.every((limit) => compareVersions(version, limit) >= 0)) return false;
  let affected = false;
  for (const { introduced, fixed, last_affected: last } of events) {
    if (introduced !== undefined && isAtLeast(version, introduced)) affected = true;
    if (fixed !== undefined && compareVersions(version, fixed) >= 0) affected = false;
    if (last !== undefined && compareVersions(version, last) > 0) affected = false;
  }
  return affected;
}

function isAtLeast(version: Version, bound: Version | '0'): boolean {
  return bound === '0' || compareVersions(version, bound) >= 0;
}
