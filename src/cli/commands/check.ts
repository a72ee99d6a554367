import { CHECK_RULES } from '../../core/checking/check-plugin.ts';
import { checkAuthorPlugin } from '../../ops/authors/check-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { findingLines, findingSummary } from '../render/findings.ts';
import { green, red } from '../render/line.ts';
import { writeFindings } from '../write-findings.ts';
import { checkAsCi, refuseAsCiOptions } from './check-as-ci.ts';

export async function run(call: Call): Promise<Outcome> {
  if (call.flag('as-ci')) return checkAsCi(call);
  refuseAsCiOptions(call);
  const checked = await checkAuthorPlugin(connectAuthor(call), call.arguments[0] ?? '.');
  const { name = 'The plugin', version, findings, passed } = checked;
  const title = version === undefined ? name : `${name} ${version}`;
  const report = { tool: 'sheaf check', title, passed, findings, rules: CHECK_RULES };
  const annotate = await writeFindings(call, report);
  return {
    data: { ...checked },
    lines: () =>
      annotate([
        ...findingLines(findings),
        [passed ? green('✓') : red('✗'), ` ${title}: ${findingSummary(findings)}.`],
      ]),
    ...(passed ? {} : { exitStatus: EXIT_STATUS.SHEAF_INVALID_FILE }),
  };
}
