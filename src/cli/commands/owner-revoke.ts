import { SheafError } from '../../core/errors.ts';
import type { CheckpointId } from '../../core/index/checkpoint.ts';
import { quote } from '../../core/text.ts';
import { formatCheckpointId } from '../../core/trust/trust.ts';
import { ownerRevoke } from '../../ops/trust/owner-revoke.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { inCheckout } from '../checkout-call.ts';
import { bold, green, type Line } from '../render/line.ts';
import { changeLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const [from, reason] = [call.value('from'), call.value('reason')];
  const dryRun = call.flag('dry-run');
  const { result: revoked, proposal } = await inCheckout(
    call,
    (ports) =>
      ownerRevoke(ports, {
        key: requiredArgument(call, 0),
        ...(from === undefined ? {} : { from: checkpointId(from) }),
        ...(reason === undefined ? {} : { reason }),
        dryRun,
      }),
    ({ fingerprint, reason: why, listedIn }) => ({
      branch: `revoke/${fingerprint.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 24)}`,
      title: `Revoke the key ${fingerprint}`,
      body: [why ?? 'No reason was given.', '', ...listedIn.map((place) => `- listed in ${place}`), ''].join(
        '\n',
      ),
    }),
  );
  const since =
    revoked.from === undefined ? 'altogether' : `from checkpoint ${formatCheckpointId(revoked.from)} on`;
  const verb = !revoked.changed ? 'Already revoked' : dryRun ? 'Would revoke' : 'Revoked';
  return {
    data: { ...revoked, ...(proposal === undefined ? {} : { proposal }) },
    lines: () => [
      [green(verb), ' ', bold(revoked.fingerprint), ` ${since}, in ${revoked.path}`],
      ...revoked.listedIn.map((place): Line => `  listed in ${place}`),
      ...(proposal === undefined ? [] : changeLines(proposal)),
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
