import { array, assert, double, integer, property, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBound } from './bootstrap.ts';
import { judgeBudget } from './budget.ts';
import { compare, type Quad } from './comparison.ts';
import { median, quantile } from './quantile.ts';
import { hasWarmedUp } from './warm-up.ts';

const times = array(double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
const SEED = { seed: 41, numRuns: 100 };

describe('quantiles', () => {
  it('are samples, whatever the order, and grow with the share', () => {
    assert(
      property(times, integer({ min: 0, max: 100 }), integer({ min: 0, max: 100 }), (samples, a, b) => {
        const [low, high] = [Math.min(a, b) / 100, Math.max(a, b) / 100];
        expect(samples).toContain(quantile(samples, low));
        expect(quantile(samples.toReversed(), low)).toBe(quantile(samples, low));
        expect(quantile(samples, low)).toBeLessThanOrEqual(quantile(samples, high));
      }),
      SEED,
    );
  });

  it('leave as many samples below the median as above it', () => {
    assert(
      property(times, (samples) => {
        const middle = median(samples);
        const below = samples.filter((sample) => sample < middle).length;
        expect(below).toBeLessThanOrEqual(samples.length / 2);
        expect(samples.filter((sample) => sample > middle).length).toBeLessThanOrEqual(samples.length / 2);
      }),
      SEED,
    );
  });

  it.each([
    [[3], 3],
    [[1, 9], 5],
    [[9, 1, 2], 2],
  ])('the median of %j is %d', (samples, expected) => expect(median(samples)).toBe(expected));
});

describe('warm-up', () => {
  it('is over when the last three batches agree within 5 %, whatever came before', () => {
    expect(hasWarmedUp([900, 100, 102, 105])).toBe(true);
    expect(hasWarmedUp([100, 102, 106])).toBe(false);
    expect(hasWarmedUp([100, 100])).toBe(false);
  });
});

describe('the bootstrap', () => {
  it('gives a bound between the smallest sample and the median, and the same one every time', () => {
    assert(
      property(times, (samples) => {
        const bound = lowerBound(samples);
        expect(bound).toBeGreaterThanOrEqual(Math.min(...samples));
        expect(bound).toBeLessThanOrEqual(median(samples) + 1e-9 * Math.abs(median(samples)));
        expect(lowerBound(samples)).toBe(bound);
      }),
      { ...SEED, numRuns: 25 },
    );
  });

  it('scales with the samples', () => {
    assert(
      property(times, (samples) => {
        expect(lowerBound(samples.map((sample) => sample * 4))).toBeCloseTo(lowerBound(samples) * 4, 3);
      }),
      { ...SEED, numRuns: 25 },
    );
  });
});

describe('a comparison', () => {
  /** Quads around a time for A and one for B, with a noise of up to so many per cent. */
  const quads = (a: number, b: number, noise: readonly number[]): Quad[] =>
    noise.map((percent, index) => {
      const [up, down] = [1 + percent / 100, 1 - percent / 100];
      const [first, second] = index % 2 === 0 ? [up, down] : [down, up];
      return { a: [a * first, a * second], b: [b * second, b * second] };
    });
  const noise = array(integer({ min: -3, max: 3 }), { minLength: 31, maxLength: 31 });

  it('never calls equals slower', () => {
    assert(
      property(noise, (percents) => {
        const steady = quads(100, 100, percents);
        expect(compare(steady, steady).verdict).toBe('not-slower');
      }),
      { ...SEED, numRuns: 25 },
    );
  });

  it('always finds a quarter more time, unless it is below 5 µs', () => {
    assert(
      property(noise, (percents) => {
        expect(compare(quads(100, 125, percents), quads(100, 100, percents)).verdict).toBe('slower');
        expect(compare(quads(10, 12.5, percents), quads(10, 10, percents)).verdict).toBe('not-slower');
      }),
      { ...SEED, numRuns: 25 },
    );
  });

  it('is not slower when the whole call takes no longer than what nobody notices, even on an unsteady machine', () => {
    const flat = Array.from({ length: 31 }, () => 0);
    expect(compare(quads(2.5, 5, flat), quads(100, 130, flat)).verdict).toBe('not-slower');
    expect(compare(quads(2.5, 8, flat), quads(100, 130, flat)).verdict).toBe('inconclusive');
  });

  it('is inconclusive where B looks slower than 5 %, but a part of the quads says otherwise', () => {
    const flat = quads(
      100,
      100,
      Array.from({ length: 31 }, () => 0),
    );
    const mixed = flat.map((quad, index): Quad => (index % 2 === 0 ? { ...quad, b: [112, 112] } : quad));
    expect(compare(mixed, flat)).toMatchObject({ verdict: 'inconclusive', ratio: 1.12, lowerBound: 1 });
  });

  it('does not depend on the order of the quads for its ratio', () => {
    const all = quads(
      100,
      108,
      Array.from({ length: 31 }, (_, index) => (index % 7) - 3),
    );
    assert(
      property(shuffledSubarray(all, { minLength: 31, maxLength: 31 }), (shuffled) => {
        expect(compare(shuffled, all).ratio).toBe(compare(all, all).ratio);
      }),
      { ...SEED, numRuns: 10 },
    );
  });

  it('is inconclusive when A differs from itself by more than 5 %, even if B is far slower', () => {
    const flat = Array.from({ length: 31 }, () => 0);
    expect(compare(quads(100, 200, flat), quads(100, 106, flat)).verdict).toBe('inconclusive');
    expect(compare(quads(100, 200, flat), quads(100, 104, flat)).verdict).toBe('slower');
  });
});

describe('a budget', () => {
  const tail = [...Array.from({ length: 18 }, () => 50), 500, 500];

  it.each([
    [[50], 100, 'within'],
    [[101], 100, 'over'],
    [tail, 100, 'slow-tail'],
    [tail, undefined, 'unstated'],
  ] as const)('judges %j against %s as %s', (samples, budget, verdict) => {
    expect(judgeBudget(samples, budget).verdict).toBe(verdict);
  });
});
