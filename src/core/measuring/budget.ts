import { quantile } from './quantile.ts';

/** What calls cost, against what the manifest states. */
export interface BudgetVerdict {
  /** `over`: half of the calls take longer than stated. `slow-tail`: more than one in twenty does. */
  readonly verdict: 'within' | 'slow-tail' | 'over' | 'unstated';
  readonly p50: number;
  readonly p95: number;
}

/** @param samples microseconds of single calls, at least one. @param budgetUs `max_query_time_us`. */
export function judgeBudget(samples: readonly number[], budgetUs: number | undefined): BudgetVerdict {
  const [p50, p95] = [quantile(samples, 0.5), quantile(samples, 0.95)];
  if (budgetUs === undefined) return { verdict: 'unstated', p50, p95 };
  if (p50 > budgetUs) return { verdict: 'over', p50, p95 };
  return { verdict: p95 > budgetUs ? 'slow-tail' : 'within', p50, p95 };
}
