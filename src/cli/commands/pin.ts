import { pluginName } from '../../core/plugin-name.ts';
import { pin } from '../../ops/plugins/pin.ts';
import type { Call, Outcome } from '../call.ts';
import { rangeOutcome } from '../render/ranges.ts';

export async function run(call: Call): Promise<Outcome> {
  const dryRun = call.flag('dry-run');
  const plugins = call.arguments.map(pluginName);
  return rangeOutcome(await pin(await call.client(), { plugins, dryRun }), dryRun);
}
