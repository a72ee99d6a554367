import { DAY, parseDuration } from '../../core/instant.ts';
import { trustRotate } from '../../ops/trust/trust-rotate.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import type { Call, Outcome } from '../call.ts';
import { green } from '../render/line.ts';
import { pendingRootLines } from './registry-trust-show.ts';

const ROOT_LIFE = 365 * DAY;

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const [threshold, ciKey] = [call.value('threshold'), call.value('ci-key')];
  const dryRun = call.flag('dry-run');
  const pending = await trustRotate(ports, {
    addMaintainers: call.values('add-maintainer'),
    drop: call.values('drop'),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    ...(ciKey === undefined ? {} : { ciKey }),
    newEpoch: call.flag('new-epoch'),
    life: parseDuration(call.value('expires') ?? '') ?? ROOT_LIFE,
    dryRun,
  });
  return {
    data: { ...pending },
    lines: () => [
      [green(dryRun ? 'Would write' : 'Wrote'), ` the next root of registry ${pending.registry}:`],
      ...pendingRootLines(pending),
    ],
  };
}
