import { formatInstant } from '../../core/instant.ts';
import { writeLinkReport } from '../../core/submissions/link-report.ts';
import { checkLinks } from '../../ops/submissions/check-links.ts';
import { connectExamination } from '../../wiring/examination.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { bold, type Line, red } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const { source, files, clock } = openStandingPorts(requiredArgument(call, 0), undefined, call);
  const { signal } = call;
  const examine = connectExamination({ allowNetworks: call.values('allow-network'), signal });
  const sample = call.value('sample');
  const report = await checkLinks(
    { tree: source, examine, clock },
    sample === undefined ? undefined : Number(sample),
  );
  const { broken, checked, total } = report;
  const markdown = call.value('markdown');
  if (markdown !== undefined && broken.length > 0) await files.write(markdown, writeLinkReport(report));
  return {
    data: { ...report, generated: formatInstant(report.generated) },
    lines: (): readonly Line[] => [
      ...broken.map(
        ({ plugin, version, problem }): Line => [
          red('broken '),
          bold(`${plugin} ${version}`),
          `: ${problem}`,
        ],
      ),
      `${checked} of ${total} artifacts fetched, ${broken.length} broken.`,
    ],
    ...(broken.length === 0 ? {} : { exitStatus: EXIT_STATUS.SHEAF_POLICY }),
  };
}
