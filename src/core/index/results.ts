import type { JsonContext } from '../documents/strict-json.ts';
import { parseJsonText, readArray, readObject, readText } from '../documents/strict-json.ts';
import { locateLeaf } from './document-id.ts';
import type { FetchObject, TreeRef } from './index-head.ts';
import { impactOf, strengthOf } from './marks.ts';
import type { PluginSummary } from './plugin-summary.ts';
import { readSummary, summaryOf } from './plugin-summary.ts';
import type { Postings } from './term-run.ts';
import { readLeaf } from './tree.ts';

/**
 * The `results` tree: for a word that many plugins have, what a page of results shows of the best of them, so that
 * twenty results do not cost twenty leaves of the `plugins` tree. A line is
 * `{"term": …, "plugins": [summaries, best first]}`. Rare words have no line, nor have those that stand in nothing
 * but descriptions: together they would outweigh all the rest, and a rare word has few results to fetch.
 */
const RESULTS_PER_WORD = 20;

// At least a keyword.
const WORTH_A_LINE = 6;

/** The documents whose summaries a word carries, best first; none for words without a line. */
export function bestDocuments({ ids, marks }: Postings): readonly number[] {
  if (ids.length < RESULTS_PER_WORD || !marks.some((mark) => strengthOf(mark) >= WORTH_A_LINE)) return [];
  const best: { readonly id: number; readonly impact: number }[] = [];
  let least = 0;
  for (let index = 0; index < ids.length; index++) {
    const impact = impactOf(marks[index] ?? 0);
    if (best.length === RESULTS_PER_WORD && impact <= least) continue;
    // Ids ascend, so of equal ones the lower stays in front.
    const place = best.findIndex((other) => other.impact < impact);
    best.splice(place === -1 ? best.length : place, 0, { id: ids[index] ?? 0, impact });
    if (best.length > RESULTS_PER_WORD) best.pop();
    least = best.at(-1)?.impact ?? 0;
  }
  return best.map(({ id }) => id);
}

/** A summary as a member of a line. */
export function writeSummary(plugin: PluginSummary): string {
  return JSON.stringify(summaryOf(plugin));
}

/** Writes the line of a word, with summaries from {@link writeSummary}. */
export function writeResults(term: string, summaries: readonly string[]): string {
  return `{"term":${JSON.stringify(term)},"plugins":[${summaries.join(',')}]}`;
}

/**
 * Reads the line of a word.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readResults(line: string): readonly PluginSummary[] {
  const context: JsonContext = { what: 'A line of the results', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJsonText(line, context), context, ['term', 'plugins']);
  readText(fields['term'], context);
  return readArray(fields['plugins'], context, readSummary);
}

/** The summaries that a word carries; none when it has no line. */
export async function resultsOf(
  tree: TreeRef,
  term: string,
  fetchObject: FetchObject,
): Promise<readonly PluginSummary[]> {
  const leaf = await locateLeaf('results', tree, term, fetchObject);
  const line = readLeaf(await fetchObject(leaf), leaf.path).get(term);
  return line === undefined ? [] : readResults(line);
}
