import { ownerRotate } from '../../ops/trust/owner-rotate.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { inCheckout, keyFileTitle } from '../checkout-call.ts';
import { wroteLines } from '../render/ceremony.ts';
import { changeLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const threshold = call.value('threshold');
  const { result: ceremony, proposal } = await inCheckout(
    call,
    (ports) =>
      ownerRotate(ports, {
        owner: requiredArgument(call, 0),
        keys: call.values('add'),
        releaseKeys: call.values('add-release'),
        drop: call.values('drop'),
        ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
        dryRun: call.flag('dry-run'),
      }),
    ({ path, changes }) => keyFileTitle('Rotate the keys of', requiredArgument(call, 0), path, changes),
  );
  return {
    data: { ...ceremony, ...(proposal === undefined ? {} : { proposal }) },
    lines: () => [...wroteLines(call, ceremony), ...(proposal === undefined ? [] : changeLines(proposal))],
  };
}
