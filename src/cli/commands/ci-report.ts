import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readMeasurementFile } from '../../core/formats/measurement-file.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { ForgeReviews } from '../../core/review-ports.ts';
import { readForgeEvent } from '../../core/reviewing/forge-event.ts';
import { standingLabels, writeSubmissionComment } from '../../core/reviewing/submission-report.ts';
import type { GivenMeasurement } from '../../ops/submissions/judge-submission.ts';
import { type ReportedSubmission, reportSubmission } from '../../ops/submissions/report-submission.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { openReviewWork } from '../open-review-work.ts';
import { findingLines } from '../render/findings.ts';
import { bold, dim, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const { ports, files, close } = openReviewWork(call, requiredArgument(call, 0));
  try {
    const about = await pullRequestOf(call, files, ports.forge);
    if (about === undefined) {
      return outcomeOf({
        state: 'left',
        number: 0,
        because: 'No open pull request has the commit of the event.',
      });
    }
    const measurement = await measurementOf(call, files);
    const dispatch = call.value('dispatch');
    return outcomeOf(
      await reportSubmission(ports, {
        ...about,
        measurement,
        merge: call.flag('merge'),
        dryRun: call.flag('dry-run'),
        ...(dispatch === undefined ? {} : { dispatch }),
      }),
    );
  } finally {
    await close();
  }
}

/** The pull request that is named, or that an event is about; undefined when it is closed by now, or has moved on. */
async function pullRequestOf(
  call: Call,
  files: NamedFiles,
  forge: ForgeReviews,
): Promise<{ readonly number: number; readonly head?: string } | undefined> {
  const [named, event] = [call.value('pull-request'), call.value('event')];
  if ((named === undefined) === (event === undefined)) {
    throw new SheafError('SHEAF_USAGE', 'Name one pull request: --pull-request N or --event FILE.', {
      hint: 'In a workflow write --event "$GITHUB_EVENT_PATH".',
    });
  }
  const wanted = call.value('head');
  if (event === undefined) {
    return { number: Number(named), ...(wanted === undefined ? {} : { head: wanted }) };
  }
  if (wanted !== undefined) {
    throw new SheafError('SHEAF_USAGE', 'An event names its commit itself, and --head was given, too.', {
      hint: 'Leave out --head, or name the pull request with --pull-request N.',
    });
  }
  const { number, head } = readForgeEvent(await files.read(event, LIMITS.eventBytes), event);
  if (number !== undefined) return { number, head };
  const found = (await forge.openChanges()).find((change) => change.head === head);
  return found === undefined ? undefined : { number: found.number, head };
}

/** A job that measured nothing leaves no file: then the pull request waits. */
async function measurementOf(call: Call, files: NamedFiles): Promise<GivenMeasurement> {
  if (call.flag('unmeasured')) return { kind: 'unused' };
  const path = call.value('measurement');
  if (path === undefined) return { kind: 'remembered' };
  try {
    const bytes = await files.readIfExists(path, LIMITS.measurementBytes);
    if (bytes === undefined) return { kind: 'remembered' };
    return { kind: 'file', file: valueOf(readMeasurementFile(bytes, path)) };
  } catch (error) {
    // A job that runs the code of strangers may leave anything; what it left stops its release, and not this command.
    if (error instanceof SheafError && UNREADABLE.has(error.code)) return { kind: 'unreadable' };
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['SHEAF_INVALID_FILE', 'SHEAF_SIZE']);

function outcomeOf(reported: ReportedSubmission): Outcome {
  if (reported.state === 'left') {
    const { number, state, because } = reported;
    return { data: { number, state, because }, lines: () => [because] };
  }
  const { state, judged, report, merged } = reported;
  const { number, head } = judged.change;
  return {
    data: {
      number,
      state,
      because: report.merge.because,
      title: report.title,
      head,
      lane: report.lane,
      findings: report.findings,
      labels: standingLabels(report),
      asked: Object.keys(report.record.asked),
      comment: writeSubmissionComment(report),
      merged: merged?.commit ?? null,
    },
    lines: (): readonly Line[] => [
      ...findingLines(report.findings),
      [bold(report.title), `: ${report.merge.because}`],
      [dim(merged === undefined ? `Judged at ${head}.` : `Merged as ${merged.commit}.`)],
    ],
  };
}
