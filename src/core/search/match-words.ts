import { slips } from '../did-you-mean.ts';
import type { FetchObject, RunsRef } from '../index/index-head.ts';
import { type FoundTerm, findTerm, findTerms } from '../index/term-lookup.ts';
import type { Query } from './query.ts';

/** A word of the query with the terms of the index that stand for it. */
export interface MatchedWord {
  readonly word: string;
  readonly terms: readonly MatchedTerm[];
  /** How many postings the terms have together. */
  readonly count: number;
  /** What the word probably is, where the index does not have it as it was written. */
  readonly corrected?: string;
}

/** A term that stands for a word. */
export interface MatchedTerm {
  readonly found: FoundTerm;
  /** 1 for the word itself, less for what only begins with it or resembles it. */
  readonly worth: number;
}

const COMPLETED = 0.5;
const CORRECTED = 0.5;

// About 100 KB: as far as a beginning of a word is followed, where most of the index begins with it.
const MOST_RUNS = 24;
// Letters of a beginning that are worth following so far; two letters name too much to choose from.
const TELLING_LETTERS = 3;
const FEW_RUNS = 8;
// Postings of completions that are looked at, shortest completions first: below a hundredth of a second.
const MOST_COMPLETED = 40_000;
// Shorter words resemble too many others.
const LETTERS_TO_CORRECT = 4;
const LETTERS_FOR_TWO_SLIPS = 8;

/** Finds the terms for every word of a query, in its order. */
export function matchWords(
  query: Query,
  runs: RunsRef,
  fetchObject: FetchObject,
): Promise<readonly MatchedWord[]> {
  return Promise.all(
    query.words.map(async (word): Promise<MatchedWord> => {
      const terms =
        word === query.prefix
          ? await completions(word, runs, fetchObject)
          : await exactly(word, runs, fetchObject);
      if (terms.length > 0) return matched(word, terms);
      const nearest = await nearestTerm(word, runs, fetchObject);
      if (nearest === undefined) return { word, terms: [], count: 0 };
      return { ...matched(word, [{ found: nearest, worth: CORRECTED }]), corrected: nearest.term };
    }),
  );
}

/** The terms that begin with a word, itself first. */
export async function completions(
  word: string,
  runs: RunsRef,
  fetchObject: FetchObject,
): Promise<readonly MatchedTerm[]> {
  // One ideograph is a word; one letter begins everything.
  if (/^[\da-z]$/.test(word)) return exactly(word, runs, fetchObject);
  const mostRuns = word.length < TELLING_LETTERS ? FEW_RUNS : MOST_RUNS;
  const [own, begun] = await Promise.all([
    findTerm(runs, word, fetchObject),
    findTerms(runs, word, fetchObject, mostRuns),
  ]);
  const longer = begun
    .filter(({ term }) => term !== word)
    .toSorted((a, b) => a.term.length - b.term.length || (a.term < b.term ? -1 : 1));
  let left = MOST_COMPLETED;
  const kept = longer.filter(({ count }) => {
    left -= count;
    return left >= 0;
  });
  return [
    ...(own === undefined ? [] : [{ found: own, worth: 1 }]),
    ...kept.map((found) => ({ found, worth: COMPLETED })),
  ];
}

async function exactly(
  word: string,
  runs: RunsRef,
  fetchObject: FetchObject,
): Promise<readonly MatchedTerm[]> {
  const found = await findTerm(runs, word, fetchObject);
  return found === undefined ? [] : [{ found, worth: 1 }];
}

/**
 * The term that the word is most likely a slip of, among those that share its first two letters, in either order:
 * reading them all would cost the whole index. Of equally near ones the most frequent, then the first.
 */
async function nearestTerm(
  word: string,
  runs: RunsRef,
  fetchObject: FetchObject,
): Promise<FoundTerm | undefined> {
  if (word.length < LETTERS_TO_CORRECT) return undefined;
  const [first = '', second = ''] = word;
  const beginnings = first === second ? [first + second] : [first + second, second + first];
  const found = await Promise.all(
    beginnings.map((beginning) => findTerms(runs, beginning, fetchObject, MOST_RUNS)),
  );
  const allowed = word.length < LETTERS_FOR_TWO_SLIPS ? 1 : 2;
  const near = found.flat().flatMap((term) => {
    if (Math.abs(term.term.length - word.length) > allowed) return [];
    const distance = slips(word, term.term);
    return distance <= allowed ? [{ term, distance }] : [];
  });
  const [best] = near.toSorted((a, b) => a.distance - b.distance || b.term.count - a.term.count);
  return best?.term;
}

function matched(word: string, terms: readonly MatchedTerm[]): MatchedWord {
  return { word, terms, count: terms.reduce((sum, { found }) => sum + found.count, 0) };
}
