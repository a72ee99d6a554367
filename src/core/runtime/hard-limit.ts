import { LIMITS } from '../limits.ts';

/**
 * Milliseconds after which a call is ended by force. A manifest's `max_query_time_us` is a budget to measure
 * against, not a timer: 20 times that, so that a slow machine does not kill what is well, and never below
 * 100 ms. Without a budget it is 30 s.
 */
export function hardLimit(maxQueryTimeUs: number | undefined): number {
  if (maxQueryTimeUs === undefined) return LIMITS.callTime;
  return Math.max(LIMITS.leastCallTime, Math.ceil((maxQueryTimeUs * LIMITS.callBudgets) / 1_000));
}
