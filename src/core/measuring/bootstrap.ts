import { median, quantile } from './quantile.ts';

const RESAMPLES = 2_000;
const SEED = 0x5eaf;

/**
 * The value that the median of what the samples were drawn from exceeds with 95 % confidence: the percentile
 * bootstrap (Efron 1979), one-sided. The random numbers are always the same, so that the same samples are always
 * judged alike.
 */
export function lowerBound(samples: readonly number[]): number {
  const random = createRandom(SEED);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(samples.map(() => samples[Math.floor(random() * samples.length)] ?? Number.NaN)),
  );
  return quantile(medians, 0.05);
}

/** Numbers from 0 to 1, 1 excluded: mulberry32 (Tommy Ettinger, public domain). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
