import { ownerRotate } from '../../ops/trust/owner-rotate.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { wroteLines } from '../render/ceremony.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const threshold = call.value('threshold');
  const ceremony = await ownerRotate(ports, {
    owner: requiredArgument(call, 0),
    keys: call.values('add'),
    releaseKeys: call.values('add-release'),
    drop: call.values('drop'),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    dryRun: call.flag('dry-run'),
  });
  return { data: { ...ceremony }, lines: () => wroteLines(call, ceremony) };
}
