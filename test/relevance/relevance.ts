import { refine } from '../../src/core/search/refine.ts';
import { searchIndex } from '../../src/core/search/search-index.ts';
import { summariesOf } from '../../src/core/search/summaries.ts';
import type { SearchWorld } from '../support/search-world.ts';

/** What people need, and the plugins that are an answer. */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** How well a search answers needs, each number from 0 to 1. */
export interface Relevance {
  /** Mean reciprocal rank of the first answer (Voorhees 1999); 0 for a need without one on the first page. */
  readonly mrr: number;
  /** Mean of the normalised discounted cumulative gain of the first ten results (Jaervelin and Kekaelaeinen 2002). */
  readonly ndcg: number;
  /** Needs without an answer among the first ten, with what was found in its place. */
  readonly missed: readonly string[];
}

const NOW = Date.UTC(2026, 10, 20);

/** Names of the first page of results. */
export async function firstPage(world: SearchWorld, text: string): Promise<readonly string[]> {
  const answer = await searchIndex(world, { text, filters: {}, engines: {}, sort: 'relevance', first: 20 });
  const results = refine(await summariesOf(answer.hits, answer.terms, world), text, NOW);
  return results.map(({ plugin }) => plugin.name);
}

/** Searches for every need. */
export async function measureRelevance(world: SearchWorld, needs: Needs): Promise<Relevance> {
  const missed: string[] = [];
  let [mrr, ndcg] = [0, 0];
  for (const [need, answers] of Object.entries(needs)) {
    const found = await firstPage(world, need);
    const rank = found.findIndex((name) => answers.includes(name));
    mrr += rank === -1 ? 0 : 1 / (rank + 1);
    const gains = found.slice(0, 10).map((name) => (answers.includes(name) ? 1 : 0));
    const best = answers.slice(0, 10).map(() => 1);
    ndcg += discounted(gains) / discounted(best);
    if (!gains.includes(1)) missed.push(`${need}: ${found.slice(0, 4).join(', ')}`);
  }
  const count = Object.keys(needs).length;
  return { mrr: mrr / count, ndcg: ndcg / count, missed };
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}
