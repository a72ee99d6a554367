import { collectionList } from '../../ops/reviews/collections.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, green } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const collections = await collectionList(await call.client());
  return {
    data: {
      collections: collections.map(({ plugins, ...about }) => ({ ...about, pluginCount: plugins.length })),
    },
    lines: () =>
      collections.length === 0
        ? [dim('No configured registry has a collection.')].map((span) => [span])
        : tableLines(
            ['COLLECTION', 'REGISTRY', 'PLUGINS', 'CURATOR', '', ''],
            collections.map(({ id, registry, plugins, curator, featured, certifies, title }) => [
              bold(id),
              registry,
              plugins.length,
              curator ?? '',
              green([...(featured ? ['featured'] : []), ...(certifies ? ['certifies'] : [])].join(', ')),
              title,
            ]),
            call.columns,
          ),
  };
}
