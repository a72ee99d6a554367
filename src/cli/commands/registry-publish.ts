import { DAY, parseDuration } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import { parsePrivateKey } from '../../core/signatures/ssh-key.ts';
import { publishRegistry } from '../../ops/index/registry-publish.ts';
import { judgeChange } from '../../ops/submissions/judge-change.ts';
import { connectExamination } from '../../wiring/examination.ts';
import { connectOperator } from '../../wiring/operator.ts';
import { connectMerging } from '../../wiring/review-work.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { reviewPlace } from '../open-review-work.ts';
import { bold, cyan, green, type Line } from '../render/line.ts';
import { count } from '../render/size.ts';

// A person does this, and not every day.
const DEFAULT_LIFE = 30 * DAY;

export async function run(call: Call): Promise<Outcome> {
  const directory = requiredArgument(call, 0);
  const to = call.required('to');
  const ports = connectOperator({ ...call.global, environment: call.environment, signal: call.signal });
  const { files } = createSigningPorts({ mayAsk: false, signal: call.signal });
  const key = parsePrivateKey(await files.read(call.required('key'), LIMITS.signersBytes));
  const { target: source, openTrees, clock } = connectMerging(reviewPlace(call, directory), call);
  const allowNetworks = call.values('allow-network');
  const examining = call.flag('no-artifacts')
    ? {}
    : { examine: connectExamination({ allowNetworks, signal: call.signal }) };
  const [facts, dryRun] = [call.value('facts'), call.flag('dry-run')];
  const scratch = await ports.openScratch();
  const target = ports.openTarget(to);
  try {
    const published = await publishRegistry(
      {
        source,
        async judge(base, head) {
          const trees = await openTrees(base, head);
          return (await judgeChange({ trees, clock, ...examining }, { waive: [] })).findings;
        },
        openTree: (commit) => ports.openTree(directory, commit),
        target,
        scratch,
        clock,
        reporter: call.reporter,
      },
      {
        merge: call.values('merge'),
        key,
        life: parseDuration(call.value('expires') ?? '') ?? DEFAULT_LIFE,
        allowShrink: call.flag('allow-shrink'),
        dryRun,
        ...(facts === undefined ? {} : { facts }),
      },
    );
    const { registry, epoch, version, plugins, releases, commit, merged, root } = published;
    return {
      data: { registry, checkpoint: { epoch, version }, plugins, releases, commit, merged, root, dryRun, to },
      lines: (): readonly Line[] => [
        ...merged.map(({ branch }): Line => [dryRun ? 'Would merge' : green('Merged'), ` ${branch}.`]),
        [
          dryRun ? 'Would publish' : green('Published'),
          ' checkpoint ',
          bold(`${epoch}-${version}`),
          ` of ${registry} to ${to}: ${count(plugins, 'plugin')}, ${count(releases, 'release')}.`,
        ],
        ['Users add it with: ', cyan(`sheaf registry add ${to} --root sha256:${root}`)],
      ],
    };
  } finally {
    await target.close();
    await scratch.close();
  }
}
