import { strengthOf } from '../index/marks.ts';
import { postingsOf } from '../index/term-lookup.ts';
import type { MatchedTerm, MatchedWord } from './match-words.ts';

/**
 * Documents in ascending order of their ids, with what a search knows of each. Merging such columns costs a step a
 * document and no hashing, and a word that a third of a large registry has means tens of thousands of them.
 */
export interface Columns {
  readonly length: number;
  readonly ids: Uint32Array;
  /** A mark of the document; all of its marks have the same standing. */
  readonly marks: Uint8Array;
  /** What the words say about it. */
  readonly text: Float64Array;
  /** Weight of the words that it has. */
  readonly covered: Float64Array;
}

/** No documents, with room for some. */
export function emptyColumns(room: number): Columns {
  return {
    length: 0,
    ids: new Uint32Array(room),
    marks: new Uint8Array(room),
    text: new Float64Array(room),
    covered: new Float64Array(room),
  };
}

/** The documents of a word, with the most that one of its terms says about each. */
export function columnsOf({ terms }: MatchedWord, weight: number): Columns {
  const [first, ...others] = terms;
  if (first === undefined) return emptyColumns(0);
  const own = columnsOfTerm(first, weight);
  return others.length === 0 ? own : merge(own, columnsOfTerms(others, weight), 'either', Math.max, 0);
}

/** The documents of both, where what they say adds up. */
export function addColumns(a: Columns, b: Columns): Columns {
  if (a.length === 0) return b;
  return merge(a, b, 'either', sum, 1);
}

/** The documents of the first, and what the second says about them besides. */
export function enrichColumns(a: Columns, b: Columns): Columns {
  return merge(a, b, 'first', sum, 1);
}

function columnsOfTerm({ found, worth }: MatchedTerm, weight: number): Columns {
  const { ids, marks } = postingsOf(found);
  return {
    length: ids.length,
    ids,
    marks,
    text: saidBy(marks, worth * weight),
    covered: new Float64Array(ids.length).fill(weight),
  };
}

function saidBy(marks: Uint8Array, weight: number): Float64Array {
  const text = new Float64Array(marks.length);
  for (let index = 0; index < marks.length; index++) text[index] = strengthOf(marks[index] ?? 0) * weight;
  return text;
}

/** The same for terms of equal worth, of which a document may have several. */
function columnsOfTerms(terms: readonly MatchedTerm[], weight: number): Columns {
  const worth = terms[0]?.worth ?? 0;
  const all = new Float64Array(terms.reduce((count, { found }) => count + found.count, 0));
  let offset = 0;
  for (const { found } of terms) {
    const { ids, marks } = postingsOf(found);
    // One exact number a posting: sorted, the last of a document is the one that says most.
    for (let index = 0; index < ids.length; index++)
      all[offset++] = (ids[index] ?? 0) * 256 + (marks[index] ?? 0);
  }
  const sorted = all.toSorted();
  const columns = emptyColumns(sorted.length);
  let length = 0;
  for (let index = 0; index < sorted.length; index++) {
    const id = Math.floor((sorted[index] ?? 0) / 256);
    if (Math.floor((sorted[index + 1] ?? -1) / 256) === id) continue;
    const mark = (sorted[index] ?? 0) % 256;
    columns.ids[length] = id;
    columns.marks[length] = mark;
    columns.text[length] = strengthOf(mark) * worth * weight;
    columns.covered[length] = weight;
    length++;
  }
  return { ...columns, length };
}

/** @param both how many times the second column's coverage counts for documents of both. */
function merge(
  a: Columns,
  b: Columns,
  kept: 'either' | 'first',
  join: (a: number, b: number) => number,
  both: 0 | 1,
): Columns {
  const merged = emptyColumns(kept === 'either' ? a.length + b.length : a.length);
  const { ids, marks, text, covered } = merged;
  let [i, j, length] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const left = a.ids[i] ?? 0;
    const right = b.ids[j] ?? 0;
    if (left <= right) {
      const isBoth = left === right;
      ids[length] = left;
      marks[length] = a.marks[i] ?? 0;
      text[length] = isBoth ? join(a.text[i] ?? 0, b.text[j] ?? 0) : (a.text[i] ?? 0);
      covered[length++] = (a.covered[i++] ?? 0) + (isBoth ? (b.covered[j++] ?? 0) * both : 0);
    } else if (kept === 'first') j++;
    else {
      ids[length] = right;
      marks[length] = b.marks[j] ?? 0;
      text[length] = b.text[j] ?? 0;
      covered[length++] = b.covered[j++] ?? 0;
    }
  }
  length = append(merged, length, a, i);
  if (kept === 'either') length = append(merged, length, b, j);
  return { length, ids, marks, text, covered };
}

/** Puts what `from` has from a position on behind what is there; returns how many there are then. */
function append(to: Columns, length: number, from: Columns, start: number): number {
  to.ids.set(from.ids.subarray(start, from.length), length);
  to.marks.set(from.marks.subarray(start, from.length), length);
  to.text.set(from.text.subarray(start, from.length), length);
  to.covered.set(from.covered.subarray(start, from.length), length);
  return length + Math.max(0, from.length - start);
}

function sum(a: number, b: number): number {
  return a + b;
}
