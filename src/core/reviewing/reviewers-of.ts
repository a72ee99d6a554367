import type { Reviewer, ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { ReviewAnswer, Submission } from '../formats/submissions-file.ts';

/** What is up for review, as far as it decides who may review it and which answers count. */
export interface Reviewed extends Pick<Submission, 'author' | 'updated' | 'answers'> {
  /** Whose it is: of a transfer both owners. */
  readonly owners: readonly string[];
}

/** Why somebody may not review something; undefined when they may. Nobody reviews what is their own. */
export function conflictOf(
  name: string,
  { github, gitlab }: Reviewer,
  { author, owners }: Pick<Reviewed, 'author' | 'owners'>,
): string | undefined {
  if (owners.includes(name)) return 'owns the plugin';
  // Forges do not tell the case of account names apart.
  const accounts = [name, github, gitlab].flatMap((account) => account?.toLowerCase() ?? []);
  return accounts.includes(author.toLowerCase()) ? 'opened the pull request' : undefined;
}

/**
 * The answers that count: the newest of each reviewer that the registry knows, about the commit that is up for
 * review, and not by its author or owner.
 */
export function countingAnswers(
  reviewed: Reviewed,
  { people }: Pick<ReviewerPolicy, 'people'>,
): readonly ReviewAnswer[] {
  const newest = new Map<string, ReviewAnswer>();
  for (const answer of reviewed.answers) {
    const person = people[answer.reviewer];
    if (person === undefined || conflictOf(answer.reviewer, person, reviewed) !== undefined) continue;
    if (answer.date < reviewed.updated) continue;
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
