import { parsePluginSpec } from '../../core/plugin-spec.ts';
import { install } from '../../ops/plugins/install.ts';
import type { Call, Outcome } from '../call.ts';
import { changeOutcome } from '../render/change.ts';

export async function run(call: Call): Promise<Outcome> {
  const paths = call.arguments.filter(isPath);
  const plugins = call.arguments.filter((text) => !isPath(text)).map(parsePluginSpec);
  const frozen = call.flag('frozen');
  // In CI nobody looks at what a resolution chose, so a bare install there only does what was committed.
  const lockedByDefault = call.arguments.length === 0 && (call.environment['CI'] ?? '') !== '';
  const changed = await install(await call.client({ offline: frozen }), {
    plugins,
    paths,
    allowLocal: call.flag('allow-local'),
    allowUnisolatedBuild: call.flag('allow-unisolated-build'),
    locked: frozen || call.flag('locked') || lockedByDefault,
    force: call.flag('force'),
    dryRun: call.flag('dry-run'),
    acceptCapabilities: call.flag('accept-capabilities'),
    acceptOwnerChange: call.flag('accept-owner-change'),
    allowStale: call.flag('allow-stale'),
    prereleases: call.flag('prerelease'),
  });
  return changeOutcome(changed, call.flag('dry-run'));
}

/** A path begins like one, so that no folder can ever stand in for a plugin of the same name. */
function isPath(text: string): boolean {
  return /^(\.{1,2}$|\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(text);
}
