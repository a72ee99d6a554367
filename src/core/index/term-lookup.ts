import type { FetchObject, IndexObject, RunsRef } from './index-head.ts';
import { runsBetween } from './runs.ts';
import type { Postings, TermEntry } from './term-run.ts';
import { readPostings, readTermRun, termOf } from './term-run.ts';

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
  return groupTerms(entries.filter((entry) => termOf(entry) === term))[0];
}

/**
 * All terms that begin with a prefix, ascending.
 *
 * @param mostRuns how many runs may be read; terms behind them are left out.
 */
export async function findTerms(
  runs: RunsRef,
  prefix: string,
  fetchObject: FetchObject,
  mostRuns: number = Number.POSITIVE_INFINITY,
): Promise<readonly FoundTerm[]> {
  const objects = await runsBetween('terms', runs, prefix, `${prefix}\uffff`, fetchObject);
  const entries = await readRuns(objects.slice(0, mostRuns), fetchObject);
  return groupTerms(entries.filter((entry) => termOf(entry).startsWith(prefix)));
}

/**
 * The documents of a term, ascending by id.
 *
 * @throws SheafError `SHEAF_INDEX` when they are malformed.
 */
export function postingsOf({ count, entries }: FoundTerm): Postings {
  const [first, ...others] = entries;
  if (first !== undefined && others.length === 0) return decoded(first);
  const ids = new Uint32Array(count);
  const marks = new Uint8Array(count);
  let offset = 0;
  for (const entry of entries) {
    const postings = decoded(entry);
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
    objects.map(async (object) => entriesIn(await fetchObject(object), object.path)),
  );
  return runs.flat();
}

// What was read stays as long as the bytes that it was read from: who keeps these at hand searches them again, and one
// search may ask for a word twice. Nobody changes either.
const RUNS = new WeakMap<Uint8Array, readonly TermEntry[]>();
const POSTINGS = new WeakMap<TermEntry, Postings>();

function entriesIn(bytes: Uint8Array, what: string): readonly TermEntry[] {
  return kept(RUNS, bytes, () => readTermRun(bytes, what));
}

function decoded(entry: TermEntry): Postings {
  return kept(POSTINGS, entry, () => readPostings(entry));
}

function kept<K extends object, V>(values: WeakMap<K, V>, key: K, make: () => V): V {
  const known = values.get(key);
  if (known !== undefined) return known;
  const made = make();
  values.set(key, made);
  return made;
}

/** Puts the entries of each term together, in order of the terms. */
export function groupTerms(entries: readonly TermEntry[]): readonly FoundTerm[] {
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
