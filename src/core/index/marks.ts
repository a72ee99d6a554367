/**
 * What a posting of the search index says of a document besides its id, packed into one byte, so that results are
 * ranked before anything else of them is fetched.
 */
export interface Mark {
  /** 1 to 13, summed over the fields in which the word appears; 0 for filters. Above lie the two below. */
  readonly weight: number;
  /** 0 to 15, core/index/ranks.ts; 0 for what should not be chosen any more. */
  readonly standing: number;
}

/** The word is all of the name, hyphens left out. */
export const WHOLE_NAME = 15;
/** The name begins with the word. */
export const NAME_START = 14;
/** The most that fields together give. */
export const MOST_WEIGHT = 13;

/** The mark in a posting's byte. */
export function readMark(byte: number): Mark {
  return { weight: byte >>> 4, standing: byte & 15 };
}

/** The byte of a mark. */
export function writeMark({ weight, standing }: Mark): number {
  return (weight << 4) | standing;
}

/** How much a word says about a document, 0 to 13: a name is no stronger for being matched from its beginning. */
export function strengthOf(byte: number): number {
  return Math.min(MOST_WEIGHT, byte >>> 4);
}

/**
 * By how much the quality of a document lifts what was found in it: whole numbers from 24 to 39, so that no machine
 * rounds otherwise than another.
 */
export function liftOf(byte: number): number {
  return 24 + (byte & 15);
}

/** What comes first whatever else is said of it: whole names, names that begin so, others; what has sunk is last. */
export const GROUPS = { sunk: 0, other: 1, nameStart: 2, wholeName: 3 } as const;

/** The group of a document that a word was found in, where the word is no name. */
export function groupOf(byte: number): number {
  return (byte & 15) === 0 ? GROUPS.sunk : GROUPS.other;
}

/** The group of a document that a word was found in, where the word is all that is asked. */
export function nameGroupOf(byte: number): number {
  const weight = byte >>> 4;
  // What should not be chosen any more is still found by its own name, and by nothing less.
  if (weight === WHOLE_NAME) return GROUPS.wholeName;
  const group = groupOf(byte);
  return weight === NAME_START && group !== GROUPS.sunk ? GROUPS.nameStart : group;
}

/** The order of documents where one word is all that is asked: the higher, the earlier. */
export function impactOf(byte: number): number {
  return nameGroupOf(byte) * 1024 + strengthOf(byte) * liftOf(byte);
}
