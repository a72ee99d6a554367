import type { Reviewer, ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { ReviewAnswer, Submission } from '../formats/submissions-file.ts';

/** Why somebody may not review a submission; undefined when they may. Nobody reviews what is their own. */
export function conflictOf(
  name: string,
  { github, gitlab }: Reviewer,
  { author, owner }: Pick<Submission, 'author' | 'owner'>,
): string | undefined {
  if (name === owner) return 'owns the plugin';
  // Forges do not tell the case of account names apart.
  const accounts = [name, github, gitlab].flatMap((account) => account?.toLowerCase() ?? []);
  return accounts.includes(author.toLowerCase()) ? 'opened the pull request' : undefined;
}

/**
 * The answers that count: the newest of each reviewer that the registry knows, about the commit that is up for
 * review, and not by its author or owner.
 */
export function countingAnswers(submission: Submission, policy: ReviewerPolicy): readonly ReviewAnswer[] {
  const newest = new Map<string, ReviewAnswer>();
  for (const answer of submission.answers) {
    const person = policy.people[answer.reviewer];
    if (person === undefined || conflictOf(answer.reviewer, person, submission) !== undefined) continue;
    if (answer.date < submission.updated) continue;
    const known = newest.get(answer.reviewer);
    if (known === undefined || known.date <= answer.date) newest.set(answer.reviewer, answer);
  }
  return [...newest.values()].toSorted((a, b) => (a.reviewer < b.reviewer ? -1 : 1));
}

/** Requests that nobody has answered since they were made. */
export function openRequests({ requests, answers }: Submission): Submission['requests'] {
  return requests.filter(
    ({ reviewer, since }) => !answers.some((answer) => answer.reviewer === reviewer && answer.date >= since),
  );
}
