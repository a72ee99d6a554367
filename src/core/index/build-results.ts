import type { BuiltTree } from './build-tree.ts';
import { buildTree, updateTree } from './build-tree.ts';
import { documentId } from './document-id.ts';
import type { FetchObject, IndexHead } from './index-head.ts';
import type { PluginSummary } from './plugin-summary.ts';
import { readPluginRecord } from './records.ts';
import { bestDocuments, resultsOf, writeResults, writeSummary } from './results.ts';
import { groupTerms, postingsOf } from './term-lookup.ts';
import type { TermEntry } from './term-run.ts';
import { isWord } from './terms.ts';
import { documentPosition, leafAt, readLeaf } from './tree.ts';

/** Summaries as lines of results have them, by document id; those that share one in order of their names. */
export type SummariesById = ReadonlyMap<number, readonly string[]>;

/** Groups plugins by document id. */
export function summariesById(plugins: Iterable<PluginSummary>): SummariesById {
  const byName = [...plugins].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = new Map<number, string[]>();
  for (const plugin of byName) {
    const id = documentId(plugin.name);
    lines.set(id, [...(lines.get(id) ?? []), writeSummary(plugin)]);
  }
  return lines;
}

/** Builds the results of all words. */
export function buildResults(
  entries: readonly TermEntry[],
  lines: SummariesById,
  plugins: number,
): BuiltTree {
  const results = new Map<string, string>();
  for (const found of groupTerms(entries.filter(({ term }) => isWord(term)))) {
    const best = bestDocuments(postingsOf(found));
    if (best.length === 0) continue;
    results.set(
      found.term,
      writeResults(
        found.term,
        best.flatMap((id) => lines.get(id) ?? []),
      ),
    );
  }
  return buildTree('results', results, plugins);
}

/** What changed, for the words that it concerns. */
export interface ResultChanges {
  /** Words of the plugins that changed, as they were and as they are. */
  readonly words: ReadonlySet<string>;
  /** Entries of at least these words as they are. */
  readonly entries: readonly TermEntry[];
  /** Every document whose plugins changed; an empty list when none is left. */
  readonly lines: SummariesById;
  /** How many plugins there are now. */
  readonly plugins: number;
}

/** Brings the results up to date, byte for byte as {@link buildResults} would build them. */
export async function updateResults(
  previous: IndexHead,
  { words, entries, lines, plugins }: ResultChanges,
  fetchObject: FetchObject,
): Promise<BuiltTree> {
  const edits = new Map<string, string | undefined>();
  const bestOf = new Map<string, readonly number[]>();
  for (const found of groupTerms(entries)) {
    if (words.has(found.term)) bestOf.set(found.term, bestDocuments(postingsOf(found)));
  }
  for (const word of words) {
    const best = bestOf.get(word) ?? [];
    if (best.length === 0) {
      edits.set(word, undefined);
      continue;
    }
    const before = summariesById(await resultsOf(previous.trees.results, word, fetchObject));
    const records = await Promise.all(
      best.map(
        async (id) => lines.get(id) ?? before.get(id) ?? (await previousSummaries(previous, id, fetchObject)),
      ),
    );
    edits.set(word, writeResults(word, records.flat()));
  }
  return updateTree('results', previous.trees.results, edits, plugins, fetchObject);
}

/** The summaries of a document that was not among the best of a word before. */
async function previousSummaries(
  { trees }: IndexHead,
  id: number,
  fetchObject: FetchObject,
): Promise<readonly string[]> {
  const leaf = await leafAt('plugins', trees.plugins, documentPosition(trees.plugins.bits, id), fetchObject);
  const lines = readLeaf(await fetchObject(leaf), leaf.path);
  return [...lines]
    .filter(([name]) => documentId(name) === id)
    .map(([, line]) => writeSummary(readPluginRecord(line)));
}
