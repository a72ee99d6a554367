import { SheafError } from '../../core/errors.ts';
import type { ForgeReviews, OpenChange } from '../../core/review-ports.ts';
import type { ReviewerChoice } from '../../core/reviewing/choose-reviewers.ts';
import { choiceFor } from '../../core/reviewing/review-queue.ts';
import { reviewerOf } from '../../core/reviewing/submission-of-forge.ts';
import {
  STANDING_LABELS,
  type SubmissionReport,
  standingLabels,
  writeSubmissionComment,
} from '../../core/reviewing/submission-report.ts';
import {
  findingsOf,
  type GivenMeasurement,
  type JudgedSubmission,
  judgeSubmission,
  type ReviewWorkPorts,
} from './judge-submission.ts';
import { type MergedSubmission, mergeSubmission } from './merge-submission.ts';

/** What is to be done about a pull request. */
export interface ReportRequest {
  readonly number: number;
  /** The commit that the event was about: when another one is up for review by now, its own event will come. */
  readonly head?: string;
  readonly measurement: GivenMeasurement;
  /** Merge when the verdict says so. */
  readonly merge: boolean;
  /** The workflow that is started after a merge. */
  readonly dispatch?: string;
  /** Judge only, and change nothing on the forge. */
  readonly dryRun: boolean;
}

/** What was done. */
export type ReportedSubmission =
  | {
      readonly state: 'left';
      readonly number: number;
      /** Why nothing was done, one sentence. */
      readonly because: string;
    }
  | {
      readonly state: 'blocked' | 'waiting' | 'merge' | 'merged';
      readonly judged: JudgedSubmission;
      readonly report: SubmissionReport;
      readonly merged?: MergedSubmission;
    };

/**
 * Judges one pull request and says so on the forge: one comment, which is kept up to date, labels, and requests for
 * reviews. With `merge` it is merged when the verdict is that. Run twice it changes nothing the second time.
 *
 * @throws SheafError as {@link judgeSubmission}, and as {@link mergeSubmission} for what is nobody's fault here.
 */
export async function reportSubmission(
  ports: ReviewWorkPorts,
  request: ReportRequest,
): Promise<ReportedSubmission> {
  const { number } = request;
  const left = (because: string): ReportedSubmission => ({ state: 'left', number, because });
  const change = await ports.forge.change(number);
  const why = reasonToLeave(ports, change, request.head);
  if (change === undefined || why !== undefined) return left(why ?? `There is no pull request ${number}.`);
  const judged = await judgeSubmission(ports, change, request.measurement);
  if (judged === undefined) return left(`The pull request ${number} got another commit in the meantime.`);
  return sayAndMerge(ports, judged, await chooseFor(ports, judged), request);
}

/** The same for a pull request that is judged already, with those whom somebody chose for it. */
export async function sayAndMerge(
  ports: ReviewWorkPorts,
  judged: JudgedSubmission,
  choice: ReviewerChoice['chosen'],
  { merge, dispatch, dryRun }: Pick<ReportRequest, 'merge' | 'dispatch' | 'dryRun'>,
): Promise<ReportedSubmission> {
  const { forge, clock } = ports;
  const { number } = judged.change;
  const asked = dryRun ? choice : await ask(forge, judged, choice);
  const now = clock.now();
  const dates = Object.fromEntries(asked.map(({ reviewer }) => [reviewer, now]));
  const report: SubmissionReport = {
    record: { ...judged.record, asked: { ...judged.record.asked, ...dates } },
    title: judged.title,
    lane: judged.lane,
    reasons: judged.reasons,
    merge: judged.merge,
    findings: judged.judged.findings,
    waived: judged.judged.waived,
    ignoredWaivers: judged.waivers.ignored,
  };
  if (dryRun) return { state: judged.merge.state, judged, report };
  const comment = await say(forge, number, report, judged.comment);
  await label(forge, judged.change, report);
  if (!merge || judged.merge.state !== 'merge') return { state: judged.merge.state, judged, report };

  // What the forge says now counts, not what it said when this run began.
  const present = await forge.change(number);
  const why = reasonToLeave(ports, present, judged.change.head);
  if (why !== undefined) return { state: 'left', number, because: why };
  const outcome = await tryMerge(ports, judged);
  if (outcome instanceof SheafError) {
    const blocked = {
      ...report,
      merge: { ...report.merge, state: 'blocked' as const, because: outcome.message },
    };
    await say(forge, number, blocked, comment);
    await label(forge, judged.change, blocked);
    return { state: 'blocked', judged, report: blocked };
  }
  const merged = { ...report, merged: outcome.commit };
  await say(forge, number, merged, comment);
  if (dispatch !== undefined) {
    await forge.dispatch(dispatch, ports.target.branch, { commit: outcome.commit });
  }
  return { state: 'merged', judged, report: merged, merged: outcome };
}

function reasonToLeave(
  { target }: ReviewWorkPorts,
  change: OpenChange | undefined,
  head: string | undefined,
): string | undefined {
  if (change === undefined) return undefined;
  const { number, state, into } = change;
  if (state !== 'open') return `The pull request ${number} is ${state}.`;
  if (into !== target.branch) return `The pull request ${number} is not for the branch ${target.branch}.`;
  return head === undefined || head === change.head
    ? undefined
    : `The pull request ${number} got another commit in the meantime.`;
}

/** Whom to ask now; how busy people are is asked of the forge only when it matters. */
async function chooseFor(
  { forge }: ReviewWorkPorts,
  { submission, lane, merge, rules }: JudgedSubmission,
): Promise<ReviewerChoice['chosen']> {
  const isWanting = submission !== undefined && submission.requests.length < rules.reviewers.reviewers;
  if (!isWanting || lane !== 'review' || merge.state !== 'waiting') return [];
  const load = new Map<string, number>();
  for (const { number } of await forge.openChanges()) {
    for (const { login } of await forge.requested(number)) {
      const reviewer = reviewerOf(login, forge.forge, rules.reviewers.people);
      if (reviewer !== undefined) load.set(reviewer, (load.get(reviewer) ?? 0) + 1);
    }
  }
  return choiceFor(submission, rules, load, false).chosen;
}

/** Asks them on the forge; reviewers without an account there are only named in the comment. */
async function ask(
  forge: ForgeReviews,
  { change, rules }: JudgedSubmission,
  choice: ReviewerChoice['chosen'],
): Promise<ReviewerChoice['chosen']> {
  const logins = choice.flatMap(({ reviewer }) => rules.reviewers.people[reviewer]?.[forge.forge] ?? []);
  if (logins.length === 0) return choice;
  const taken = new Set((await forge.request(change.number, logins)).map((login) => login.toLowerCase()));
  return choice.filter(({ reviewer }) => {
    const login = rules.reviewers.people[reviewer]?.[forge.forge];
    return login === undefined || taken.has(login.toLowerCase());
  });
}

async function say(
  forge: ForgeReviews,
  number: number,
  report: SubmissionReport,
  before: JudgedSubmission['comment'],
): Promise<JudgedSubmission['comment']> {
  const body = writeSubmissionComment(report);
  if (before === undefined) return forge.comment(number, body);
  if (before.body !== body) await forge.editComment(number, before.id, body);
  return { id: before.id, body };
}

async function label(
  forge: ForgeReviews,
  { number, labels }: OpenChange,
  report: SubmissionReport,
): Promise<void> {
  const wanted: readonly string[] = standingLabels(report);
  for (const name of wanted) if (!labels.includes(name)) await forge.addLabel(number, name);
  for (const name of STANDING_LABELS) {
    if (labels.includes(name) && !wanted.includes(name)) await forge.removeLabel(number, name);
  }
}

/** Refusals that are about this pull request come back; whoever pushes again may try again. */
async function tryMerge(
  ports: ReviewWorkPorts,
  { change, title, waivers }: JudgedSubmission,
): Promise<MergedSubmission | SheafError> {
  const { target, clock } = ports;
  const { examine: _, ...withoutArtifacts } = ports;
  const judge = (base: string, head: string): ReturnType<typeof findingsOf> =>
    findingsOf(withoutArtifacts, base, head, { change, waive: waivers.rules });
  try {
    return await mergeSubmission(
      { target, judge, clock },
      {
        head: change.head,
        ref: change.ref,
        title: `Merge #${change.number}: ${title}`,
        waivers: waivers.given,
      },
    );
  } catch (error) {
    if (error instanceof SheafError && OWN_FAULTS.has(error.code)) return error;
    throw error;
  }
}

const OWN_FAULTS: ReadonlySet<string> = new Set(['SHEAF_POLICY', 'SHEAF_EXISTS', 'SHEAF_INVALID_FILE']);
