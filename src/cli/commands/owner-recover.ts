import { ownerRecover } from '../../ops/trust/owner-recover.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { inCheckout, keyFileTitle } from '../checkout-call.ts';
import { wroteLines } from '../render/ceremony.ts';
import { changeLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const { result: ceremony, proposal } = await inCheckout(
    call,
    (ports) =>
      ownerRecover(ports, {
        owner: requiredArgument(call, 0),
        keys: call.values('key'),
        releaseKeys: [],
        threshold: Number(call.value('threshold') ?? '1'),
        dryRun: call.flag('dry-run'),
      }),
    ({ path, changes }) => keyFileTitle('Recover the keys of', requiredArgument(call, 0), path, changes),
  );
  return {
    data: { ...ceremony, ...(proposal === undefined ? {} : { proposal }) },
    lines: () => [...wroteLines(call, ceremony), ...(proposal === undefined ? [] : changeLines(proposal))],
  };
}
