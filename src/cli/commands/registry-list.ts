import { type ListedRegistry, registryList } from '../../ops/registries/registry-list.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, red, type Span, yellow } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const registries = await registryList(await call.client());
  return {
    data: { registries },
    lines: () =>
      registries.length === 0
        ? ['No registry is configured; add one with: sheaf registry add URL']
        : tableLines(
            ['ALIAS', 'ID', 'CHECKPOINT', 'STATE', 'URL'],
            registries.map((registry) => [
              bold(registry.alias),
              registry.id,
              registry.checkpoint === undefined
                ? ''
                : `${registry.checkpoint.epoch}-${registry.checkpoint.version}`,
              stateOf(registry),
              registry.urls.join(' '),
            ]),
            call.columns,
          ),
  };
}

function stateOf({ forks, expired, checkpoint }: ListedRegistry): string | Span {
  if (forks > 0) return red('two histories');
  if (checkpoint === undefined) return yellow('never synced');
  return expired ? yellow('expired') : 'ok';
}
