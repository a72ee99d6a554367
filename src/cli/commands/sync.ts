import { fetchNames } from '../../ops/keep-names.ts';
import { sync } from '../../ops/sync.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, green } from '../render/line.ts';
import { formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = await call.client();
  const registries = await sync(ports, { aliases: call.arguments, full: call.flag('full') });
  // Only people complete names, and they sit at terminals.
  if (call.columns !== undefined) await fetchNames(ports, call.arguments);
  return {
    data: { registries },
    lines: () =>
      registries.length === 0
        ? ['No registry is configured; add one with: sheaf registry add URL']
        : registries.map(({ alias, checkpoint, changed, bytes, ms }) => [
            bold(alias),
            ` ${checkpoint.epoch}-${checkpoint.version} `,
            changed ? green('new') : 'unchanged',
            dim(`  ${formatBytes(bytes)} in ${ms} ms`),
          ]),
  };
}
