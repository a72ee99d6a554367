/**
 * A set of the states that one package can be in, exact and closed under all set operations. Bit 0 stands for
 * "not installed", bit n for the nth version that is offered, in the order of {@link Plugin.candidates}.
 *
 * A bigint in two's complement is such a set by itself: `&`, `|` and `~` are intersection, union and complement,
 * `===` is equality, and a negative number has all but finitely many members. That makes sets independent of
 * how many versions are known: "anything but 1.0.0" stays right when another registry offers more of them later.
 */
export type VersionSet = bigint;

/** No state is possible: a contradiction. */
export const NOTHING: VersionSet = 0n;

/** Every state is possible: nothing is known. */
export const ANYTHING: VersionSet = -1n;

/** The package is not installed. */
export const ABSENT: VersionSet = 1n;

/** The set of these positions, in any order. */
export function setOf(positions: readonly number[]): VersionSet {
  // One conversion of the digits is linear; setting the bits one after the other would be quadratic.
  const highest = positions.reduce((a, b) => Math.max(a, b), 0);
  const digits = Array.from<string>({ length: highest + 1 }).fill('0');
  for (const position of positions) digits[highest - position] = '1';
  return BigInt(`0b${digits.join('')}`);
}

/** The positions in a finite set, ascending. */
export function positionsOf(set: VersionSet): readonly number[] {
  const positions: number[] = [];
  const digits = set.toString(2);
  for (let position = 0; position < digits.length; position++) {
    if (digits[digits.length - 1 - position] === '1') positions.push(position);
  }
  return positions;
}

/** The lowest position in a set that is not empty. */
export function firstOf(set: VersionSet): number {
  return (set & -set).toString(2).length - 1;
}

/** How many members a finite set has. */
export function sizeOf(set: VersionSet): number {
  return set.toString(2).replaceAll('0', '').length;
}

/** Whether every member of the one is a member of the other. */
export function isSubset(set: VersionSet, of: VersionSet): boolean {
  return (set & of) === set;
}

/** Whether "not installed" is in the set. */
export function allowsAbsence(set: VersionSet): boolean {
  return (set & ABSENT) === ABSENT;
}

/** Whether the set has finitely many members: somebody said which versions will do. */
export function isFinite(set: VersionSet): boolean {
  return set >= NOTHING;
}
