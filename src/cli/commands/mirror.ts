import { parseDigest } from '../../core/digest.ts';
import { mirrorRegistry } from '../../ops/registries/mirror.ts';
import type { FailedArtifact } from '../../ops/registries/mirror-artifacts.ts';
import { connectMirror } from '../../wiring/mirror.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { bold, dim, green, type Line, red } from '../render/line.ts';
import { count, formatBytes } from '../render/size.ts';

/** Failures that are shown to a person; `--json` has all. */
const SHOWN = 20;

export async function run(call: Call): Promise<Outcome> {
  const directory = requiredArgument(call, 1);
  const root = call.value('root');
  const dryRun = call.flag('dry-run');
  const client = await call.client();
  const mirrored = await mirrorRegistry(
    { ...client, ...connectMirror({ ...client, directory, environment: call.environment }) },
    {
      url: requiredArgument(call, 0),
      ...(root === undefined ? {} : { root: parseDigest(root) }),
      locks: call.values('lock'),
      dryRun,
      yes: call.global.yes,
    },
  );
  const { registry, checkpoint, files, bytes, unchanged, artifacts } = mirrored;
  const { present, fetched, failed } = artifacts;
  return {
    data: { ...mirrored, dryRun, to: directory },
    lines: (): readonly Line[] => [
      [
        dryRun ? 'Would mirror ' : green('Mirrored '),
        bold(registry),
        ` ${checkpoint.epoch}-${checkpoint.version} to ${directory}: `,
        unchanged
          ? 'its index is there already'
          : `${count(files, 'file')} of the index, ${formatBytes(bytes)}`,
        `; ${count(fetched, 'artifact')}, ${formatBytes(artifacts.bytes)}`,
        present === 0 ? '.' : `, beside ${present} that ${present === 1 ? 'was' : 'were'} there.`,
      ],
      ...failureLines(failed),
    ],
    ...(failed.length === 0 ? {} : { exitStatus: EXIT_STATUS.SHEAF_NETWORK }),
  };
}

function failureLines(failed: readonly FailedArtifact[]): readonly Line[] {
  if (failed.length === 0) return [];
  return [
    [red(`${count(failed.length, 'artifact')} could not be had; run the command again to try once more.`)],
    ...failed
      .slice(0, SHOWN)
      .map(
        ({ plugin, version, platform, message }): Line => [
          `  ${plugin} ${version}`,
          platform === undefined ? '' : ` (${platform})`,
          dim(`  ${message}`),
        ],
      ),
    ...(failed.length > SHOWN ? [[dim(`  and ${failed.length - SHOWN} more`)]] : []),
  ];
}
