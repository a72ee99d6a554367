import { describe, expect, it } from 'vitest';
import type { Version } from '../version.ts';
import type { Comparison } from './comparison.ts';
import { type CaseFigures, releasePerformance } from './release-performance.ts';

const BEFORE = '1.0.0' as Version;
const comparison = (verdict: Comparison['verdict'], ratio = 1): Comparison => ({
  verdict,
  ratio,
  lowerBound: ratio,
  differenceUs: 0,
  control: 1,
});
const figures = (change: Partial<CaseFigures> = {}): CaseFigures => ({
  verdict: 'within',
  p50: 100,
  p95: 200,
  memoryBytes: 65_536,
  ...change,
});

describe('the performance of a release', () => {
  it('is none without cases', () => {
    expect(releasePerformance([], BEFORE)).toBeUndefined();
  });

  it('is that of the slowest, the largest, and the one that lost most', () => {
    const cases = [
      figures({ p50: 300.12345, comparison: comparison('not-slower', 0.9) }),
      figures({ p95: 400, memoryBytes: 131_072, comparison: comparison('not-slower', 1.01234) }),
    ];
    expect(releasePerformance(cases, BEFORE)).toEqual({
      verdict: 'passed',
      p50Us: 300.123,
      p95Us: 400,
      peakMemoryBytes: 131_072,
      against: BEFORE,
      ratio: 1.012,
    });
  });

  it.each([
    ['over-budget', [figures({ verdict: 'over' }), figures({ comparison: comparison('slower') })]],
    [
      'regression',
      [figures({ comparison: comparison('inconclusive') }), figures({ comparison: comparison('slower') })],
    ],
    ['inconclusive', [figures({ comparison: comparison('inconclusive') }), figures()]],
    ['passed', [figures({ verdict: 'slow-tail' }), figures({ verdict: 'unstated' })]],
  ] as const)('is %s', (verdict, cases) => {
    expect(releasePerformance(cases, BEFORE)).toMatchObject({ verdict });
  });

  it('has no ratio without a comparison, and no memory where the plugin does not say', () => {
    const performance = releasePerformance([figures({ memoryBytes: 0 })], BEFORE);
    expect(performance).toEqual({ verdict: 'passed', p50Us: 100, p95Us: 200 });
  });
});
