import type { FetchObject, IndexObject, RunsRef } from './index-head.ts';
import type { BuiltRuns } from './runs.ts';
import { allRuns, buildRuns, cutPriority, cutRuns, RUN_WEIGHT, runsBetween } from './runs.ts';
import type { Postings, TermEntry } from './term-run.ts';
import { readPostings, readTermRun, writePostings, writeTermRun } from './term-run.ts';

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
    entries.map((entry) => weightOf(entry.term, entry.count)),
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

/** All entries of the index, ascending. */
export async function allTerms(runs: RunsRef, fetchObject: FetchObject): Promise<readonly TermEntry[]> {
  const found = await allRuns('terms', runs, fetchObject);
  return readRuns(
    found.map(({ object }) => object),
    fetchObject,
  );
}

/** A term that was looked up. */
export interface FoundTerm {
  readonly term: string;
  /** How many documents have it; known without decoding them. */
  readonly count: number;
  readonly entries: readonly TermEntry[];
}

/** One term, or undefined; costs one run, or the few that a term fills which half the registry has. */
export async function findTerm(
  runs: RunsRef,
  term: string,
  fetchObject: FetchObject,
): Promise<FoundTerm | undefined> {
  // The parts of a heavy term have a space behind it, which no term contains and which sorts before all that do.
  const objects = await runsBetween('terms', runs, term, `${term}!`, fetchObject);
  const entries = await readRuns(objects, fetchObject);
  return grouped(entries.filter((entry) => termOf(entry) === term))[0];
}

/** All terms that begin with a prefix, ascending. */
export async function findTerms(
  runs: RunsRef,
  prefix: string,
  fetchObject: FetchObject,
): Promise<readonly FoundTerm[]> {
  const objects = await runsBetween('terms', runs, prefix, `${prefix}\uffff`, fetchObject);
  const entries = await readRuns(objects, fetchObject);
  return grouped(entries.filter((entry) => termOf(entry).startsWith(prefix)));
}

/**
 * The documents of a term, ascending by id.
 *
 * @throws SheafError `SHEAF_INDEX` when they are malformed.
 */
export function postingsOf({ count, entries }: FoundTerm): Postings {
  const ids = new Uint32Array(count);
  const marks = new Uint8Array(count);
  let offset = 0;
  for (const entry of entries) {
    const postings = readPostings(entry);
    ids.set(postings.ids, offset);
    marks.set(postings.marks, offset);
    offset += entry.count;
  }
  return { ids, marks };
}

async function readRuns(
  objects: readonly IndexObject[],
  fetchObject: FetchObject,
): Promise<readonly TermEntry[]> {
  const runs = await Promise.all(
    objects.map(async (object) => readTermRun(await fetchObject(object), object.path)),
  );
  return runs.flat();
}

function grouped(entries: readonly TermEntry[]): readonly FoundTerm[] {
  const terms = new Map<string, TermEntry[]>();
  for (const entry of entries) {
    const term = termOf(entry);
    const parts = terms.get(term);
    if (parts === undefined) terms.set(term, [entry]);
    else parts.push(entry);
  }
  return Array.from(terms, ([term, parts]) => ({
    term,
    count: parts.reduce((sum, part) => sum + part.count, 0),
    entries: parts,
  }));
}

// Behind every hash: a heavy term is cut only where there is no boundary between terms left to cut at.
const INSIDE_TERM = 2 ** 32;

/** About what an entry takes in its run. */
function weightOf(term: string, count: number): number {
  return term.length + 4 + count * 5;
}

/**
 * The entries of a term: one, as long as it fits into a run. Heavier ones (a filter that half the registry passes)
 * get an entry for each first byte of an id, `<term> <byte>`, so that a new document changes one of them.
 */
function entriesOf(term: string, packed: readonly number[]): readonly TermEntry[] {
  const kept = sortedOnce(packed);
  if (kept.length === 0) return [];
  return weightOf(term, kept.length) <= RUN_WEIGHT ? [entryOf(term, kept)] : partsOf(term, kept);
}

function partsOf(term: string, packed: ArrayLike<number>): readonly TermEntry[] {
  const kept = sortedOnce(packed);
  const entries: TermEntry[] = [];
  for (let start = 0; start < kept.length; ) {
    const key = partKey(term, idOf(kept[start]));
    let end = start + 1;
    while (end < kept.length && idOf(kept[end]) >>> 24 === idOf(kept[start]) >>> 24) end++;
    entries.push(entryOf(key, kept.subarray(start, end)));
    start = end;
  }
  return entries;
}

function partKey(term: string, id: number): string {
  return `${term} ${(id >>> 24).toString(16).padStart(2, '0')}`;
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

/** The term of an entry: without the byte that marks a part of a heavy one. */
function termOf({ term }: TermEntry): string {
  const space = term.indexOf(' ');
  return space === -1 ? term : term.slice(0, space);
}

/** The entries of one term after a change: `marks` by document id, undefined for those that lose the term. */
function editTerm(
  term: string,
  entries: readonly TermEntry[],
  marks: ReadonlyMap<number, number | undefined>,
): readonly TermEntry[] {
  const keys = new Set([...marks.keys()].map((id) => partKey(term, id)));
  const untouched = entries.filter((entry) => entry.term !== term && !keys.has(entry.term));
  const packed = entries
    .filter((entry) => !untouched.includes(entry))
    .flatMap((entry) => unpacked(entry, marks));
  for (const [id, mark] of marks) if (mark !== undefined) packed.push(id * 256 + mark);
  const count = untouched.reduce((sum, entry) => sum + entry.count, packed.length);
  // While the term stays heavy, its other parts are what they were.
  if (untouched.length > 0 && weightOf(term, count) > RUN_WEIGHT)
    return [...untouched, ...partsOf(term, packed)];
  return entriesOf(term, [...packed, ...untouched.flatMap((entry) => unpacked(entry, marks))]);
}

function unpacked(entry: TermEntry, except: ReadonlyMap<number, unknown>): number[] {
  const { ids, marks } = readPostings(entry);
  const packed: number[] = [];
  for (const [index, id] of ids.entries()) if (!except.has(id)) packed.push(id * 256 + (marks[index] ?? 0));
  return packed;
}

function idOf(packed = -1): number {
  return Math.floor(packed / 256);
}
