import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REVIEWERS, submission } from '../../../test/support/submissions.ts';
import { chooseReviewers, type ReviewDemand } from './choose-reviewers.ts';

const demand = (change: Partial<ReviewDemand> = {}): ReviewDemand => ({
  submission: submission(),
  expertise: ['graphs'],
  load: new Map(),
  asked: [],
  count: 3,
  maintainersOnly: false,
  ...change,
});
const names = (change: Partial<ReviewDemand> = {}): readonly string[] =>
  chooseReviewers(REVIEWERS, demand(change)).chosen.map(({ reviewer }) => reviewer);

describe('choosing reviewers', () => {
  it('takes those who know the category before all others', () => {
    expect(new Set(names())).toEqual(new Set(['alice', 'bob', 'dana']));
  });

  it('takes the least busy of those who know it', () => {
    const load = new Map([
      ['alice', 4],
      ['bob', 1],
    ]);
    expect(names({ load })).toEqual(['dana', 'bob', 'alice']);
  });

  it('takes who knows most of equally busy ones, and says why', () => {
    const { chosen } = chooseReviewers(REVIEWERS, demand({ expertise: ['graphs', 'web'], count: 2 }));
    expect(new Set(chosen.map(({ reviewer }) => reviewer))).toEqual(new Set(['bob', 'dana']));
    expect(chosen[0]?.because).toBe('knows graphs, web; 0 open reviews');
  });

  it.each([
    ['by the name of the account, whatever its case', { author: 'dana-hub' }, 'opened the pull request'],
    ['by the name of the reviewer', { author: 'dana' }, 'opened the pull request'],
    ['as the owner', { owner: 'dana' }, 'owns the plugin'],
  ])('never takes the author: %s', (_, change, because) => {
    const { chosen, passedOver } = chooseReviewers(
      REVIEWERS,
      demand({ submission: submission(change), count: 9 }),
    );
    expect(chosen.map(({ reviewer }) => reviewer)).not.toContain('dana');
    expect(passedOver).toContainEqual({ reviewer: 'dana', because });
  });

  it('passes over who has as many open reviews as they take', () => {
    const { passedOver } = chooseReviewers(REVIEWERS, demand({ load: new Map([['dana', 2]]) }));
    expect(passedOver).toContainEqual({ reviewer: 'dana', because: 'has 2 open reviews' });
  });

  it('fills up with others where too few know the category', () => {
    expect(names({ expertise: ['ci'] })).toHaveLength(3);
    expect(names({ expertise: ['ci'] })[0]).toBe('carol');
  });

  it('takes only maintainers once reviewers were silent, and nobody twice', () => {
    expect(names({ maintainersOnly: true, asked: ['alice'] })).toEqual(['bob']);
  });

  it('gives the same answer to the same question, and not always the same person another', () => {
    expect(names()).toEqual(names());
    const first = Array.from(
      { length: 40 },
      (_, id) => names({ submission: submission({ id: String(id + 1) }), expertise: ['web'], count: 1 })[0],
    );
    expect(new Set(first)).toEqual(new Set(['bob', 'dana', 'erin']));
  });

  it('names every reviewer once, chosen or passed over, for any load', () => {
    const loads = fc.dictionary(fc.constantFrom(...Object.keys(REVIEWERS.people)), fc.nat(4));
    fc.assert(
      fc.property(loads, fc.nat(7), fc.boolean(), (load, count, maintainersOnly) => {
        const given = new Map(Object.entries(load));
        const { chosen, passedOver } = chooseReviewers(
          REVIEWERS,
          demand({ load: given, count, maintainersOnly }),
        );
        expect(chosen.length).toBeLessThanOrEqual(count);
        const all = [...chosen, ...passedOver].map(({ reviewer }) => reviewer);
        expect(all.toSorted()).toEqual(Object.keys(REVIEWERS.people).toSorted());
      }),
      { seed: 7 },
    );
  });
});
