import { SheafError } from '../errors.ts';
import { documentId } from '../index/document-id.ts';
import type { OpenIndex } from '../index/index-difference.ts';
import { type PluginSummary, summaryOf } from '../index/plugin-summary.ts';
import { readPluginRecord } from '../index/records.ts';
import { resultsOf } from '../index/results.ts';
import { documentPosition, leafAt, readLeaf } from '../index/tree.ts';
import type { Hit } from './ranking.ts';
import type { Result } from './refine.ts';
import { sharedFetch } from './shared-fetch.ts';

// With fewer results than this their own leaves are as few objects as the lines of the words.
const WORTH_A_LINE = 3;
const MOST_LINES = 4;

/**
 * What results show of hits, in their order. It is taken from the lines of the words that were searched for, as far
 * as they reach, and what is missing from the leaves of the plugins. Two plugins that share an id are two results.
 *
 * @param terms see `SearchAnswer.terms`.
 * @param options.isPartial leave out what cannot be fetched.
 */
export async function summariesOf(
  hits: readonly Hit[],
  terms: readonly string[],
  index: OpenIndex,
  options: { readonly isPartial: boolean } = { isPartial: false },
): Promise<readonly Result[]> {
  const known = new Map<number, readonly PluginSummary[]>();
  const attempt = async (read: Promise<readonly PluginSummary[]>): Promise<readonly PluginSummary[]> => {
    try {
      return await read;
    } catch (error) {
      if (options.isPartial && error instanceof SheafError && AWAY.has(error.code)) return [];
      throw error;
    }
  };
  const { head } = index;
  const fetchObject = sharedFetch(index.fetchObject);
  if (hits.length > WORTH_A_LINE && head.trees.plugins.bits > 0) {
    const lines = await Promise.all(
      terms.slice(0, MOST_LINES).map((term) => attempt(resultsOf(head.trees.results, term, fetchObject))),
    );
    for (const line of lines) for (const [id, plugins] of byId(line)) known.set(id, plugins);
  }
  const found = await Promise.all(
    hits.map(async (hit) => {
      const plugins = known.get(hit.id) ?? (await attempt(fromLeaf(hit.id, { head, fetchObject })));
      return plugins.map((plugin) => ({ hit, plugin }));
    }),
  );
  return found.flat();
}

const AWAY: ReadonlySet<string> = new Set(['SHEAF_OFFLINE', 'SHEAF_NETWORK']);

async function fromLeaf(id: number, { head, fetchObject }: OpenIndex): Promise<readonly PluginSummary[]> {
  const tree = head.trees.plugins;
  const leaf = await leafAt('plugins', tree, documentPosition(tree.bits, id), fetchObject);
  const lines = readLeaf(await fetchObject(leaf), leaf.path);
  return [...lines]
    .filter(([name]) => documentId(name) === id)
    .map(([, line]) => summaryOf(readPluginRecord(line)));
}

function byId(plugins: readonly PluginSummary[]): ReadonlyMap<number, readonly PluginSummary[]> {
  const groups = new Map<number, PluginSummary[]>();
  for (const plugin of plugins) {
    const id = documentId(plugin.name);
    groups.set(id, [...(groups.get(id) ?? []), plugin]);
  }
  return groups;
}
