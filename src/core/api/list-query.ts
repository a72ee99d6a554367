import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { SearchRequest } from '../search/search-index.ts';
import { quote } from '../text.ts';

/** What `GET /v1/plugins` was asked for. */
export interface ListQuery extends Pick<SearchRequest, 'text' | 'filters' | 'sort'> {
  /** From 1. */
  readonly page: number;
  /** Plugins on a page. */
  readonly limit: number;
}

/** The orders that a list may have. */
export const API_SORTS: readonly SearchRequest['sort'][] = [
  'relevance',
  'downloads',
  'rating',
  'recent',
  'name',
];

/** Plugins on a page: unless it is said, and at most. */
export const API_LIMIT = 20;
export const API_MOST = 50;
/** Pages beyond are nobody's reading. */
const MOST_PAGES = 100_000;

/**
 * Reads the query of a list. `category`, `tag` and `author` may be given several times: any of the values counts.
 * Parameters that the API does not know are left alone.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function readListQuery(query: URLSearchParams): ListQuery {
  const text = query.get('q') ?? '';
  if (text.length > LIMITS.queryLength) throw wrong(`q has more than ${LIMITS.queryLength} characters.`);
  const asked = query.get('sort') ?? 'relevance';
  const sort = API_SORTS.find((one) => one === asked);
  if (sort === undefined) throw wrong(`sort is one of ${API_SORTS.join(', ')}, not ${quote(asked)}.`);
  return {
    text,
    filters: {
      category: values(query, 'category'),
      keyword: values(query, 'tag'),
      author: values(query, 'author'),
    },
    sort,
    page: number(query, 'page', 1, MOST_PAGES),
    limit: number(query, 'limit', API_LIMIT, API_MOST),
  };
}

function values(query: URLSearchParams, name: string): readonly string[] {
  const found = query.getAll(name).filter((value) => value !== '');
  if (found.length > LIMITS.queryWords) throw wrong(`${name} is given more than ${LIMITS.queryWords} times.`);
  const long = found.find((value) => value.length > LIMITS.queryLength);
  if (long !== undefined) throw wrong(`${name} has more than ${LIMITS.queryLength} characters.`);
  return found;
}

function number(query: URLSearchParams, name: string, absent: number, most: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  const value = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) {
    throw wrong(`${name} is a whole number from 1 to ${most}, not ${quote(text.slice(0, 40))}.`);
  }
  return value;
}

function wrong(sentence: string): SheafError {
  return new SheafError('SHEAF_USAGE', sentence);
}
