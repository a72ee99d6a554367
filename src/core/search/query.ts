import { foldText, wordsOf } from '../index/words.ts';
import { LIMITS } from '../limits.ts';

/** A query as the index is asked. */
export interface Query {
  /** Terms to look up, each once, in the order of the text. */
  readonly words: readonly string[];
  /** The last word as the beginning of others; absent when the text ends behind a finished word. */
  readonly prefix?: string;
  /** All of the text as one word, as which the index has whole names: `graphlens` for "Graph lens". */
  readonly joined?: string;
}

// Words that say how one asks, not what for. They count only where nothing else is said.
const FILLERS = new Set(
  wordsOf(
    `a all am an and any are as at be by can could do does for from get has have how i in into is it its let me my need
     of on one or our out over plugin plugins so some something than that the their them then there these this to tool
     use using want we what when where which who why will with without would you your`,
  ),
);

/** Reads what a person typed; any text is a query, and what has no word in it asks for everything. */
export function readQuery(text: string): Query {
  // Cut before anything else is done with it: normalising is work, and nobody reads a page of query.
  const typed = foldText(text.slice(0, LIMITS.queryLength));
  const all = wordsOf(typed).slice(0, LIMITS.queryWords);
  const telling = all.filter((word) => !FILLERS.has(word));
  const words = [...new Set(telling.length > 0 ? telling : all)];
  const last = all.at(-1);
  const isOpen = last !== undefined && words.includes(last) && /[\p{L}\p{N}]$/u.test(typed);
  const together = typed.replaceAll(/[\s_-]+/g, '');
  const joined = /^[a-z][a-z0-9]+$/.test(together) ? wordsOf(together)[0] : undefined;
  return {
    words,
    ...(isOpen ? { prefix: last } : {}),
    ...(joined === undefined ? {} : { joined }),
  };
}
