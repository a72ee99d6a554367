import type { VersionRange } from '../../version.ts';
import type { Misfit } from '../host-fit.ts';
import type { Requirement } from '../resolve.ts';
import { type HostPackage, type Incompatibility, incompatibility, resolvent } from './incompatibility.ts';
import type { Candidate, Plugin } from './plugin.ts';
import type { SharedDependency } from './shared-dependencies.ts';
import { ABSENT, NOTHING, setOf, type VersionSet } from './version-set.ts';

/** Something that the problem itself states: a leaf of every explanation. */
export type Fact = Wanted | Dependency | Exclusion | Need | Present;

/** What somebody asks for of a plugin, as far as the registry has it. */
export interface Asked {
  readonly plugin: Plugin;
  readonly range: VersionRange;
  /** Undefined when no configured registry has the plugin and none was named. */
  readonly registry: string | undefined;
  /** Whether the plugin need not be there; the range holds if it is. */
  readonly optional: boolean;
  /** The versions that do. */
  readonly fitting: VersionSet;
  /** Why none does. */
  readonly lacking?: 'plugin' | 'version';
  /** The only registries in which a plugin that is lacking was to be looked up. */
  readonly routed?: readonly string[];
}

/** sheaf.toml or the command line asks for a plugin. */
export interface Wanted {
  readonly kind: 'wanted';
  readonly requirement: Requirement;
  readonly asked: Asked;
}

/** Versions of one plugin ask for another. */
export interface Dependency {
  readonly kind: 'dependency';
  readonly plugin: Plugin;
  readonly versions: VersionSet;
  readonly asked: Asked;
}

/** Versions that must not be chosen. */
export interface Exclusion {
  readonly kind: 'yanked' | 'excluded';
  readonly plugin: Plugin;
  readonly versions: VersionSet;
  /** The end of a sentence whose subject is one version. */
  readonly reason: string;
}

/** Versions that need something else of the host than what is present. */
export interface Need {
  readonly kind: 'need';
  readonly plugin: Plugin;
  readonly versions: VersionSet;
  readonly host: HostPackage;
  /** A range of versions of an engine, or the platforms that artifacts exist for. */
  readonly demand: string;
}

/** What the host has. */
export interface Present {
  readonly kind: 'present';
  readonly host: HostPackage;
}

/** Whether a plugin is only lacking because a route leads away from the registry it is asked of. */
export function isRoutedAway({ registry, routed }: Asked): boolean {
  return registry !== undefined && routed?.includes(registry) === false;
}

/** Whether a fact is more than a demand for something that exists. */
export function isObstacle(fact: Fact): boolean {
  if (fact.kind === 'wanted' || fact.kind === 'dependency') return fact.asked.lacking !== undefined;
  return fact.kind !== 'present';
}

/** "Something that does not fit is installed" cannot be, where something is wanted. */
export function wantedFact(requirement: Requirement, asked: Asked): Incompatibility | undefined {
  const unfit = { package: asked.plugin, set: unfitting(asked) };
  return incompatibility([unfit], { kind: 'wanted', requirement, asked });
}

/** The versions that depend, and something that does not fit them, cannot be together. */
export function dependencyFact(
  { dependent: { plugin }, versions }: SharedDependency,
  asked: Asked,
): Incompatibility | undefined {
  const terms = [
    { package: plugin, set: versions },
    { package: asked.plugin, set: unfitting(asked) },
  ];
  return incompatibility(terms, { kind: 'dependency', plugin, versions, asked });
}

/** These candidates of one plugin cannot be chosen, for one reason. */
export function exclusionFact(
  kind: Exclusion['kind'],
  candidates: readonly [Candidate, ...Candidate[]],
  reason: string,
): Incompatibility {
  const [{ plugin }] = candidates;
  const versions = setOf(candidates.map(({ position }) => position));
  return { terms: [{ package: plugin, set: versions }], cause: { kind, plugin, versions, reason } };
}

/** These candidates of one plugin cannot be chosen, because the host has something else than what they need. */
export function unmetNeed(
  candidates: readonly [Candidate, ...Candidate[]],
  { kind, name, demand, present: existing }: Misfit,
): Incompatibility {
  const host: HostPackage = { kind, name, present: existing };
  const [{ plugin }] = candidates;
  const versions = setOf(candidates.map(({ position }) => position));
  const unfit = ABSENT | PRESENT;
  const need: Incompatibility = {
    terms: [
      { package: plugin, set: versions },
      { package: host, set: unfit },
    ],
    cause: { kind: 'need', plugin, versions, host, demand },
  };
  const present: Incompatibility = {
    terms: [{ package: host, set: ~PRESENT }],
    cause: { kind: 'present', host },
  };
  // The host never changes, so both are joined here: an explanation has them side by side.
  return resolvent(need, present, host);
}

/** The one candidate of a host package. */
const PRESENT: VersionSet = setOf([1]);

/** All states in which what is asked for is not met. */
function unfitting({ fitting, optional }: Asked): VersionSet {
  return ~(fitting | (optional ? ABSENT : NOTHING));
}
