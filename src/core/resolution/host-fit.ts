import type { VersionRecord } from '../index/records.ts';
import { matchPlatform, type Platform } from '../platform.ts';
import { satisfies, type Version, type VersionRange } from '../version.ts';

/** What plugins make demands on and cannot change. */
export interface Host {
  readonly engines: Readonly<Record<string, Version>>;
  readonly platform: Platform;
}

/** A demand that the host does not meet. */
export interface Misfit {
  readonly kind: 'engine' | 'platform';
  /** Of the engine; "platform" otherwise. */
  readonly name: string;
  /** A range of versions of the engine, or the platforms that artifacts exist for. */
  readonly demand: string;
  readonly present: string;
}

/**
 * Why a version cannot run on a host; undefined when it can. An engine that the host does not state is not
 * enforced. One that it states is there, not chosen: its pre-release lies in the range of its version.
 */
export function misfitOf(
  { engines, platforms }: Pick<VersionRecord, 'engines' | 'platforms'>,
  host: Host,
  fits: EngineTest = engineFits,
): Misfit | undefined {
  for (const [name, demand] of Object.entries(engines)) {
    const present = Object.hasOwn(host.engines, name) ? host.engines[name] : undefined;
    if (present !== undefined && !fits(present, demand)) return { kind: 'engine', name, demand, present };
  }
  if (matchPlatform(platforms, host.platform) !== undefined) return undefined;
  const demand = platforms.toSorted().join(' and ');
  return { kind: 'platform', name: 'platform', demand, present: host.platform };
}

/** Whether the present version of an engine lies in a range. */
export type EngineTest = (present: Version, range: VersionRange) => boolean;

/** An {@link EngineTest} that remembers: many versions of a plugin state the same range. */
export function rememberingEngineTest(): EngineTest {
  const known = new Map<string, boolean>();
  return (present, range) => {
    const key = `${present} ${range}`;
    const fit = known.get(key) ?? engineFits(present, range);
    known.set(key, fit);
    return fit;
  };
}

function engineFits(present: Version, range: VersionRange): boolean {
  return satisfies(present, range, { prereleases: true });
}
