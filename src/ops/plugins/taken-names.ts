import { SheafError } from '../../core/errors.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Choice, Requirement } from '../../core/resolution/resolve.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import { lookupOrder, type Rules } from './rules.ts';

/** A set, and where its names would be looked up today. */
export interface ChosenNames {
  readonly choices: readonly Choice[];
  readonly wanted: readonly Requirement[];
  /** In the order of the configuration. */
  readonly registries: readonly OpenRegistry[];
  readonly route: Rules['route'];
}

/**
 * Warns of plugins whose names a registry that comes earlier has by now, too. Whoever publishes there under a name
 * that is in use elsewhere may mean to take its place (dependency confusion); so it stays where it is locked, and a
 * person decides. Names that sheaf.toml binds to a registry are decided already, those of dependencies are bound by
 * who needs them.
 */
export async function warnOfTakenNames(
  { reporter }: Pick<ClientPorts, 'reporter'>,
  { choices, wanted, registries, route }: ChosenNames,
): Promise<void> {
  for (const { name, registry: id } of choices) {
    if (!wanted.some((one) => one.name === name && one.registry === undefined)) continue;
    const order = lookupOrder(name, registries, route);
    const own = order.findIndex((registry) => registry.id === id);
    for (const earlier of order.slice(0, Math.max(own, 0))) {
      if (!(await hasPlugin(earlier, name))) continue;
      const { alias } = order[own] ?? { alias: id };
      reporter.warn(
        `Registry ${earlier.alias} has a plugin ${name}, too; it stays with ${alias}. Decide with: sheaf install ${alias}/${name} or ${earlier.alias}/${name}.`,
      );
    }
  }
}

/** A warning is a courtesy: what is not in the cache and cannot be fetched now must not stop an installation. */
async function hasPlugin(registry: OpenRegistry, name: PluginName): Promise<boolean> {
  try {
    return (await registry.releases(name)) !== undefined;
  } catch (error) {
    if (error instanceof SheafError && UNREACHED.has(error.code)) return false;
    throw error;
  }
}

const UNREACHED: ReadonlySet<string> = new Set(['SHEAF_NETWORK', 'SHEAF_OFFLINE']);
