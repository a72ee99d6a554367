import type { BuiltRuns, RunFormat } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority, RUN_WEIGHT } from './cut-runs.ts';
import type { FetchObject, RunsRef } from './index-head.ts';
import type { TermEntry } from './term-run.ts';
import { readPostings, readTermRun, termOf, writePostings, writeTermRun } from './term-run.ts';
import type { OpenRuns } from './update-runs.ts';
import { openRuns } from './update-runs.ts';

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

/**
 * Cuts entries into runs, between terms wherever that is possible.
 *
 * @param entries ascending.
 */
export function buildTermRuns(entries: readonly TermEntry[]): BuiltRuns {
  return buildRuns(FORMAT, entries);
}

/** What a term has to be changed by: the new mark of a document, undefined where the document loses the term. */
export type TermChange = ReadonlyMap<number, number | undefined>;

/** The changes that edits by document id mean, by term. */
export function termChanges(edits: ReadonlyMap<number, TermEdit>): ReadonlyMap<string, TermChange> {
  const changes = new Map<string, Map<number, number | undefined>>();
  const change = (term: string, id: number, mark: number | undefined): void => {
    const marks = changes.get(term) ?? new Map<number, number | undefined>();
    changes.set(term, marks.set(id, mark));
  };
  for (const [id, { before, after }] of edits) {
    for (const term of before.keys()) if (!after.has(term)) change(term, id, undefined);
    for (const [term, mark] of after) if (before.get(term) !== mark) change(term, id, mark);
  }
  return changes;
}

/** Brings runs up to date, byte for byte as {@link buildTermRuns} builds them, reading the runs that change. */
export async function updateTermRuns(
  previous: RunsRef,
  changes: ReadonlyMap<string, TermChange>,
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const runs = await openRuns(FORMAT, previous, fetchObject);
  for (const [term, marks] of changes) {
    // Entries have a space behind the term, which sorts before all that words contain.
    const positions = runs.positionsOf(term, `${term}!`);
    const isLocal = positions.length > FEW_RUNS && [...marks.values()].every((mark) => mark !== undefined);
    if (!(isLocal && (await changeParts(runs, term, marks)))) await changeWhole(runs, positions, term, marks);
  }
  return runs.close();
}

// A term in more runs is in parts, of which a change concerns one.
const FEW_RUNS = 2;

/**
 * Changes the parts of a heavy term in which documents lie.
 *
 * @returns false, and nothing is changed, where one of them lies in no part that is there: only all of them together
 *   tell which one is to be made. That a part becomes so light that others are joined again takes documents that go.
 */
async function changeParts(runs: OpenRuns<TermEntry>, term: string, marks: TermChange): Promise<boolean> {
  const changed = new Map<number, Map<string, Map<number, number | undefined>>>();
  for (const [id, mark] of marks) {
    const key = `${term} ${id.toString(16).padStart(8, '0')}`;
    const position = runs.positionsOf(key, `${key}!`)[0] ?? 0;
    const part = (await runs.entriesAt(position)).find(
      (entry) => entry.term.length > term.length && key.startsWith(entry.term) && termOf(entry) === term,
    );
    if (part === undefined) return false;
    const parts = changed.get(position) ?? new Map<string, Map<number, number | undefined>>();
    changed.set(position, parts.set(part.term, (parts.get(part.term) ?? new Map()).set(id, mark)));
  }
  for (const [position, parts] of changed) {
    const entries = (await runs.entriesAt(position)).flatMap((entry) => {
      const part = parts.get(entry.term);
      if (part === undefined) return [entry];
      const packed = sortedOnce(packedAfter([entry], part));
      return entriesUnder(entry.term, packed, entry.term.length - term.length - 1);
    });
    runs.replace(position, entries);
  }
  return true;
}

async function changeWhole(
  runs: OpenRuns<TermEntry>,
  positions: readonly number[],
  term: string,
  marks: TermChange,
): Promise<void> {
  const [first = 0, ...others] = positions;
  const own: TermEntry[] = [];
  const kept = new Map<number, readonly TermEntry[]>();
  for (const position of positions) {
    const entries = await runs.entriesAt(position);
    own.push(...entries.filter((entry) => termOf(entry) === term));
    kept.set(
      position,
      entries.filter((entry) => termOf(entry) !== term),
    );
  }
  const now = entriesOf(term, packedAfter(own, marks));
  const inFirst = kept.get(first) ?? [];
  const before = inFirst.filter((entry) => entry.term < term);
  runs.replace(first, [...before, ...now, ...inFirst.slice(before.length)]);
  for (const position of others) runs.replace(position, kept.get(position) ?? []);
}

// A plugin has some twenty-five terms, and when it comes or goes a run of each changes: so they are smaller than others.
const SMALLER = 4;
const MOST_IN_ENTRY = RUN_WEIGHT / SMALLER / 2;

const FORMAT: RunFormat<TermEntry> = {
  kind: 'terms',
  keyOf: ({ term }) => term,
  weightOf: ({ term, count }) => weightOf(term, count) * SMALLER,
  priorityOf: (key) => cutPriority(key) + (INSIDE_TERM.test(key) ? BEHIND_ALL : 0),
  write: writeTermRun,
  read: readTermRun,
};

// A heavy term is cut inside only where there is no boundary between terms left to cut at. Of its parts the one with
// the lowest ids may begin a run like any other entry.
const INSIDE_TERM = / .*[1-9a-f]/;
const BEHIND_ALL = 2 ** 32;

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

/** The entries of a part of a heavy term: itself, or its own parts. */
function entriesUnder(key: string, packed: Float64Array, depth: number): readonly TermEntry[] {
  return weightOf(key, packed.length) <= MOST_IN_ENTRY ? [entryOf(key, packed)] : partsOf(key, packed, depth);
}

/** @param depth how many digits all of the ids share, which `key` ends with. */
function partsOf(key: string, packed: Float64Array, depth: number): readonly TermEntry[] {
  const entries: TermEntry[] = [];
  for (let start = 0; start < packed.length; ) {
    const digit = digitOf(packed[start], depth);
    let end = start + 1;
    while (end < packed.length && digitOf(packed[end], depth) === digit) end++;
    const part = packed.subarray(start, end);
    entries.push(...entriesUnder(key + digit.toString(16), part, depth + 1));
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

/** What entries have after a change. */
function packedAfter(entries: readonly TermEntry[], marks: TermChange): readonly number[] {
  const packed: number[] = [];
  for (const entry of entries) {
    const { ids, marks: old } = readPostings(entry);
    for (const [index, id] of ids.entries()) if (!marks.has(id)) packed.push(id * 256 + (old[index] ?? 0));
  }
  for (const [id, mark] of marks) if (mark !== undefined) packed.push(id * 256 + mark);
  return packed;
}

function idOf(packed = -1): number {
  return Math.floor(packed / 256);
}
