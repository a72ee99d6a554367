import { pluginName } from '../../core/plugin-name.ts';
import { update } from '../../ops/plugins/update.ts';
import type { Call, Outcome } from '../call.ts';
import { changeOutcome } from '../render/change.ts';

export async function run(call: Call): Promise<Outcome> {
  const changed = await update(await call.client(), {
    plugins: call.arguments.map(pluginName),
    dryRun: call.flag('dry-run'),
    acceptCapabilities: call.flag('accept-capabilities'),
    acceptOwnerChange: call.flag('accept-owner-change'),
    allowLocal: call.flag('allow-local'),
    allowUnisolatedBuild: call.flag('allow-unisolated-build'),
    allowStale: call.flag('allow-stale'),
    prereleases: call.flag('prerelease'),
  });
  return changeOutcome(changed, call.flag('dry-run'));
}
