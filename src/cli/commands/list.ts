import { listInstalled } from '../../ops/list.ts';
import type { Call, Outcome } from '../call.ts';
import { bold } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const { plugins, generation } = await listInstalled(await call.client());
  return {
    data: { plugins, ...(generation === undefined ? {} : { generation }) },
    lines: () =>
      plugins.length === 0
        ? ['No plugins are installed here.']
        : tableLines(
            ['PLUGIN', 'VERSION', 'REGISTRY', 'TIER', 'CAPABILITIES'],
            plugins.map(({ name, version, registry, tier, capabilities }) => [
              bold(name),
              version,
              registry,
              tier,
              capabilities.join(', '),
            ]),
            call.columns,
          ),
  };
}
