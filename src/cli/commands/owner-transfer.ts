import { ownerTransfer } from '../../ops/trust/owner-transfer.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { inCheckout } from '../checkout-call.ts';
import { ceremonyLines } from '../render/ceremony.ts';
import { bold, cyan, green, type Line } from '../render/line.ts';
import { changeLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const [to, key] = [call.required('to'), call.value('key')];
  const { result: step, proposal } = await inCheckout(
    call,
    (ports) =>
      ownerTransfer(ports, {
        plugin: requiredArgument(call, 0),
        to,
        ...(key === undefined ? {} : { key }),
        dryRun: call.flag('dry-run'),
      }),
    ({ plugin, from, changes, state }) => ({
      branch: `transfer/${plugin}-to-${to}${state === 'done' ? '-done' : ''}`,
      title: `Hand ${plugin} over from ${from} to ${to}`,
      body: [...changes.map((change) => `- ${change}`), ''].join('\n'),
    }),
  );
  const last: readonly Line[] =
    step.state === 'ready'
      ? ['', 'Next:', ['  ', cyan(`sheaf owner transfer ${step.plugin} --to ${to} --key KEY`)]]
      : [];
  const title: Line =
    step.state === 'done'
      ? [green('Handed'), ` ${step.plugin} over from ${step.from} to `, bold(step.to)]
      : `${step.plugin} goes from ${step.from} to ${step.to}:`;
  return {
    data: { ...step, ...(proposal === undefined ? {} : { proposal }) },
    lines: () => [
      title,
      ...ceremonyLines(step),
      ...last,
      ...(proposal === undefined ? [] : changeLines(proposal)),
    ],
  };
}
