import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { Submission } from '../formats/submissions-file.ts';
import type { Instant } from '../instant.ts';
import { openRequests } from './reviewers-of.ts';

/** Who keeps a submission waiting. */
export interface Reminders {
  /** Reviewers who should be reminded, the longest first; `late` in milliseconds beyond the time for an answer. */
  readonly late: readonly { readonly reviewer: string; readonly since: Instant; readonly late: number }[];
  /** Nobody answered for so long that maintainers should be asked. */
  readonly fallback: boolean;
}

/** Finds the reviewers who were asked and have not answered in the time that the policy gives them. */
export function dueReminders(submission: Submission, policy: ReviewerPolicy, now: Instant): Reminders {
  const open = openRequests(submission);
  const late = open
    .map(({ reviewer, since }) => ({ reviewer, since, late: now - since - policy.remindAfter }))
    .filter((one) => one.late >= 0)
    .toSorted((a, b) => a.since - b.since || (a.reviewer < b.reviewer ? -1 : 1));
  const isSilent = open.length > 0 && open.length === submission.requests.length;
  const first = Math.min(...open.map(({ since }) => since));
  return { late, fallback: isSilent && now - first >= policy.fallbackAfter };
}
