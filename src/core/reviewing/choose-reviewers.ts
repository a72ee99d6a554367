import { sha256 } from '../digest.ts';
import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { Submission } from '../formats/submissions-file.ts';
import { conflictOf } from './reviewers-of.ts';

/** What choosing goes by. */
export interface ReviewDemand {
  readonly submission: Pick<Submission, 'id' | 'author' | 'owner' | 'plugin' | 'version'>;
  /** What reviewers of the category should know. */
  readonly expertise: readonly string[];
  /** Open requests by reviewer, those of this submission included. */
  readonly load: ReadonlyMap<string, number>;
  /** Who was asked already; they are not asked again. */
  readonly asked: readonly string[];
  /** How many to choose. */
  readonly count: number;
  /** Only maintainers: what is left when reviewers do not answer. */
  readonly maintainersOnly: boolean;
}

/** Who should be asked, and why not others: every reviewer of the policy is in one of the two. */
export interface ReviewerChoice {
  /** In the order of the choice. */
  readonly chosen: readonly { readonly reviewer: string; readonly because: string }[];
  readonly passedOver: readonly { readonly reviewer: string; readonly because: string }[];
}

interface Candidate {
  readonly reviewer: string;
  readonly matches: readonly string[];
  readonly load: number;
  /** Breaks ties, differently for each submission, so that the alphabet gives nobody more work. */
  readonly lot: string;
}

/**
 * Chooses reviewers: who knows something of the category first, of them the least busy, of equally busy ones who
 * knows most; then by a lot that the submission itself draws, so that the same facts always give the same choice.
 */
export function chooseReviewers(policy: ReviewerPolicy, demand: ReviewDemand): ReviewerChoice {
  const passedOver: { readonly reviewer: string; readonly because: string }[] = [];
  const candidates: Candidate[] = [];
  for (const [reviewer, person] of Object.entries(policy.people)) {
    const load = demand.load.get(reviewer) ?? 0;
    const because = demand.asked.includes(reviewer)
      ? 'was asked already'
      : (conflictOf(reviewer, person, { ...demand.submission, owners: [demand.submission.owner] }) ??
        (demand.maintainersOnly && !person.maintainer ? 'is no maintainer' : undefined) ??
        (load >= (person.maxOpen ?? Number.POSITIVE_INFINITY) ? `has ${load} open reviews` : undefined));
    if (because !== undefined) passedOver.push({ reviewer, because });
    else {
      const matches = person.expertise.filter((one) => demand.expertise.includes(one));
      candidates.push({ reviewer, matches, load, lot: lotOf(demand, reviewer) });
    }
  }
  const sorted = candidates.toSorted(compareCandidates);
  const chosen = sorted.slice(0, Math.max(0, demand.count));
  const others = sorted
    .slice(chosen.length)
    .map(({ reviewer }) => ({ reviewer, because: 'others come first' }));
  return {
    chosen: chosen.map((one) => ({ reviewer: one.reviewer, because: reasonOf(one) })),
    passedOver: [...passedOver, ...others],
  };
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    Number(b.matches.length > 0) - Number(a.matches.length > 0) ||
    a.load - b.load ||
    b.matches.length - a.matches.length ||
    (a.lot < b.lot ? -1 : 1)
  );
}

function reasonOf({ matches, load }: Candidate): string {
  const knows =
    matches.length === 0 ? 'knows nothing of the category in particular' : `knows ${matches.join(', ')}`;
  return `${knows}; ${load} open ${load === 1 ? 'review' : 'reviews'}`;
}

function lotOf({ submission: { id, plugin, version } }: ReviewDemand, reviewer: string): string {
  return sha256(new TextEncoder().encode(JSON.stringify([id, plugin, version, reviewer])));
}
