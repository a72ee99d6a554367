import type { CallMetrics } from './running-plugin.ts';

/** What the calls of a plugin, or of all, cost together since the host was opened. */
export interface CallStats {
  readonly calls: number;
  /** Calls that ended with an error. */
  readonly failures: number;
  /** Calls that took longer inside the plugin than its manifest's `max_query_time_us`. */
  readonly overBudget: number;
  /** Microseconds inside the plugin. */
  readonly us: number;
  /** Microseconds from question to answer. */
  readonly wallUs: number;
  /** The most memory that it had, in bytes; of several plugins the sum. */
  readonly peakMemoryBytes: number;
}

export const NO_CALLS: CallStats = {
  calls: 0,
  failures: 0,
  overBudget: 0,
  us: 0,
  wallUs: 0,
  peakMemoryBytes: 0,
};

/** The figures with one more call of the same plugin. */
export function addCall(
  stats: CallStats,
  call: { readonly ok: boolean; readonly metrics: CallMetrics; readonly budgetUs: number | undefined },
): CallStats {
  const { us, wallUs, memoryBytes } = call.metrics;
  return {
    calls: stats.calls + 1,
    failures: stats.failures + Number(!call.ok),
    overBudget: stats.overBudget + Number(call.budgetUs !== undefined && us > call.budgetUs),
    us: stats.us + us,
    wallUs: stats.wallUs + wallUs,
    peakMemoryBytes: Math.max(stats.peakMemoryBytes, memoryBytes),
  };
}

/** The figures of several plugins together. */
export function sumStats(all: readonly CallStats[]): CallStats {
  return all.reduce(
    (sum, one) => ({
      calls: sum.calls + one.calls,
      failures: sum.failures + one.failures,
      overBudget: sum.overBudget + one.overBudget,
      us: sum.us + one.us,
      wallUs: sum.wallUs + one.wallUs,
      peakMemoryBytes: sum.peakMemoryBytes + one.peakMemoryBytes,
    }),
    NO_CALLS,
  );
}
