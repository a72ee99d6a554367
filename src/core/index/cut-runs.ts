/** Upper bound of a run, in bytes of the weight that its writer estimates for each entry. */
export const RUN_WEIGHT: number = 32 * 1024;

/**
 * Cuts an ordered sequence of entries into runs: returns the position of each run's first entry.
 *
 * A stretch that is heavier than {@link RUN_WEIGHT} is cut before its entry of lowest priority number, the
 * first one excepted, and both halves again. Priorities are hashes of keys, so the cuts form a treap (Seidel
 * and Aragon 1996): they depend on the set of entries only, never on the order of their arrival, and an
 * inserted or removed entry moves the cuts next to it and no others. Cutting every n bytes would move all that
 * follow; boundaries by hash alone (content-defined chunking) would need a forced cut at the cap.
 *
 * Expected time is n log(n × weight / RUN_WEIGHT).
 */
export function cutRuns(weights: ArrayLike<number>, priorities: ArrayLike<number>): readonly number[] {
  const total = new Float64Array(weights.length + 1);
  for (let index = 0; index < weights.length; index++) {
    total[index + 1] = (total[index] ?? 0) + (weights[index] ?? 0);
  }
  const cuts: number[] = [];
  const stretches: [number, number][] = weights.length === 0 ? [] : [[0, weights.length]];
  for (let stretch = stretches.pop(); stretch !== undefined; stretch = stretches.pop()) {
    const [start, end] = stretch;
    if (end - start <= 1 || (total[end] ?? 0) - (total[start] ?? 0) <= RUN_WEIGHT) {
      cuts.push(start);
      continue;
    }
    let cut = start + 1;
    for (let index = start + 2; index < end; index++) {
      if ((priorities[index] ?? 0) < (priorities[cut] ?? 0)) cut = index;
    }
    stretches.push([cut, end], [start, cut]);
  }
  return cuts;
}

/**
 * A 32-bit hash of a key for {@link cutRuns}: FNV-1a over UTF-16 code units with the finaliser of MurmurHash3.
 * Not cryptographic: whoever finds collisions gets uneven runs of their own plugins.
 */
export function cutPriority(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
