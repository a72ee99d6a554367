import { publishIndex } from '../../ops/index/index-publish.ts';
import { connectOperator } from '../../wiring/operator.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green, type Line } from '../render/line.ts';
import { count, formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = connectOperator({ ...call.global, environment: call.environment, signal: call.signal });
  const to = call.required('to');
  const dryRun = call.flag('dry-run');
  const target = ports.openTarget(to);
  try {
    const published = await publishIndex(
      { tree: ports.openDirectorySource(requiredArgument(call, 0)), target, clock: ports.clock },
      { allowShrink: call.flag('allow-shrink'), dryRun },
    );
    const { registry, epoch, version, plugins, releases, files, bytes, unchanged } = published;
    const amount = `${count(files, 'file')}, ${formatBytes(bytes)}`;
    return {
      data: {
        registry,
        checkpoint: { epoch, version },
        plugins,
        releases,
        files,
        bytes,
        unchanged,
        dryRun,
        to,
      },
      lines: (): readonly Line[] =>
        unchanged
          ? [`${to} has checkpoint ${epoch}-${version} already.`]
          : dryRun
            ? [`Would publish checkpoint ${epoch}-${version} of ${registry} to ${to}: ${amount}.`]
            : [[green('Published'), ' checkpoint ', bold(`${epoch}-${version}`), ` to ${to}: ${amount}.`]],
    };
  } finally {
    await target.close();
  }
}
