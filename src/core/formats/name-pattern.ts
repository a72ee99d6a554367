import type { PluginName } from '../plugin-name.ts';

/**
 * Names of plugins as people list them: a name, or its beginning and a star. No regular expressions: nothing that
 * comes from a file is ever run as one, and of two beginnings the longer one is plainly the more special.
 */
export type NamePattern = string;

/** A {@link NamePattern}, after the id of a registry and a slash where only that registry is meant. */
export type PluginPattern = string;

/** Whether a name is one that the pattern means. */
export function matchesName(pattern: NamePattern, name: PluginName): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Whether a plugin of a registry is one that the pattern means. */
export function matchesPlugin(
  pattern: PluginPattern,
  plugin: { readonly registry: string; readonly name: PluginName },
): boolean {
  const slash = pattern.indexOf('/');
  if (slash !== -1 && pattern.slice(0, slash) !== plugin.registry) return false;
  return matchesName(pattern.slice(slash + 1), plugin.name);
}

/** The most special of the patterns that mean a name: the name itself, or the longest beginning. */
export function closestPattern(patterns: readonly NamePattern[], name: PluginName): NamePattern | undefined {
  const matching = patterns.filter((pattern) => matchesName(pattern, name));
  // A name is longer than every beginning of it, but not than the whole name with a star.
  const [closest] = matching.toSorted(
    (a, b) => Number(b === name) - Number(a === name) || b.length - a.length,
  );
  return closest;
}
