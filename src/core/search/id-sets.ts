/** Sets of document ids as ascending arrays: what postings are, so that no set of objects has to be built of them. */

/** Whether an id is in the set. */
export function hasId(set: Uint32Array, id: number): boolean {
  return positionOf(set, id) !== -1;
}

/** Where an id is in the set, or -1. */
export function positionOf(set: Uint32Array, id: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return set[low] === id ? low : -1;
}

/** The ids that are in any of the sets. */
export function unionOf(sets: readonly Uint32Array[]): Uint32Array {
  if (sets.length === 1) return sets[0] ?? new Uint32Array();
  const all = new Uint32Array(sets.reduce((sum, set) => sum + set.length, 0));
  let offset = 0;
  for (const set of sets) {
    all.set(set, offset);
    offset += set.length;
  }
  const sorted = all.toSorted();
  return sorted.filter((id, index) => id !== sorted[index - 1]);
}

/** The ids of the first set that are in the second. */
export function intersectionOf(a: Uint32Array, b: Uint32Array): Uint32Array {
  const kept = new Uint32Array(Math.min(a.length, b.length));
  let count = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = (a[i] ?? 0) - (b[j] ?? 0);
    if (difference === 0) kept[count++] = a[i] ?? 0;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return kept.subarray(0, count);
}
