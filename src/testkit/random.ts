import { createHash } from 'node:crypto';

/** Numbers that are the same in every run and on every machine, for what is generated. Never for secrets. */
export interface SeededRandom {
  /** Uniform over [0, 1). */
  next(): number;
  /** Uniform over the integers 0 to `count` − 1. */
  below(count: number): number;
  /** A rank from 0 to `count` − 1 where each has about 1 / (rank + 1) of the chances of the first (Zipf 1949). */
  rank(count: number): number;
  /** True this often. */
  chance(probability: number): boolean;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** A stream of its own for each seed: SHA-256 in counter mode, so that streams can be told apart by a text. */
export function seededRandom(seed: string): SeededRandom {
  let block = Buffer.alloc(0);
  let offset = 0;
  let counter = 0;
  const next = (): number => {
    if (offset === block.length) {
      block = createHash('sha256').update(`${counter} ${seed}`).digest();
      counter += 1;
      offset = 0;
    }
    const value = block.readUInt32BE(offset) / 2 ** 32;
    offset += 4;
    return value;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    next,
    below,
    // The inverse of the logarithm that sums the harmonic series; exact enough for shapes.
    rank: (count) => Math.min(count - 1, Math.floor((count + 1) ** next()) - 1),
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)] ?? list[0],
  };
}
