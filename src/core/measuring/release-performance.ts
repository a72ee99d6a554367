import { defined } from '../defined.ts';
import type { ReleasePerformance } from '../formats/measurement-file.ts';
import type { Version } from '../version.ts';
import type { BudgetVerdict } from './budget.ts';
import type { Comparison } from './comparison.ts';

/** What one benchmark case showed. */
export interface CaseFigures extends BudgetVerdict {
  readonly memoryBytes: number;
  readonly comparison?: Comparison;
}

/**
 * All cases of a release as one: what counts is the slowest, the largest, and the one that lost most. What is over the
 * budget is so whatever else is unsure.
 *
 * @param against the version before, where there is one.
 * @returns undefined without cases.
 */
export function releasePerformance(
  cases: readonly CaseFigures[],
  against: Version | undefined,
): ReleasePerformance | undefined {
  if (cases.length === 0) return undefined;
  const comparisons = cases.flatMap(({ comparison }) => comparison ?? []);
  const memory = Math.max(...cases.map(({ memoryBytes }) => memoryBytes));
  const isCompared = comparisons.length > 0 && against !== undefined;
  return defined({
    verdict: verdictOf(cases, comparisons),
    p50Us: rounded(Math.max(...cases.map(({ p50 }) => p50))),
    p95Us: rounded(Math.max(...cases.map(({ p95 }) => p95))),
    // A native plugin that does not say it shows none.
    peakMemoryBytes: memory === 0 ? undefined : memory,
    against: isCompared ? against : undefined,
    ratio: isCompared ? rounded(Math.max(...comparisons.map(({ ratio }) => ratio))) : undefined,
  });
}

function verdictOf(
  cases: readonly CaseFigures[],
  comparisons: readonly Comparison[],
): ReleasePerformance['verdict'] {
  if (cases.some(({ verdict }) => verdict === 'over')) return 'over-budget';
  if (comparisons.some(({ verdict }) => verdict === 'slower')) return 'regression';
  return comparisons.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'passed';
}

/** To a thousandth: more digits would be noise. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
