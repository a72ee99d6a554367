import { SheafError } from '../../core/errors.ts';
import type { CheckpointId } from '../../core/index/checkpoint.ts';
import { quote } from '../../core/text.ts';
import { formatCheckpointId } from '../../core/trust/trust.ts';
import { ownerRevoke } from '../../ops/trust/owner-revoke.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const [from, reason] = [call.value('from'), call.value('reason')];
  const dryRun = call.flag('dry-run');
  const revoked = await ownerRevoke(ports, {
    key: requiredArgument(call, 0),
    ...(from === undefined ? {} : { from: checkpointId(from) }),
    ...(reason === undefined ? {} : { reason }),
    dryRun,
  });
  const since =
    revoked.from === undefined ? 'altogether' : `from checkpoint ${formatCheckpointId(revoked.from)} on`;
  const verb = !revoked.changed ? 'Already revoked' : dryRun ? 'Would revoke' : 'Revoked';
  return {
    data: { ...revoked },
    lines: () => [
      [green(verb), ' ', bold(revoked.fingerprint), ` ${since}, in ${revoked.path}`],
      ...revoked.listedIn.map((place): Line => `  listed in ${place}`),
    ],
  };
}

function checkpointId(text: string): CheckpointId {
  const [, epoch, version] = /^([1-9][0-9]{0,8})-([1-9][0-9]{0,8})$/.exec(text) ?? [];
  if (epoch !== undefined && version !== undefined) return { epoch: Number(epoch), version: Number(version) };
  throw new SheafError('SHEAF_USAGE', `--from ${quote(text)} names no checkpoint.`, {
    hint: 'Write EPOCH-VERSION, as sheaf registry list shows it: 1-42.',
  });
}
