import type { PluginName } from '../plugin-name.ts';
import type { Choice } from './resolve.ts';

/**
 * The shortest way from a plugin over what it needs back to itself, both ends included; undefined when there is none.
 * Resolution does not mind cycles, but hosts load what a plugin needs before the plugin.
 */
export function cycleThrough(
  name: PluginName,
  choices: readonly Pick<Choice, 'name' | 'version'>[],
): readonly PluginName[] | undefined {
  const needs = new Map(
    choices.map(({ name, version }) => [name, Object.keys(version.dependencies) as PluginName[]]),
  );
  const seen = new Set<PluginName>();
  const open: (readonly PluginName[])[] = [[name]];
  for (const way of open) {
    for (const next of needs.get(way.at(-1) ?? name) ?? []) {
      if (next === name) return [...way, next];
      if (seen.has(next) || !needs.has(next)) continue;
      seen.add(next);
      open.push([...way, next]);
    }
  }
  return undefined;
}
