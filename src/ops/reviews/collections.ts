import { closest } from '../../core/did-you-mean.ts';
import { SheafError } from '../../core/errors.ts';
import type { CollectedPlugin } from '../../core/formats/collection-file.ts';
import { type Collection, readCollections } from '../../core/index/read-collections.ts';
import type { PluginRecord } from '../../core/index/records.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { type OpenRegistry, openRegistries } from '../registries/open-registry.ts';

/** A collection and where it was found. */
export interface FoundCollection extends Collection {
  /** Alias of the registry. */
  readonly registry: string;
}

/** A collection with what its registry says of each plugin in it. */
export interface ShownCollection {
  readonly collection: FoundCollection;
  readonly entries: readonly (CollectedPlugin & {
    /** Undefined when the registry has no plugin of that name (any more). */
    readonly plugin: PluginRecord | undefined;
  })[];
}

/**
 * All collections of the configured registries, featured ones of each first.
 *
 * @throws SheafError as `openRegistry`.
 */
export async function collectionList(ports: ClientPorts): Promise<readonly FoundCollection[]> {
  const registries = await openRegistries(ports, [], { allowStale: ports.offline });
  return (await Promise.all(registries.map(collectionsOf))).flat();
}

/**
 * One collection with its plugins, from the first registry that has one of that id.
 *
 * @throws SheafError `SHEAF_PATH` when no registry has it, and as `openRegistry`.
 */
export async function collectionShow(ports: ClientPorts, id: string): Promise<ShownCollection> {
  const registries = await openRegistries(ports, [], { allowStale: ports.offline });
  const known: string[] = [];
  for (const registry of registries) {
    const collections = await collectionsOf(registry);
    const collection = collections.find((one) => one.id === id);
    if (collection !== undefined) return { collection, entries: await entriesOf(registry, collection) };
    known.push(...collections.map((one) => one.id));
  }
  const meant = closest(id, known);
  throw new SheafError('SHEAF_PATH', `No configured registry has a collection ${quote(id)}.`, {
    hint: meant === undefined ? 'See what there is: sheaf collection list.' : `Did you mean ${meant}?`,
  });
}

async function collectionsOf(registry: OpenRegistry): Promise<readonly FoundCollection[]> {
  const collections = readCollections(await registry.file('collections'));
  return collections.map((one) => ({ ...one, registry: registry.alias }));
}

function entriesOf(registry: OpenRegistry, { plugins }: Collection): Promise<ShownCollection['entries']> {
  return Promise.all(plugins.map(async (one) => ({ ...one, plugin: await registry.plugin(one.name) })));
}
