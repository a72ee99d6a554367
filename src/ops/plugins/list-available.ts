import { entriesOf } from '../../core/formats/lock-entries.ts';
import { allNames } from '../../core/index/names.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Version } from '../../core/version.ts';
import { openRegistries } from '../registries/open-registry.ts';
import { readProject } from './project-view.ts';

/** A plugin that a configured registry has. */
export interface AvailablePlugin {
  readonly name: PluginName;
  /** Alias of the registry. */
  readonly registry: string;
  /** The version of it that is installed in this project. */
  readonly installed?: Version;
}

/**
 * The names of all plugins of all configured registries, by name and then in the order of the registries, as
 * they were when they were last synchronised.
 *
 * @throws SheafError as `openRegistry`.
 */
export async function listAvailable(ports: ClientPorts): Promise<readonly AvailablePlugin[]> {
  // Looking is no installing: what was known yesterday may still be shown when the network is away.
  const registries = await openRegistries(ports, [], { allowStale: ports.offline });
  const installed = entriesOf((await readProject(ports)).installed);
  const lists = await Promise.all(
    registries.map(async ({ alias, id, head, fetchObject }) => {
      const here = new Map(
        installed.filter(({ registry }) => registry === id).map(({ name, version }) => [name, version]),
      );
      const names = await allNames(head, fetchObject);
      return names.map((name): AvailablePlugin => {
        const version = here.get(name);
        return { name, registry: alias, ...(version === undefined ? {} : { installed: version }) };
      });
    }),
  );
  return lists.flat().toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
