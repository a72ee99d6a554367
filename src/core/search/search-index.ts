import type { Engines } from '../engines.ts';
import type { OpenIndex } from '../index/index-difference.ts';
import type { Filters, UnknownFilter } from './filters.ts';
import { applyFilters, incompatible } from './filters.ts';
import { hasId } from './id-sets.ts';
import { completions, type MatchedWord, matchWords } from './match-words.ts';
import { type Query, readQuery } from './query.ts';
import { bestOf, type Hit, type Ranking, rank } from './ranking.ts';
import { sharedFetch } from './shared-fetch.ts';
import { type Candidates, type FactSort, sortByFacts } from './sorting.ts';

/** What is searched for. */
export interface SearchRequest {
  /** As a person typed it. */
  readonly text: string;
  readonly filters: Filters;
  /** What does not work with these is hidden; empty to hide nothing. */
  readonly engines: Engines;
  /** Without words, relevance is downloads. */
  readonly sort: 'relevance' | FactSort;
  /** How many hits are wanted, from the best on. */
  readonly first: number;
}

/** What one registry has of it. */
export interface SearchAnswer {
  /** The best of all, in order. */
  readonly hits: readonly Hit[];
  /** How many documents were found, those that are hidden not counted. */
  readonly total: number;
  /** How many were found that do not work with the engines. */
  readonly hidden: number;
  /** Words that the index does not have, with the terms that were taken in their place. */
  readonly corrections: Readonly<Record<string, string>>;
  /** Filters with a value that nothing has; there are no hits then. */
  readonly unknown: readonly UnknownFilter[];
  /** Terms whose lines in the `results` tree show most of the hits. */
  readonly terms: readonly string[];
}

/**
 * Searches one verified index; its `fetchObject` is all that a search asks of the world, in a program and in a
 * browser. The same index and request give the same answer everywhere.
 *
 * @throws SheafError `SHEAF_INDEX`, and what `fetchObject` throws.
 */
export async function searchIndex(opened: OpenIndex, request: SearchRequest): Promise<SearchAnswer> {
  const index = { head: opened.head, fetchObject: sharedFetch(opened.fetchObject) };
  const query = readQuery(request.text);
  const [{ allowed, unknown }, hidden, matched] = await Promise.all([
    applyFilters(request.filters, index),
    incompatible(request.engines, index),
    matchWords(query, index.head.runs.terms, index.fetchObject),
  ]);
  const passes = (id: number): boolean => allowed === undefined || hasId(allowed, id);
  const found =
    query.words.length === 0
      ? everything(index, passes, allowed, hidden)
      : narrowed(await ranked(query, matched, index), passes, hidden);
  const { ranking, total } = found;
  const sort = request.sort === 'relevance' && ranking === undefined ? 'downloads' : request.sort;
  const hits =
    unknown.length > 0
      ? []
      : ranking !== undefined && sort === 'relevance'
        ? bestOf(ranking, found.positions, request.first)
        : await sortByFacts(
            sort === 'relevance' ? 'downloads' : sort,
            found.candidates,
            request.first,
            index,
          );
  return {
    hits,
    total: unknown.length > 0 ? 0 : total,
    hidden: unknown.length > 0 ? 0 : found.hidden,
    corrections: Object.fromEntries(
      matched.flatMap(({ word, corrected }) => (corrected === undefined ? [] : [[word, corrected]])),
    ),
    unknown,
    terms: matched.flatMap(({ terms }) => terms.slice(0, 1).map(({ found: { term } }) => term)),
  };
}

/** What was found and passes the filters. */
interface Found {
  readonly total: number;
  readonly hidden: number;
  readonly candidates: Candidates;
  /** Where words were asked for. */
  readonly ranking?: Ranking;
  /** Of the documents in the ranking. */
  readonly positions: Uint32Array;
}

function everything(
  { head }: OpenIndex,
  passes: (id: number) => boolean,
  allowed: Uint32Array | undefined,
  hidden: Uint32Array,
): Found {
  const concealed = allowed === undefined ? hidden.length : hidden.filter(passes).length;
  const total = (allowed?.length ?? head.plugins) - concealed;
  const candidates = { size: total, has: (id: number) => passes(id) && !hasId(hidden, id) };
  return { total, hidden: concealed, candidates, positions: new Uint32Array() };
}

function narrowed(ranking: Ranking, passes: (id: number) => boolean, hidden: Uint32Array): Found {
  const positions = new Uint32Array(ranking.size);
  let [total, concealed] = [0, 0];
  for (let position = 0; position < ranking.size; position++) {
    const id = ranking.ids[position] ?? 0;
    if (!passes(id)) continue;
    if (hasId(hidden, id)) concealed++;
    else positions[total++] = position;
  }
  const kept = positions.subarray(0, total);
  let ids: Uint32Array | undefined;
  const candidates = {
    size: total,
    has(id: number) {
      ids ??= Uint32Array.from(kept, (position) => ranking.ids[position] ?? 0).toSorted();
      return hasId(ids, id);
    },
  };
  return { total, hidden: concealed, candidates, ranking, positions: kept };
}

async function ranked(
  query: Query,
  matched: readonly MatchedWord[],
  { head, fetchObject }: OpenIndex,
): Promise<Ranking> {
  const [only, ...others] = matched;
  const isOneWord = others.length === 0 && only?.word === query.joined;
  const named =
    query.joined === undefined
      ? []
      : isOneWord
        ? (only?.terms ?? [])
        : await completions(query.joined, head.runs.terms, fetchObject);
  return rank(matched, named, query.joined, head.plugins);
}
