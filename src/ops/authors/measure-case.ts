import type { CaseHost } from '../../core/authoring/judge-answer.ts';
import type { StartedPlugin } from '../../core/authoring/ports.ts';
import type { PluginCase } from '../../core/formats/plugin-case.ts';
import { type Quad, REGRESSION_US } from '../../core/measuring/comparison.ts';
import { hasWarmedUp } from '../../core/measuring/warm-up.ts';

/** Least length of a batch: clocks and single interruptions are small against it. */
const BATCH_US = 1_000;
/** Calls of a batch: those that take so little that it would need more are not judged (core/measuring/comparison.ts). */
const MOST_CALLS: number = BATCH_US / REGRESSION_US;
/** Batches after which a plugin that never becomes steady is measured as it is. */
const WARM_UPS = 40;

/** A plugin that runs, and the case that is measured on it. */
export interface Measured {
  readonly started: StartedPlugin;
  readonly host: CaseHost;
  readonly one: PluginCase;
}

/** Microseconds of single calls inside the plugin, and the most memory that it had, in bytes. */
export interface Batch {
  readonly samples: readonly number[];
  readonly memoryBytes: number;
}

/** Calls the plugin until it is steady. @returns how many calls make a batch. */
export async function warmUp(measured: Measured): Promise<number> {
  const calls = await callsOfBatch(measured);
  const means: number[] = [];
  while (!hasWarmedUp(means) && means.length < WARM_UPS) means.push(mean(await runBatch(measured, calls)));
  return calls;
}

/** One batch of so many calls, one after the other. */
export async function runBatch({ started, host, one }: Measured, calls: number): Promise<Batch> {
  const samples: number[] = [];
  let memoryBytes = 0;
  for (let call = 0; call < calls; call++) {
    host.serve(one);
    const { metrics } = await started.execute(one.command, one.input);
    samples.push(metrics.us);
    memoryBytes = Math.max(memoryBytes, metrics.memoryBytes);
  }
  return { samples, memoryBytes };
}

/** Batches in the order A B B A, so many times. */
export async function measureQuads(
  a: Measured,
  b: Measured,
  calls: number,
  count: number,
): Promise<readonly Quad[]> {
  const quads: Quad[] = [];
  for (let quad = 0; quad < count; quad++) {
    const first = mean(await runBatch(a, calls));
    const inner: [number, number] = [mean(await runBatch(b, calls)), mean(await runBatch(b, calls))];
    quads.push({ a: [first, mean(await runBatch(a, calls))], b: inner });
  }
  return quads;
}

async function callsOfBatch(measured: Measured): Promise<number> {
  let calls = 1;
  while (calls < MOST_CALLS) {
    const { samples } = await runBatch(measured, calls);
    if (sum(samples) >= BATCH_US) break;
    calls = Math.min(MOST_CALLS, calls * 2);
  }
  return calls;
}

/** Never 0, by which a ratio could not be taken: calls below half a microsecond are seen as 0. */
function mean({ samples }: Batch): number {
  return Math.max(sum(samples) / samples.length, 0.01);
}

function sum(samples: readonly number[]): number {
  return samples.reduce((total, sample) => total + sample, 0);
}
