import { GROUPS, groupOf, liftOf, NAME_START, nameGroupOf } from '../index/marks.ts';
import { postingsOf } from '../index/term-lookup.ts';
import { addColumns, type Columns, columnsOf, emptyColumns, enrichColumns } from './columns.ts';
import { positionOf } from './id-sets.ts';
import type { MatchedTerm, MatchedWord } from './match-words.ts';

/** A document that was found, before anything but its postings was read. */
export interface Hit {
  readonly id: number;
  /** core/index/ranks.ts. */
  readonly standing: number;
  /** One of `GROUPS`. */
  readonly group: number;
  readonly score: number;
  /** Only where names are what hits are sorted by. */
  readonly name?: string;
}

// How much of what three and more words say must be there: people describe what they need in words that a plugin
// may put otherwise. Of one or two words all must be there.
const ENOUGH = 0.5;

/**
 * Scores the documents that have the words: rare words count for more (inverse document frequency, Sparck Jones
 * 1972), a word in the name for more than one in the description, and what is said in full for more than half of it;
 * then quality lifts or sinks it. If no document has enough of the words, those that have any are taken.
 *
 * @param named the terms that begin with all of the query as one word.
 * @param documents how many there are.
 */
export function rank(
  words: readonly MatchedWord[],
  named: readonly MatchedTerm[],
  joined: string | undefined,
  documents: number,
): Ranking {
  const known = words.filter((word) => word.count > 0);
  // Rarest first: with them in the table, the frequent ones need only be looked up in it.
  const weighed = known
    .map((word) => ({ word, rarity: rarity(word.count, documents) }))
    .toSorted((a, b) => b.rarity - a.rarity);
  // A word that nothing has tells nothing apart.
  const total = weighed.reduce((sum, { rarity }) => sum + rarity, 0);
  const share = weighed.length <= 2 ? 1 : ENOUGH;
  const groups = nameGroups(named, joined);
  const ranking = rankingOf(collect(weighed, total * share), total, share, groups);
  return ranking.size > 0 ? ranking : rankingOf(collect(weighed, 0), total, 0, groups);
}

/** Documents with their scores, in typed arrays: only those that are shown become objects. */
export interface Ranking {
  readonly size: number;
  readonly ids: Uint32Array;
  readonly standings: Uint8Array;
  readonly groups: Uint8Array;
  readonly scores: Float64Array;
}

interface WeighedWord {
  readonly word: MatchedWord;
  readonly rarity: number;
}

/** The documents that can reach `needed`, of the weight of all words. */
function collect(weighed: readonly WeighedWord[], needed: number): Columns {
  let columns = emptyColumns(0);
  let left = weighed.reduce((sum, { rarity }) => sum + rarity, 0);
  for (const { word, rarity } of weighed) {
    const more = columnsOf(word, rarity);
    // Nothing that lacks all the words so far can still have enough of them.
    const isLate = left < needed - ROUNDING;
    columns = isLate ? enrichColumns(columns, more) : addColumns(columns, more);
    left -= rarity;
  }
  return columns;
}

// Rounding must not lose a document that has everything.
const ROUNDING = 1e-6;

/** Documents whose names are what was asked for, or begin so. */
function nameGroups(named: readonly MatchedTerm[], joined: string | undefined): ReadonlyMap<number, number> {
  const groups = new Map<number, number>();
  for (const { found } of named) {
    const { ids, marks } = postingsOf(found);
    for (let index = 0; index < ids.length; index++) {
      const mark = marks[index] ?? 0;
      if (mark >>> 4 < NAME_START) continue;
      const id = ids[index] ?? 0;
      // The whole of a longer name is no more than a beginning here.
      const group = found.term === joined ? nameGroupOf(mark) : Math.min(nameGroupOf(mark), beginning(mark));
      groups.set(id, Math.max(groups.get(id) ?? 0, group));
    }
  }
  return groups;
}

function beginning(mark: number): number {
  return groupOf(mark) === GROUPS.sunk ? GROUPS.sunk : GROUPS.nameStart;
}

function rankingOf(
  columns: Columns,
  total: number,
  share: number,
  names: ReadonlyMap<number, number>,
): Ranking {
  const { length } = columns;
  const ids = new Uint32Array(length);
  const standings = new Uint8Array(length);
  const groups = new Uint8Array(length);
  const scores = new Float64Array(length);
  const groupAt = new Uint8Array(length);
  for (const [id, group] of names) {
    const index = positionOf(columns.ids.subarray(0, length), id);
    if (index !== -1) groupAt[index] = group;
  }
  let size = 0;
  for (let index = 0; index < length; index++) {
    const part = (columns.covered[index] ?? 0) / total;
    const named = groupAt[index] ?? 0;
    if (part < share - ROUNDING && named < GROUPS.nameStart) continue;
    const mark = columns.marks[index] ?? 0;
    ids[size] = columns.ids[index] ?? 0;
    standings[size] = mark & 15;
    groups[size] = Math.max(named, groupOf(mark));
    scores[size] = (columns.text[index] ?? 0) * part * part * liftOf(mark);
    size++;
  }
  return { size, ids, standings, groups, scores };
}

/** The documents at these positions of a ranking that come first, in order. */
export function bestOf(ranking: Ranking, positions: Uint32Array, first: number): readonly Hit[] {
  const { ids, standings, groups, scores } = ranking;
  let kept: Hit[] = [];
  let least: Hit | undefined;
  for (const position of positions) {
    const group = groups[position] ?? 0;
    const score = scores[position] ?? 0;
    // What is no better than the worst kept so far is dropped before anything is made of it.
    if (least !== undefined && (group < least.group || (group === least.group && score < least.score)))
      continue;
    kept.push({ id: ids[position] ?? 0, standing: standings[position] ?? 0, group, score });
    if (kept.length < first * 2) continue;
    kept = kept.toSorted(compareHits).slice(0, first);
    least = kept.at(-1);
  }
  return kept.toSorted(compareHits).slice(0, first);
}

/** The better hit first; of equal ones the lower id, so that the order is the same everywhere. */
export function compareHits(a: Hit, b: Hit): number {
  const [first = '', second = ''] = [a.name, b.name];
  if (first !== second) return first < second ? -1 : 1;
  return b.group - a.group || b.score - a.score || b.standing - a.standing || a.id - b.id;
}

/**
 * About the binary logarithm of how many documents there are for each that has the word, at least a tenth: exact at
 * powers of two and linear between them, because the logarithms of two machines may differ in the last bit.
 */
export function rarity(count: number, documents: number): number {
  const ratio = 1 + documents / Math.max(1, count);
  const exponent = 31 - Math.clz32(Math.min(2 ** 31, Math.floor(ratio)));
  return exponent + ratio / 2 ** exponent - 1;
}
