import type { Lockfile } from '../formats/lockfile.ts';
import type { PluginName } from '../plugin-name.ts';
import { satisfies } from '../version.ts';
import type { Requirement } from './resolve.ts';

/**
 * Why a lock file is not the answer to what is wanted, as a sentence; undefined when it is: every requirement and
 * every dependency is locked in its range and from where it may come, and nothing is locked that nobody needs.
 *
 * @param routes the only registries in which a name is looked up.
 */
export function lockFault(
  wanted: readonly Requirement[],
  lock: Lockfile | undefined,
  routes: (name: PluginName) => readonly string[] | undefined = () => undefined,
): string | undefined {
  if (lock === undefined) return wanted.length === 0 ? undefined : 'There is no sheaf.lock yet.';
  const locked = new Map(lock.plugins.map((plugin) => [plugin.name, plugin]));
  const needed = new Set<PluginName>();
  const open = wanted.map((requirement) => ({ ...requirement, by: 'sheaf.toml' }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const plugin = locked.get(next.name);
    if (plugin === undefined) {
      if (next.optional === true) continue;
      return `${next.by} needs ${next.name}, which is not locked.`;
    }
    if (!satisfies(plugin.version, next.range, { prereleases: true })) {
      return `${next.by} needs ${next.name} ${next.range}, but ${plugin.version} is locked.`;
    }
    if (next.registry !== undefined && next.registry !== plugin.registry) {
      return `${next.by} wants ${next.name} from ${next.registry}, but it is locked from ${plugin.registry}.`;
    }
    if (routes(next.name)?.includes(plugin.registry) === false) {
      return `${next.name} is locked from ${plugin.registry}, but the routes have it come from elsewhere.`;
    }
    if (needed.has(next.name)) continue;
    needed.add(next.name);
    for (const [name, range] of Object.entries(plugin.dependencies)) {
      open.push({ name: name as PluginName, range, by: plugin.name });
    }
  }
  const extra = lock.plugins.find((plugin) => !needed.has(plugin.name));
  return extra === undefined ? undefined : `${extra.name} is locked, but nothing needs it any more.`;
}
