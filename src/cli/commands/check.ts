import { checkAuthorPlugin } from '../../ops/authors/check-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { findingLines, findingSummary } from '../render/findings.ts';
import { green, red } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const checked = await checkAuthorPlugin(connectAuthor(call), call.arguments[0] ?? '.');
  const { name = 'The plugin', version, findings, passed } = checked;
  const title = version === undefined ? name : `${name} ${version}`;
  return {
    data: { ...checked },
    lines: () => [
      ...findingLines(findings),
      [passed ? green('✓') : red('✗'), ` ${title}: ${findingSummary(findings)}.`],
    ],
    ...(passed ? {} : { exitStatus: EXIT_STATUS.SHEAF_INVALID_FILE }),
  };
}
