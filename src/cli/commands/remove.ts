import { pluginName } from '../../core/plugin-name.ts';
import { remove } from '../../ops/plugins/remove.ts';
import type { Call, Outcome } from '../call.ts';
import { changeOutcome } from '../render/change.ts';

export async function run(call: Call): Promise<Outcome> {
  const removed = await remove(await call.client(), {
    plugins: call.arguments.map(pluginName),
    force: call.flag('force'),
    purge: call.flag('purge'),
    dryRun: call.flag('dry-run'),
  });
  const outcome = changeOutcome(removed, call.flag('dry-run'));
  return {
    data: { ...outcome.data, purged: removed.purged },
    lines: () => [...outcome.lines(), ...removed.purged.map((name) => `Deleted the data of ${name}.`)],
  };
}
