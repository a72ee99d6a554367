import { SheafError } from '../../core/errors.ts';
import type { Submitter } from '../../core/submissions/change.ts';
import { CHANGE_RULES } from '../../core/submissions/rules.ts';
import { quote } from '../../core/text.ts';
import { judgeChange } from '../../ops/submissions/judge-change.ts';
import type { ChangePorts } from '../../ops/submissions/read-change.ts';
import { readWaiversOf, type Waivers } from '../../ops/submissions/read-waivers.ts';
import { connectForge } from '../../wiring/review-work.ts';
import { connectValidator } from '../../wiring/validator.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { findingLines, findingSummary } from '../render/findings.ts';
import { dim, green, red } from '../render/line.ts';
import { count } from '../render/size.ts';
import { writeFindings } from '../write-findings.ts';

/** `sheaf check --as-ci`: judges a change of a registry between two of its commits. */
export async function checkAsCi(call: Call): Promise<Outcome> {
  const submitter = readSubmitter(call.value('submitter'));
  const ports = await connectValidator({
    registry: call.arguments[0] ?? '.',
    revisions: { base: revision(call, 'base'), head: revision(call, 'head') },
    artifacts: !call.flag('no-artifacts'),
    allowNetworks: call.values('allow-network'),
    environment: call.environment,
    signal: call.signal,
  });
  const labels = await waiversByLabels(call, ports);
  const judged = await judgeChange(ports, {
    waive: [...call.values('waive'), ...labels.rules],
    ...(submitter === undefined ? {} : { submitter }),
  });
  const { release, findings, waived, refused, passed, files } = judged;
  const title = release === undefined ? 'The change' : `${release.plugin} ${release.version}`;
  const report = { tool: 'sheaf check', title, passed, findings, rules: CHANGE_RULES };
  const annotate = await writeFindings(call, report);
  return {
    data: { ...judged },
    lines: () =>
      annotate([
        ...findingLines(findings),
        ...waived.map(({ rule, message }) => [dim(`waived (${rule}): `), message]),
        ...labels.ignored,
        ...refused.map((rule) => `The rule ${rule} cannot be waived.`),
        [
          passed ? green('✓') : red('✗'),
          ` ${title}, ${count(files.length, 'file')}: ${findingSummary(findings)}.`,
        ],
      ]),
    ...(passed ? {} : { exitStatus: EXIT_STATUS.SHEAF_INVALID_FILE }),
  };
}

/** What maintainers let pass of the pull request of --pull-request. */
async function waiversByLabels(
  call: Call,
  { trees, clock }: ChangePorts,
): Promise<Pick<Waivers, 'rules' | 'ignored'>> {
  const number = call.value('pull-request');
  if (number === undefined) return { rules: [], ignored: [] };
  const { forge, close } = connectForge(call.value('forge') ?? 'github', call.value('repository'), call);
  try {
    return await readWaiversOf({ forge, clock }, Number(number), (await trees.head.commit()) ?? '');
  } finally {
    await close();
  }
}

/** Names of options that mean nothing without --as-ci. */
const ONLY_AS_CI = [
  'base',
  'head',
  'submitter',
  'waive',
  'pull-request',
  'forge',
  'repository',
  'allow-network',
] as const;

/**
 * Refuses options of --as-ci where a plugin is checked: somebody would believe that a change was judged.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function refuseAsCiOptions(call: Call): void {
  const given =
    ONLY_AS_CI.find((name) => call.values(name).length > 0) ??
    (call.flag('no-artifacts') ? 'no-artifacts' : undefined);
  if (given === undefined) return;
  throw new SheafError('SHEAF_USAGE', `--${given} means nothing without --as-ci.`, {
    hint: 'Add --as-ci to judge a change of a registry.',
  });
}

function revision(call: Call, name: 'base' | 'head'): string {
  const value = call.value(name);
  if (value !== undefined) return value;
  throw new SheafError('SHEAF_USAGE', `--as-ci needs --${name}.`, {
    hint: 'Name two commits: --base origin/main --head HEAD.',
  });
}

/** Reads `github:1234567:contributor`. */
function readSubmitter(text: string | undefined): Submitter | undefined {
  if (text === undefined) return undefined;
  const [, forge, digits, login] = /^(github|gitlab|gitea):([1-9]\d{0,14}):(\S{1,100})$/.exec(text) ?? [];
  if (forge !== undefined && digits !== undefined && login !== undefined) {
    return { forge: forge as Submitter['forge'], id: Number(digits), login };
  }
  throw new SheafError('SHEAF_USAGE', `${quote(text)} names no account.`, {
    hint: 'Write the forge, the number of the account and its name: github:1234567:contributor.',
  });
}
