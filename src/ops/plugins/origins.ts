import { SheafError } from '../../core/errors.ts';
import type { LockedPlugin } from '../../core/formats/lockfile.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Choice, Requirement } from '../../core/resolution/resolve.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import { lookupOrder, type Rules } from './rules.ts';

/** Which registry a plugin comes from: what binds it there, and what was asked before. */

/** Where names are looked up. */
export interface Surroundings extends Pick<Rules, 'route'> {
  /** In the order of the configuration. */
  readonly registries: readonly OpenRegistry[];
}

/**
 * What is wanted, from the registry that it is bound to by a person, or by the lock file where nobody decides.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`, `SHEAF_POLICY` when the routes exclude the registry.
 */
export function bound(
  requirement: Requirement,
  held: LockedPlugin | undefined,
  { registries, route }: Surroundings,
): Requirement {
  const { name, registry } = requirement;
  const routed = route(name);
  if (registry !== undefined) {
    requireOpen(registries, name, registry);
    if (routed?.includes(registry) !== false) return requirement;
    throw new SheafError(
      'SHEAF_POLICY',
      `${name} is wanted from registry ${registry}, but the routes have it come from ${routed.join(' or ') || 'nowhere'}.`,
      { hint: 'Change the route in config.toml, or do not name that registry.' },
    );
  }
  // Also fails here where a route leads to a registry that is not configured.
  lookupOrder(name, registries, route);
  if (held === undefined || routed?.includes(held.registry) === false) return requirement;
  return { ...requirement, registry: held.registry };
}

/** A choice with the registries that were asked for it in vain; what the lock file says of them stays. */
export function withAbsences(
  choice: Choice,
  wanted: readonly Requirement[],
  locked: ReadonlyMap<PluginName, LockedPlugin>,
  { registries, route }: Surroundings,
): Choice {
  const { name, registry } = choice;
  const held = locked.get(name);
  if (held?.registry === registry) return held.absentIn ? { ...choice, absentIn: held.absentIn } : choice;
  if (!wanted.some((one) => one.name === name && one.registry === undefined)) return choice;
  const ids = lookupOrder(name, registries, route).map(({ id }) => id);
  return { ...choice, absentIn: ids.slice(0, ids.indexOf(registry)) };
}

/**
 * A dependency comes from the registry of the plugin that needs it, or from the one that it names: what resolution
 * sees to, an edited lock file must not get around (dependency confusion).
 *
 * @throws SheafError `SHEAF_LOCK_INVALID`.
 */
export function requireOrigins(choices: readonly Choice[]): void {
  const origins = new Map(choices.map(({ name, registry }) => [name, registry]));
  for (const { name, registry, version } of choices) {
    for (const [needed, dependency] of Object.entries(version.dependencies)) {
      const [origin, due] = [origins.get(needed as PluginName), dependency.registry ?? registry];
      if (origin === undefined || origin === due) continue;
      throw new SheafError(
        'SHEAF_LOCK_INVALID',
        `sheaf.lock has ${needed} from registry ${origin}, but ${name} needs the one of registry ${due}.`,
        { hint: `Restore sheaf.lock from version control, or run: sheaf update ${needed}.` },
      );
    }
  }
}

/**
 * The registry of an id.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY` when it is not configured.
 */
export function requireOpen(registries: readonly OpenRegistry[], name: PluginName, id: string): OpenRegistry {
  const registry = registries.find((one) => one.id === id);
  if (registry !== undefined) return registry;
  throw new SheafError(
    'SHEAF_UNKNOWN_REGISTRY',
    `${name} is wanted from registry ${id}, which is not configured.`,
    { hint: 'Add it with: sheaf registry add URL.' },
  );
}
