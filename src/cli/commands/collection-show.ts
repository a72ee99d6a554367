import { collectionShow } from '../../ops/reviews/collections.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, red } from '../render/line.ts';
import { tableLines, wrap } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const { collection, entries } = await collectionShow(await call.client(), requiredArgument(call, 0));
  const { plugins, ...about } = collection;
  return {
    data: {
      collection: { ...about, pluginCount: plugins.length },
      plugins: entries.map(({ plugin, ...entry }) => ({
        ...entry,
        latest: plugin?.version ?? null,
        description: plugin?.description ?? null,
      })),
    },
    lines: () => [
      [bold(collection.title), dim(`  ${collection.registry}/${collection.id}`)],
      ...wrap(collection.description, Math.min(call.columns ?? 100, 100)),
      ...(collection.certifies && collection.curator !== undefined
        ? [`${collection.curator} certifies what is listed here.`]
        : []),
      '',
      ...tableLines(
        ['PLUGIN', 'LATEST', 'VERSIONS', ''],
        entries.map(({ name, versions, note, plugin }) => [
          bold(name),
          plugin?.version ?? '',
          versions ?? 'all',
          plugin === undefined ? red('the registry has it no more') : (note ?? plugin.description),
        ]),
        call.columns,
      ),
    ],
  };
}
