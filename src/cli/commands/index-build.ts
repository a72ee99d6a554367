import { DAY, parseDuration } from '../../core/instant.ts';
import type { IndexSource } from '../../core/ports.ts';
import { buildIndexFromSource } from '../../ops/index/index-build.ts';
import { connectOperator, type OperatorPorts } from '../../wiring/operator.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { instantValue } from '../instant-value.ts';
import { bold, green } from '../render/line.ts';
import { count } from '../render/size.ts';

const DEFAULT_LIFE = 7 * DAY;

export async function run(call: Call): Promise<Outcome> {
  const ports = connectOperator({ ...call.global, environment: call.environment, signal: call.signal });
  const [facts, previous, expires] = [call.value('facts'), call.value('previous'), call.value('expires')];
  const issued = call.value('issued');
  const out = call.required('out');
  const index = await buildIndexFromSource(
    {
      source: ports.openTree(requiredArgument(call, 0), call.value('commit')),
      ...(facts === undefined ? {} : { facts: ports.openTree(facts, call.value('facts-commit')) }),
      ...(previous === undefined ? {} : { previous: await openPrevious(ports, previous) }),
    },
    {
      issued: issued === undefined ? ports.clock.now() : instantValue('--issued', issued),
      life: parseDuration(expires ?? '') ?? DEFAULT_LIFE,
    },
  );
  for (const finding of index.findings) call.reporter.warn(`${finding.place.file}: ${finding.message}`);
  const target = ports.openDirectory(out);
  try {
    await target.publish(
      index.files((object) => target.has(object)),
      index.checkpoint.issued,
    );
  } finally {
    await target.close();
  }
  const { registry, epoch, version } = index.checkpoint;
  const { plugins, releases } = index.head;
  return {
    data: {
      registry,
      checkpoint: { epoch, version },
      plugins,
      releases,
      incremental: index.incremental,
      path: out,
    },
    lines: () => [
      [
        green('Built'),
        ' checkpoint ',
        bold(`${epoch}-${version}`),
        ` of ${registry} in ${out}: ${count(plugins, 'plugin')}, ${count(releases, 'release')}.`,
      ],
      `Sign it with: sheaf index sign ${out} --key KEY`,
    ],
  };
}

async function openPrevious(ports: OperatorPorts, url: string): Promise<IndexSource> {
  const source = ports.openSource(url);
  await source.refresh();
  return source;
}
