import { SheafError } from '../../core/errors.ts';
import type { Submission } from '../../core/formats/submissions-file.ts';
import { formatInstant, type Instant } from '../../core/instant.ts';
import {
  buildReviewQueue,
  type QueueEntry,
  type ReviewQueue,
  type ReviewRules,
} from '../../core/reviewing/review-queue.ts';
import { readReviewRules } from '../reviews/review-queue.ts';
import { registryIdOf } from '../trust/checkout.ts';
import {
  type GivenMeasurement,
  type JudgedSubmission,
  judgeSubmission,
  type ReviewWorkPorts,
} from './judge-submission.ts';
import { type ReportedSubmission, type ReportRequest, sayAndMerge } from './report-submission.ts';

/** What one run over all open pull requests did. */
export interface QueueRun {
  readonly registry: string;
  readonly submissions: readonly Submission[];
  /** As it was before this run merged anything. */
  readonly queue: ReviewQueue;
  readonly rules: ReviewRules;
  readonly reported: readonly {
    readonly number: number;
    readonly title: string;
    readonly state: ReportedSubmission['state'];
  }[];
  /** Reviewers who were reminded, by pull request. */
  readonly reminded: readonly { readonly number: number; readonly reviewers: readonly string[] }[];
  /** Pull requests that could not be judged, with the sentence that says why. */
  readonly problems: readonly { readonly number: number; readonly problem: string }[];
}

/**
 * Judges every open pull request, brings what the forge shows of them up to date, reminds reviewers who are late, asks
 * maintainers when nobody answers, and merges what may be merged by now: the oldest first, one after the other.
 *
 * @throws SheafError as {@link judgeSubmission} for what concerns all of them; what is wrong with one is in `problems`.
 */
export async function runQueue(
  ports: ReviewWorkPorts,
  request: Pick<ReportRequest, 'merge' | 'dispatch' | 'dryRun'> & {
    readonly measurement: Exclude<GivenMeasurement, { kind: 'file' | 'unreadable' }>;
  },
): Promise<QueueRun> {
  const { forge, target, clock } = ports;
  const base = await target.fetch(`refs/heads/${target.branch}`);
  const { base: tree } = await ports.openTrees(base, base);
  const registry = await registryIdOf({ tree });
  const rules = await readReviewRules(tree);
  const judged: JudgedSubmission[] = [];
  const problems: { readonly number: number; readonly problem: string }[] = [];
  for (const change of await forge.openChanges()) {
    if (change.into !== target.branch) continue;
    const one = await unlessItsFault(judgeSubmission(ports, change, request.measurement));
    if (one instanceof SheafError) problems.push({ number: change.number, problem: one.message });
    else if (one !== undefined) judged.push(one);
  }
  const submissions = judged.flatMap(({ submission }) => submission ?? []);
  const queue = buildReviewQueue({ registry, submissions }, rules, clock.now());
  const reported: QueueRun['reported'][number][] = [];
  const reminded: QueueRun['reminded'][number][] = [];
  for (const one of judged) {
    const { number } = one.change;
    const entry = queue.entries.find(({ submission }) => submission === one.submission);
    const late = entry === undefined ? [] : lateReviewers(entry, one, clock.now());
    const noted = { ...one, record: { ...one.record, reminded: remindedAt(one, late, clock.now()) } };
    const outcome = await unlessItsFault(sayAndMerge(ports, noted, entry?.ask.chosen ?? [], request));
    if (outcome instanceof SheafError) {
      problems.push({ number, problem: outcome.message });
      continue;
    }
    reported.push({ number, title: one.title, state: outcome.state });
    if (late.length === 0 || outcome.state !== 'waiting' || request.dryRun) continue;
    await forge.comment(number, reminderOf(one, late, forge.forge));
    reminded.push({ number, reviewers: late.map(({ reviewer }) => reviewer) });
  }
  return { registry, submissions, queue, rules, reported, reminded, problems };
}

type Late = QueueEntry['reminders']['late'];

/** Who is late and was not reminded of late. */
function lateReviewers({ reminders }: QueueEntry, { record, rules }: JudgedSubmission, now: Instant): Late {
  const { people, remindAfter } = rules.reviewers;
  return reminders.late.filter(
    ({ reviewer, since }) =>
      people[reviewer] !== undefined &&
      now - Math.max(since, record.reminded[reviewer] ?? since) >= remindAfter,
  );
}

function remindedAt(
  { record }: JudgedSubmission,
  late: Late,
  now: Instant,
): JudgedSubmission['record']['reminded'] {
  return { ...record.reminded, ...Object.fromEntries(late.map(({ reviewer }) => [reviewer, now])) };
}

function reminderOf({ title, rules }: JudgedSubmission, late: Late, forge: 'github' | 'gitlab'): string {
  const lines = late.map(({ reviewer, since }) => {
    const login = rules.reviewers.people[reviewer]?.[forge];
    return `- ${login === undefined ? reviewer : `@${login}`}, asked ${formatInstant(since)}`;
  });
  return [`${title} waits for a review of:`, '', ...lines, ''].join('\n');
}

/** What is about one pull request must not stop the others; what is about the forge or this machine must. */
async function unlessItsFault<T>(work: Promise<T>): Promise<T | SheafError> {
  try {
    return await work;
  } catch (error) {
    const isOurs =
      !(error instanceof SheafError) ||
      [
        'SHEAF_NETWORK',
        'SHEAF_AUTHENTICATION',
        'SHEAF_OFFLINE',
        'SHEAF_INTERRUPTED',
        'SHEAF_INTERNAL',
      ].includes(error.code);
    if (isOurs) throw error;
    return error;
  }
}
