import { SheafError } from '../../core/errors.ts';
import type { Waiver } from '../../core/formats/audit-file.ts';
import { formatInstant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import { recordFacts } from '../../ops/submissions/record-facts.ts';
import { connectRecording } from '../../wiring/measuring.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = await connectRecording({
    registry: requiredArgument(call, 0),
    revisions: { base: call.required('base'), head: call.required('head') },
    facts: call.required('facts'),
    allowNetworks: call.values('allow-network'),
    environment: call.environment,
    reporter: call.reporter,
    signal: call.signal,
  });
  const [file, dryRun] = [call.value('measurement'), call.flag('dry-run')];
  const measurement =
    file === undefined
      ? {}
      : { measurement: { file, bytes: await ports.files.read(file, LIMITS.measurementBytes) } };
  const { releases, commit, changed } = await recordFacts(
    { ...ports, reporter: call.reporter },
    { ...measurement, waivers: call.values('waive').map(waiverOf), branch: ports.branch, dryRun },
  );
  return {
    data: {
      releases: releases.map((one) => ({ ...one, published: formatInstant(one.published) })),
      commit: commit ?? null,
      changed,
      dryRun,
    },
    lines: (): readonly Line[] => [
      ...releases.map(
        ({ plugin, version, published, scan }): Line => [
          bold(plugin),
          ` ${version}: published ${formatInstant(published)}, scan ${scan.score} of 100`,
        ],
      ),
      summary(releases.length, changed, dryRun),
    ],
  };
}

function summary(releases: number, changed: boolean, dryRun: boolean): string {
  if (releases === 0) return 'The merge adds no release.';
  if (dryRun) return 'Nothing was written.';
  return changed ? 'Recorded.' : 'The branch has these facts already.';
}

function waiverOf(text: string): Waiver {
  const [, rule, by, reason] = /^([^:]+):([^:]+):(.+)$/.exec(text) ?? [];
  if (rule !== undefined && by !== undefined && reason !== undefined) return { rule, by, reason };
  throw new SheafError('SHEAF_USAGE', `--waive ${quote(text)} does not say rule, person and reason.`, {
    hint: 'Write for example: --waive computed-global:alice:"its only use of eval is a comment".',
  });
}
