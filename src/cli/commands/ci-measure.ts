import {
  hasPassed,
  type MeasuredRelease,
  measurementDocument,
  writeMeasurementFile,
} from '../../core/formats/measurement-file.ts';
import { measureChange } from '../../ops/submissions/measure-change.ts';
import { connectMeasuring } from '../../wiring/measuring.ts';
import { antivirusOf } from '../ask-antivirus.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { bold, dim, green, type Line, red } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = await connectMeasuring({
    registry: requiredArgument(call, 0),
    revisions: { base: call.required('base'), head: call.required('head') },
    allowNetworks: call.values('allow-network'),
    environment: call.environment,
    reporter: call.reporter,
    signal: call.signal,
  });
  try {
    const measurement = await measureChange({ ...ports, ...antivirusOf(call) });
    await ports.files.write(call.required('out'), writeMeasurementFile(measurement));
    const { releases } = measurement;
    return {
      data: measurementDocument(measurement),
      lines: () => (releases.length === 0 ? ['The change adds no release.'] : releases.flatMap(releaseLines)),
      ...(releases.every(isFine) ? {} : { exitStatus: EXIT_STATUS.SHEAF_PLUGIN }),
    };
  } finally {
    await ports.close();
  }
}

/** An artifact that nobody can fetch is none that anybody could install. */
function isFine(release: MeasuredRelease): boolean {
  return release.scan !== undefined && hasPassed(release);
}

function releaseLines(release: MeasuredRelease): readonly Line[] {
  const { plugin, version, scan, tests, conformance, performance, compatibility, problems } = release;
  return [
    [bold(plugin), ` ${version}: `, isFine(release) ? green('passed') : red('failed')],
    ...(scan === undefined ? [] : [`  scan ${scan.score} of 100`]),
    `  own tests ${tests}, conformance ${conformance}`,
    ...(performance === undefined ? [] : [`  ${figures(performance)}`]),
    ...compatibility.map(
      ({ engine, version: tried, loads, tests: own }) =>
        `  ${engine} ${tried}: ${loads ? `loads, own tests ${own}` : 'does not load'}`,
    ),
    ...problems.map((problem): Line => [dim(`  ${problem}`)]),
  ];
}

function figures({
  verdict,
  p50Us,
  p95Us,
  ratio,
  against,
}: NonNullable<MeasuredRelease['performance']>): string {
  const compared = ratio === undefined ? '' : `, ${ratio} times as long as ${against}`;
  return `${verdict}: p50 ${p50Us} µs, p95 ${p95Us} µs${compared}`;
}
