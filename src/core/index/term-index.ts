import type { BuiltRuns } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority, cutRuns, RUN_WEIGHT } from './cut-runs.ts';
import type { TermEntry } from './term-run.ts';
import { readPostings, termOf, writePostings, writeTermRun } from './term-run.ts';

/** Collects postings of any number of documents, in any order. */
export interface TermCollector {
  /** Adds a document; one that shares its id with another joins it, with the higher mark of each term. */
  add(id: number, terms: ReadonlyMap<string, number>): void;
  /** All entries, ascending. */
  entries(): readonly TermEntry[];
}

/** An empty collector. */
export function createTermCollector(): TermCollector {
  // A posting is packed into one exact number: 32 bits of id, 8 of mark. Millions of them stay small and sort fast.
  const byTerm = new Map<string, number[]>();
  return {
    add(id, terms) {
      for (const [term, mark] of terms) {
        const packed = byTerm.get(term);
        if (packed === undefined) byTerm.set(term, [id * 256 + mark]);
        else packed.push(id * 256 + mark);
      }
    },
    entries: () => [...byTerm.keys()].toSorted().flatMap((term) => entriesOf(term, byTerm.get(term) ?? [])),
  };
}

/** The terms of one document id before and after a change; none before it came and after it went. */
export interface TermEdit {
  readonly before: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
}

/** Changes entries by document id. Entries of terms that no edit touches are kept as they are. */
export function editTerms(
  entries: readonly TermEntry[],
  edits: ReadonlyMap<number, TermEdit>,
): readonly TermEntry[] {
  const changes = new Map<string, Map<number, number | undefined>>();
  const change = (term: string, id: number, mark: number | undefined): void => {
    const marks = changes.get(term) ?? new Map<number, number | undefined>();
    changes.set(term, marks.set(id, mark));
  };
  for (const [id, { before, after }] of edits) {
    for (const term of before.keys()) if (!after.has(term)) change(term, id, undefined);
    for (const [term, mark] of after) if (before.get(term) !== mark) change(term, id, mark);
  }
  const kept: TermEntry[] = [];
  const touched = new Map<string, TermEntry[]>();
  for (const entry of entries) {
    const term = termOf(entry);
    if (!changes.has(term)) kept.push(entry);
    else touched.set(term, [...(touched.get(term) ?? []), entry]);
  }
  const edited = [...changes].flatMap(([term, marks]) => editTerm(term, touched.get(term) ?? [], marks));
  return [...kept, ...edited].toSorted((a, b) => (a.term < b.term ? -1 : 1));
}

/**
 * Cuts entries into runs, between terms wherever that is possible.
 *
 * @param entries ascending.
 */
export function buildTermRuns(entries: readonly TermEntry[]): BuiltRuns {
  const starts = cutRuns(
    entries.map((entry) => weightOf(entry.term, entry.count) * SMALLER),
    entries.map((entry, index) => {
      const term = termOf(entry);
      const previous = entries[index - 1];
      const isInside = previous !== undefined && termOf(previous) === term;
      return cutPriority(entry.term) + (isInside ? INSIDE_TERM : 0);
    }),
  );
  const runs = starts.map((start, position) => {
    const run = entries.slice(start, starts[position + 1]);
    return { key: run[0]?.term ?? '', bytes: writeTermRun(run) };
  });
  return buildRuns('terms', runs);
}

// Behind every hash: a heavy term is cut only where there is no boundary between terms left to cut at.
const INSIDE_TERM = 2 ** 32;

// A plugin has some twenty-five terms, and when it comes or goes a run of each changes: so they are smaller than others.
const SMALLER = 4;
const MOST_IN_ENTRY = RUN_WEIGHT / SMALLER / 2;

/** About what an entry takes in its run. */
function weightOf(term: string, count: number): number {
  return term.length + 4 + count * 5;
}

/**
 * The entries of a term: one, as long as it is no more than half a run. Heavier ones get an entry for each hexadecimal
 * digit with which ids begin, `<term> <digit>`, those that are still too heavy one for each second digit, and so on:
 * a new document changes one of them.
 */
function entriesOf(term: string, packed: ArrayLike<number>): readonly TermEntry[] {
  const kept = sortedOnce(packed);
  if (kept.length === 0) return [];
  return weightOf(term, kept.length) <= MOST_IN_ENTRY ? [entryOf(term, kept)] : partsOf(`${term} `, kept, 0);
}

/** @param depth how many digits all of the ids share, which `key` ends with. */
function partsOf(key: string, packed: Float64Array, depth: number): readonly TermEntry[] {
  const entries: TermEntry[] = [];
  for (let start = 0; start < packed.length; ) {
    const digit = digitOf(packed[start], depth);
    let end = start + 1;
    while (end < packed.length && digitOf(packed[end], depth) === digit) end++;
    const part = packed.subarray(start, end);
    const partKey = key + digit.toString(16);
    if (weightOf(partKey, part.length) <= MOST_IN_ENTRY) entries.push(entryOf(partKey, part));
    else entries.push(...partsOf(partKey, part, depth + 1));
    start = end;
  }
  return entries;
}

/** The hexadecimal digit of the id that follows so many others. */
function digitOf(packed: number | undefined, depth: number): number {
  return (idOf(packed) >>> (28 - depth * 4)) & 15;
}

/** Ascending, each id once: of equal ones the last has the highest mark. */
function sortedOnce(packed: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(packed).toSorted();
  return sorted.filter((value, index) => idOf(value) !== idOf(sorted[index + 1]));
}

function entryOf(term: string, packed: Float64Array): TermEntry {
  const ids = Uint32Array.from(packed, idOf);
  const marks = Uint8Array.from(packed, (value) => value % 256);
  return { term, count: ids.length, postings: writePostings({ ids, marks }) };
}

/** The entries of one term after a change: `marks` by document id, undefined for those that lose the term. */
function editTerm(
  term: string,
  entries: readonly TermEntry[],
  marks: ReadonlyMap<number, number | undefined>,
): readonly TermEntry[] {
  const packed: number[] = [];
  for (const entry of entries) {
    const { ids, marks: old } = readPostings(entry);
    for (const [index, id] of ids.entries()) if (!marks.has(id)) packed.push(id * 256 + (old[index] ?? 0));
  }
  for (const [id, mark] of marks) if (mark !== undefined) packed.push(id * 256 + mark);
  return entriesOf(term, packed);
}

function idOf(packed = -1): number {
  return Math.floor(packed / 256);
}
