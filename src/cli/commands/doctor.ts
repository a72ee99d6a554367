import { type Diagnosis, doctor } from '../../ops/doctor.ts';
import { connectPrograms } from '../../wiring/programs.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, green, type Line, red, type Span, yellow } from '../render/line.ts';

const MARKS: Readonly<Record<Diagnosis['status'], Span>> = {
  ok: green('✓'),
  warning: yellow('!'),
  error: red('✗'),
};

export async function run(call: Call): Promise<Outcome> {
  const programs = connectPrograms(call.environment);
  const diagnoses = await doctor({ ...(await call.client()), programs });
  const healthy = diagnoses.every(({ status }) => status !== 'error');
  return {
    data: { diagnoses, healthy },
    lines: () =>
      diagnoses.flatMap(({ subject, status, message, fix }): readonly Line[] => {
        const line = [MARKS[status], ' ', bold(subject), `: ${message}`];
        return fix === undefined ? [line] : [line, [dim(`  ${fix}`)]];
      }),
    ...(healthy ? {} : { exitStatus: 1 }),
  };
}
