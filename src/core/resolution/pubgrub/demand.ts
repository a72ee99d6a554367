import type { PluginName } from '../../plugin-name.ts';
import type { VersionRange } from '../../version.ts';
import type { Requirement } from '../resolve.ts';
import type { Catalogue, Shelf } from './catalogue.ts';
import { type Asked, dependencyFact, wantedFact } from './fact.ts';
import type { Incompatibility } from './incompatibility.ts';
import type { Candidate } from './plugin.ts';
import type { SharedDependency } from './shared-dependencies.ts';
import { NOTHING, type VersionSet } from './version-set.ts';

/** Everything that has to be known before an asked plugin can be decided on. */
export interface Demand {
  /** Undefined when it says nothing. */
  readonly fact: Incompatibility | undefined;
  /** Where the versions that fit come from. */
  readonly shelves: readonly Shelf[];
}

/** What it means that a plugin is wanted. An optional one that no registry has is not asked for at all. */
export async function demandOf(requirement: Requirement, catalogue: Catalogue): Promise<Demand> {
  const { name, registry, range, optional = false } = requirement;
  const shelf = await catalogue.shelf(name, registry);
  if (shelf === undefined && optional) return { fact: undefined, shelves: [] };
  // Where no registry is named, what is locked may stay where it came from.
  const origin = registry === undefined ? catalogue.problem.locked.get(name)?.registry : undefined;
  const lockedShelf = origin === undefined ? undefined : await catalogue.shelf(name, origin);
  const kept = lockedShelf?.plugin.matching(lockedShelf.registry, range) ?? NOTHING;
  const shelves = [shelf, lockedShelf].filter((one) => one !== undefined);
  const plugin = catalogue.plugin(name);
  const also = kept & plugin.keepable;
  const asked = ask({ catalogue, name, registry: shelf?.registry ?? registry, range, optional }, shelf, also);
  return { fact: wantedFact(requirement, asked), shelves };
}

/** What the dependencies of a candidate demand of it, and of all other versions that state the same ones. */
export async function demandsOf(
  candidate: Candidate,
  shared: readonly SharedDependency[],
  catalogue: Catalogue,
): Promise<readonly Demand[]> {
  catalogue.anticipateDependencies(candidate);
  const demands: Demand[] = [];
  // One after the other: the order in which registries are first seen decides the positions of versions.
  for (const one of shared) {
    const { name, dependency } = one;
    const { range, registry = candidate.registry, optional } = dependency;
    const shelf = await catalogue.shelf(name, registry);
    const asked = ask({ catalogue, name, registry, range, optional }, shelf, NOTHING);
    demands.push({ fact: dependencyFact(one, asked), shelves: shelf === undefined ? [] : [shelf] });
  }
  return demands;
}

interface Wish {
  readonly catalogue: Catalogue;
  readonly name: PluginName;
  readonly registry: string | undefined;
  readonly range: VersionRange;
  readonly optional: boolean;
}

function ask({ catalogue, name, ...wish }: Wish, shelf: Shelf | undefined, also: VersionSet): Asked {
  const plugin = catalogue.plugin(name);
  const routed = shelf === undefined ? catalogue.problem.routes?.(name) : undefined;
  const fitting = also | (shelf === undefined ? NOTHING : plugin.matching(shelf.registry, wish.range));
  return {
    plugin,
    ...wish,
    fitting,
    ...(fitting === NOTHING ? { lacking: shelf === undefined ? 'plugin' : 'version' } : {}),
    ...(routed === undefined ? {} : { routed }),
  };
}
