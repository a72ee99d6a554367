import { parseDigest } from '../../core/digest.ts';
import { SCAN_RULES } from '../../core/scanning/rules.ts';
import type { ScanReport } from '../../core/scanning/score.ts';
import { scanAuthorPlugin } from '../../ops/authors/scan-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import { antivirusOf } from '../ask-antivirus.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { findingLines } from '../render/findings.ts';
import { bold, dim, type Line, red } from '../render/line.ts';
import { writeFindings } from '../write-findings.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = { ...connectAuthor(call), ...antivirusOf(call) };
  const [advisories, platform, digest] = [
    call.value('advisories'),
    call.value('platform'),
    call.value('sha256'),
  ];
  const scanned = await scanAuthorPlugin(ports, call.arguments[0] ?? '.', {
    ...(advisories === undefined ? {} : { advisories }),
    ...(platform === undefined ? {} : { platform }),
    ...(digest === undefined ? {} : { sha256: parseDigest(digest) }),
  });
  const { name, version, score, coverage, rules, rejected, findings } = scanned;
  const annotate = await writeFindings(call, {
    tool: 'sheaf scan',
    title: `${name} ${version}`,
    passed: findings.every(({ severity }) => severity !== 'error'),
    findings,
    rules: SCAN_RULES,
  });
  const lines = (): readonly Line[] => [
    ...findings.flatMap((finding): readonly Line[] => [
      ...findingLines([finding]),
      [dim(`  ${finding.level}, ${finding.points} points`)],
    ]),
    ...insideLines(scanned),
    [bold(name), ` ${version}: `, bold(`${score} of 100`), dim(` (coverage ${coverage}, rules ${rules})`)],
    ...(rejected ? [[red('Refused'), ': a critical finding counts whatever the score.']] : []),
  ];
  return {
    data: { ...scanned },
    lines: () => annotate(lines()),
    ...(rejected ? { exitStatus: EXIT_STATUS.SHEAF_POLICY } : {}),
  };
}

/** What the files reach outside of themselves: for a module that list is a proof, for a program only a beginning. */
function insideLines({ modules, programs, antivirus }: ScanReport): readonly Line[] {
  return [
    ...modules.map(({ path, imports }) =>
      imports.length === 0
        ? `${path} imports nothing, so it can call nothing outside itself.`
        : `${path} imports ${imports.join(', ')}, and can call nothing else outside itself.`,
    ),
    ...programs.map(({ path, format, platforms, imports }) => {
      const loads = imports.length === 0 ? 'names no libraries' : `loads ${imports.join(', ')}`;
      return `${path} (${[format, ...platforms].join(', ')}) ${loads}.`;
    }),
    ...(antivirus === undefined ? [] : [`${antivirus} looked at all files.`]),
  ];
}
