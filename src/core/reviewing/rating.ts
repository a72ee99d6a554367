import type { ReviewFile } from '../formats/review-file.ts';

/** What all ratings of a plugin come to. */
export interface Rating {
  /** 1 to 5, to a tenth. */
  readonly rating: number;
  /** How many people rated it. */
  readonly count: number;
}

/** The middle of the scale: what a plugin nobody has rated is taken for. */
const PRIOR_MEAN = 3;
/** How many ratings the assumption weighs as much as. */
const PRIOR_WEIGHT = 2;

/**
 * The ratings that count: the newest of each reviewer, whatever version it is of, and never the owner's own. Of two
 * of one moment that of the later version text counts, so that the order of files decides nothing.
 */
export function countingReviews<T extends ReviewFile>(reviews: readonly T[], owner: string): readonly T[] {
  const newest = new Map<string, T>();
  for (const review of reviews) {
    if (review.reviewer === owner) continue;
    const known = newest.get(review.reviewer);
    if (known === undefined || isNewer(review, known)) newest.set(review.reviewer, review);
  }
  return [...newest.values()].toSorted((a, b) => (a.reviewer < b.reviewer ? -1 : 1));
}

/**
 * The Bayesian mean of ratings: (2 × 3 + sum of the ratings) / (2 + their number), as if two people had given the
 * middle of the scale. One enthusiast makes 3.7, three make 4.2, and many make nearly 5: a plugin is never first for
 * being rated once. Undefined without ratings.
 */
export function bayesianRating(ratings: readonly number[]): Rating | undefined {
  if (ratings.length === 0) return undefined;
  const sum = ratings.reduce((total, rating) => total + rating, 0);
  const mean = (PRIOR_WEIGHT * PRIOR_MEAN + sum) / (PRIOR_WEIGHT + ratings.length);
  return { rating: Math.round(mean * 10) / 10, count: ratings.length };
}

/** What the reviews of a plugin come to; undefined without any that counts. */
export function ratingOf(reviews: readonly ReviewFile[], owner: string): Rating | undefined {
  return bayesianRating(countingReviews(reviews, owner).map(({ rating }) => rating));
}

function isNewer(a: ReviewFile, b: ReviewFile): boolean {
  return a.date > b.date || (a.date === b.date && a.version > b.version);
}
