import type { PluginDependency } from '../../formats/manifest.ts';
import type { PluginName } from '../../plugin-name.ts';
import type { Candidate } from './plugin.ts';
import { setOf, type VersionSet } from './version-set.ts';

/** A dependency that several versions of one plugin in one registry state alike. */
export interface SharedDependency {
  /** Any one of those that state it. */
  readonly dependent: Candidate;
  /** All that do. */
  readonly versions: VersionSet;
  readonly name: PluginName;
  readonly dependency: PluginDependency;
}

/**
 * The dependencies of all versions of a plugin in one registry. Versions that depend on the same thing alike share
 * one statement: what is learned about one of them holds for all, and an explanation names them together.
 */
export function shareDependencies(
  siblings: readonly Candidate[],
): ReadonlyMap<Candidate, readonly SharedDependency[]> {
  const alike = new Map<
    string,
    { name: PluginName; dependency: PluginDependency; dependents: [Candidate, ...Candidate[]] }
  >();
  for (const candidate of siblings) {
    for (const [name, dependency] of dependenciesOf(candidate)) {
      const key = JSON.stringify([name, dependency.range, dependency.registry ?? '', dependency.optional]);
      const group = alike.get(key);
      if (group === undefined) alike.set(key, { name, dependency, dependents: [candidate] });
      else group.dependents.push(candidate);
    }
  }
  const shared = new Map<Candidate, SharedDependency[]>(siblings.map((candidate) => [candidate, []]));
  for (const { name, dependency, dependents } of alike.values()) {
    const versions = setOf(dependents.map(({ position }) => position));
    const statement: SharedDependency = { dependent: dependents[0], versions, name, dependency };
    for (const candidate of dependents) shared.get(candidate)?.push(statement);
  }
  return shared;
}

/** The dependencies of a candidate by name. */
export function dependenciesOf({ version }: Candidate): readonly (readonly [PluginName, PluginDependency])[] {
  return Object.entries(version.dependencies) as [PluginName, PluginDependency][];
}
