import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReviewFile } from '../formats/review-file.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { bayesianRating, countingReviews, ratingOf } from './rating.ts';

const stars = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 });

function review(reviewer: string, rating: number, change: Partial<ReviewFile> = {}): ReviewFile {
  return {
    registry: 'acme',
    plugin: pluginName('graph-lens'),
    version: '1.0.0' as Version,
    reviewer,
    date: 1000,
    rating,
    verdict: 'approve',
    thoroughness: 'medium',
    ...change,
  };
}

describe('the rating', () => {
  it('is what its formula says', () => {
    expect(bayesianRating([])).toBeUndefined();
    expect(bayesianRating([5])).toEqual({ rating: 3.7, count: 1 });
    expect(bayesianRating([5, 5, 5])).toEqual({ rating: 4.2, count: 3 });
    expect(bayesianRating([1])).toEqual({ rating: 2.3, count: 1 });
  });

  it('stays on the scale and between the middle and the plain mean', () => {
    fc.assert(
      fc.property(stars, (ratings) => {
        const { rating = 0 } = bayesianRating(ratings) ?? {};
        const mean = ratings.reduce((sum, one) => sum + one, 0) / ratings.length;
        expect(rating).toBeGreaterThanOrEqual(Math.min(3, mean) - 0.05);
        expect(rating).toBeLessThanOrEqual(Math.max(3, mean) + 0.05);
      }),
      { seed: 1 },
    );
  });

  it('never falls when somebody thinks better of it', () => {
    fc.assert(
      fc.property(stars, fc.nat(59), (ratings, place) => {
        const better = ratings.with(place % ratings.length, 5);
        expect(bayesianRating(better)!.rating).toBeGreaterThanOrEqual(bayesianRating(ratings)!.rating);
      }),
      { seed: 2 },
    );
  });

  it('comes to the plain mean with their number', () => {
    fc.assert(
      fc.property(stars, (ratings) => {
        const mean = ratings.reduce((sum, one) => sum + one, 0) / ratings.length;
        const many = Array.from({ length: 200 }, () => ratings).flat();
        expect(bayesianRating(many)!.rating).toBeCloseTo(mean, 0);
        expect(Math.abs(bayesianRating(many)!.rating - mean)).toBeLessThanOrEqual(0.0701);
      }),
      { seed: 3 },
    );
  });

  it('counts the newest of each reviewer, of any version, and never the owner', () => {
    const reviews = [
      review('dana', 1, { date: 1 }),
      review('dana', 5, { date: 2, version: '1.1.0' as Version }),
      review('author', 5),
    ];
    expect(ratingOf(reviews, 'author')).toEqual({ rating: 3.7, count: 1 });
    expect(countingReviews(reviews, 'author')).toEqual([reviews[1]]);
    expect(ratingOf([review('author', 5)], 'author')).toBeUndefined();
  });

  it('does not depend on the order of the files', () => {
    const reviews = [
      review('dana', 1, { date: 2, version: '1.0.0' as Version }),
      review('dana', 5, { date: 2, version: '1.1.0' as Version }),
      review('erin', 4),
    ];
    expect(countingReviews(reviews, 'x')).toEqual(countingReviews(reviews.toReversed(), 'x'));
  });
});
