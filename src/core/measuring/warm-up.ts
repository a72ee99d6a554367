/** How far the batches of a plugin that has warmed up lie apart, and how many of them have to. */
const TOLERANCE = 0.05;
const AGREEING = 3;

/** Whether the last three batches agree within 5 %: compilers and caches have done what they do. */
export function hasWarmedUp(batches: readonly number[]): boolean {
  const last = batches.slice(-AGREEING);
  if (last.length < AGREEING) return false;
  return Math.max(...last) <= Math.min(...last) * (1 + TOLERANCE);
}
