import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { ReviewAnswer, ReviewRequest, Submission } from '../formats/submissions-file.ts';
import type { ForgeAccount, ForgeReview, OpenChange } from '../review-ports.ts';
import type { SubmittedSummary } from '../submissions/submission-of.ts';
import type { SubmissionRecord } from './submission-record.ts';

/** What a forge tells of the reviews of a pull request. */
export interface ForgeOpinions {
  readonly forge: 'github' | 'gitlab';
  readonly requested: readonly ForgeAccount[];
  readonly reviews: readonly ForgeReview[];
}

/** A release pull request as the rules for reviews judge it, from what a forge tells and what the workflow remembers. */
export function submissionOfForge(
  change: OpenChange,
  release: SubmittedSummary,
  checks: Submission['checks'],
  record: SubmissionRecord,
  opinions: ForgeOpinions,
  { people }: ReviewerPolicy,
): Submission {
  return {
    ...release,
    id: String(change.number),
    url: change.url,
    opened: change.opened,
    updated: record.since,
    author: change.author.login,
    checks,
    findings: record.findings,
    requests: requestsOf(opinions, record, people),
    answers: answersOf(opinions, record, people),
  };
}

/** Who was asked: by the workflow, which remembers when, or by somebody on the forge. */
function requestsOf(
  { forge, requested }: ForgeOpinions,
  record: SubmissionRecord,
  people: ReviewerPolicy['people'],
): readonly ReviewRequest[] {
  const asked = new Map(Object.entries(record.asked).filter(([reviewer]) => people[reviewer] !== undefined));
  for (const { login } of requested) {
    const reviewer = reviewerOf(login, forge, people);
    if (reviewer !== undefined && !asked.has(reviewer)) asked.set(reviewer, record.since);
  }
  return [...asked].map(([reviewer, since]) => ({ reviewer, since }));
}

/**
 * What reviewers said of the commit that is up for review. It can have been said before the workflow saw the commit,
 * so its time is at least that. Where a forge does not say what a review is of, only its time tells.
 */
export function answersOf(
  { forge, reviews }: Pick<ForgeOpinions, 'forge' | 'reviews'>,
  { head, since }: Pick<SubmissionRecord, 'head' | 'since'>,
  people: ReviewerPolicy['people'],
): readonly ReviewAnswer[] {
  return reviews.flatMap(({ account, verdict, date, commit }) => {
    const reviewer = reviewerOf(account.login, forge, people);
    if (reviewer === undefined || (commit ?? head) !== head) return [];
    return [{ reviewer, verdict, date: commit === undefined ? date : Math.max(date, since) }];
  });
}

/** The reviewer who has an account on a forge. */
export function reviewerOf(
  login: string,
  forge: 'github' | 'gitlab',
  people: ReviewerPolicy['people'],
): string | undefined {
  // Forges do not tell the case of account names apart.
  const wanted = login.toLowerCase();
  return Object.entries(people).find(([, person]) => person[forge]?.toLowerCase() === wanted)?.[0];
}
