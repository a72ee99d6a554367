import { ownerTransfer } from '../../ops/trust/owner-transfer.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { ceremonyLines } from '../render/ceremony.ts';
import { bold, cyan, green, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', {
    mayAsk: !call.global.noInput,
    signal: call.signal,
  });
  const [to, key] = [call.required('to'), call.value('key')];
  const step = await ownerTransfer(ports, {
    plugin: requiredArgument(call, 0),
    to,
    ...(key === undefined ? {} : { key }),
    dryRun: call.flag('dry-run'),
  });
  const last: readonly Line[] =
    step.state === 'ready'
      ? ['', 'Next:', ['  ', cyan(`sheaf owner transfer ${step.plugin} --to ${to} --key KEY`)]]
      : [];
  const title: Line =
    step.state === 'done'
      ? [green('Handed'), ` ${step.plugin} over from ${step.from} to `, bold(step.to)]
      : `${step.plugin} goes from ${step.from} to ${step.to}:`;
  return { data: { ...step }, lines: () => [title, ...ceremonyLines(step), ...last] };
}
