import { verifyIndex } from '../../ops/index/index-verify.ts';
import { connectOperator } from '../../wiring/operator.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = connectOperator({ ...call.global, environment: call.environment, signal: call.signal });
  const facts = call.value('facts');
  const { registry, epoch, version, plugins, releases, signatures, commit } = await verifyIndex({
    published: ports.openSource(requiredArgument(call, 0)),
    source: ports.openTree(call.value('source') ?? '.'),
    ...(facts === undefined ? {} : { facts: ports.openTree(facts) }),
    clock: ports.clock,
  });
  return {
    data: { registry, checkpoint: { epoch, version }, plugins, releases, signatures, commit },
    lines: () => [
      [green('✓'), ' checkpoint ', bold(`${epoch}-${version}`), ` of ${registry} is what its source says:`],
      `  ${count(plugins, 'plugin')}, ${count(releases, 'release')}, ${count(signatures, 'signature')} checked.`,
    ],
  };
}
