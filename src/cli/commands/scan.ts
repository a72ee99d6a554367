import { scanAuthorPlugin } from '../../ops/authors/scan-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { findingLines } from '../render/findings.ts';
import { bold, dim, type Line, red } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const scanned = await scanAuthorPlugin(connectAuthor(call), call.arguments[0] ?? '.');
  const { name, version, score, coverage, rules, rejected, findings } = scanned;
  return {
    data: { ...scanned },
    lines: () => [
      ...findings.flatMap((finding): readonly Line[] => [
        ...findingLines([finding]),
        [dim(`  ${finding.level}, ${finding.points} points`)],
      ]),
      [bold(name), ` ${version}: `, bold(`${score} of 100`), dim(` (coverage ${coverage}, rules ${rules})`)],
      ...(rejected ? [[red('Refused'), ': a critical finding counts whatever the score.']] : []),
    ],
    ...(rejected ? { exitStatus: EXIT_STATUS.SHEAF_POLICY } : {}),
  };
}
