import { ownerRecover } from '../../ops/trust/owner-recover.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { wroteLines } from '../render/ceremony.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const ceremony = await ownerRecover(ports, {
    owner: requiredArgument(call, 0),
    keys: call.values('key'),
    releaseKeys: [],
    threshold: Number(call.value('threshold') ?? '1'),
    dryRun: call.flag('dry-run'),
  });
  return { data: { ...ceremony }, lines: () => wroteLines(call, ceremony) };
}
