import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { Submission } from '../formats/submissions-file.ts';
import type { Instant } from '../instant.ts';
import { countingAnswers } from './reviewers-of.ts';
import type { Risk } from './risk.ts';

/** Whether a submission may be merged now. */
export interface MergeVerdict {
  readonly state: 'merge' | 'waiting' | 'blocked';
  /** One sentence. */
  readonly because: string;
  /** When time alone would let it in. */
  readonly due?: Instant;
  /** Who approves what is up for review. */
  readonly approvals: readonly string[];
}

/**
 * Decides whether a submission may be merged: never with red or unfinished checks, never against an objection;
 * else by the approvals that it needs, or by the time that nobody objected. The merge itself checks again that the
 * commit is the one that was judged.
 */
export function judgeMerge(
  submission: Submission,
  risk: Risk,
  policy: ReviewerPolicy,
  now: Instant,
): MergeVerdict {
  const answers = countingAnswers({ ...submission, owners: [submission.owner] }, policy);
  const approvals = answers.flatMap(({ verdict, reviewer }) => (verdict === 'approve' ? [reviewer] : []));
  const due = risk.mergesAfter === undefined ? undefined : submission.updated + risk.mergesAfter;
  const verdict = (state: MergeVerdict['state'], because: string, at?: Instant): MergeVerdict => ({
    state,
    because,
    ...(at === undefined ? {} : { due: at }),
    approvals,
  });
  if (submission.checks === 'failed') return verdict('blocked', 'Its checks failed.');
  const rejecting = answers.filter((answer) => answer.verdict === 'reject');
  if (rejecting.length > 0) return verdict('blocked', `Rejected by ${namesOf(rejecting)}.`);
  if (submission.checks === 'pending') return verdict('waiting', 'Its checks have not ended.', due);
  const doubting = answers.filter((answer) => answer.verdict === 'concerns');
  if (doubting.length > 0) return verdict('waiting', `Concerns of ${namesOf(doubting)} are open.`);
  if (risk.lane === 'review' && hasEnough(approvals, risk, policy)) {
    return verdict('merge', `Approved by ${approvals.join(', ')}.`);
  }
  if (due !== undefined && now >= due) return verdict('merge', mergeReason(risk));
  return verdict('waiting', waitingReason(approvals, risk, policy), due);
}

function hasEnough(approvals: readonly string[], { needs }: Risk, policy: ReviewerPolicy): boolean {
  return approvals.length >= needs.approvals && maintainersAmong(approvals, policy) >= needs.maintainers;
}

function maintainersAmong(names: readonly string[], { people }: ReviewerPolicy): number {
  return names.filter((name) => people[name]?.maintainer === true).length;
}

function mergeReason({ lane }: Risk): string {
  return lane === 'machine'
    ? 'A new version by the same owner that asks for nothing new, with green checks.'
    : 'Nobody objected in the time that there was for it.';
}

function waitingReason(approvals: readonly string[], { lane, needs }: Risk, policy: ReviewerPolicy): string {
  if (lane === 'machine') return 'Green; it waits for the delay of the policy.';
  const parts = [
    ...(needs.approvals === 0 ? [] : [`${approvals.length} of ${needs.approvals} approvals`]),
    ...(needs.maintainers === 0
      ? []
      : [`${maintainersAmong(approvals, policy)} of ${needs.maintainers} maintainers`]),
  ];
  return `It has ${parts.join(' and ')}.`;
}

function namesOf(answers: readonly { readonly reviewer: string }[]): string {
  return answers.map(({ reviewer }) => reviewer).join(', ');
}
