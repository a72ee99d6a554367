import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { objectPath } from '../../src/core/index/index-head.ts';
import { DAY } from '../../src/core/instant.ts';
import { createSourceTree } from '../../src/io/git/source-tree.ts';
import { buildIndexFromSource } from '../../src/ops/index/index-build.ts';
import type { SearchWorld } from '../support/search-world.ts';
import { measureRelevance, type Needs } from './relevance.ts';

/** The plugins of this repository, whose records have everything: keywords, categories, several authors. */

const NEEDS: Needs = {
  'draw a diagram': ['dot-diagram', 'mermaid-diagram', 'mermaid-svg'],
  flowchart: ['mermaid-diagram', 'mermaid-svg'],
  graphviz: ['dot-diagram'],
  'pie chart': ['mermaid-diagram'],
  treemap: ['svg-treemap'],
  'svg chart': ['svg-treemap', 'mermaid-svg'],
  'shortest path between nodes': ['graph-query', 'graph-engine'],
  'neighbours of a node': ['graph-query'],
  'impact of a change': ['advanced-query-engine'],
  'what do two modules have in common': ['advanced-query-engine'],
  'who depends on whom': ['dependency-matrix'],
  'cyclic dependencies': ['dependency-matrix'],
  'read csv files': ['csv-tools'],
  'export spreadsheet csv': ['csv-tools'],
  'rfc 4180': ['csv-tools'],
  'chat notification': ['webhook-payload'],
  webhooks: ['webhook-payload'],
  'github annotations': ['ci-annotations'],
  'gitlab code quality': ['ci-annotations'],
  'evaluate arithmetic': ['expression-executor'],
  jsonpath: ['expression-executor'],
  'context for language models': ['context-pack', 'focus-context'],
  'markdown for a prompt': ['focus-context'],
  reachability: ['graph-engine'],
  'compile rust': ['rust-executor'],
  'token budget': ['context-pack'],
  'mermiad diagram': ['mermaid-diagram', 'mermaid-svg'],
  'query graph': ['graph-query', 'advanced-query-engine', 'graph-engine'],
};

describe('searching the plugins of this repository', () => {
  let world: SearchWorld;
  beforeAll(async () => {
    const source = createSourceTree(fileURLToPath(new URL('../../', import.meta.url)), process.env);
    const issued = Date.UTC(2026, 10, 20);
    const build = await buildIndexFromSource({ source }, { issued, life: DAY });
    const files = new Map<string, Uint8Array>();
    for await (const { path, bytes } of build.files()) files.set(path, bytes);
    const fetched: string[] = [];
    world = {
      head: build.head,
      fetched,
      fetchObject: async ({ sha256, path }) => {
        fetched.push(path);
        return files.get(objectPath(sha256))!;
      },
    };
  });

  it('answers nearly every need with its first result', async () => {
    const { mrr, ndcg, missed } = await measureRelevance(world, NEEDS);
    console.info(`MRR ${mrr.toFixed(3)}, nDCG@10 ${ndcg.toFixed(3)}, ${missed.length} needs missed`);
    expect(missed).toEqual([]);
    expect(mrr).toBeGreaterThanOrEqual(0.9);
    expect(ndcg).toBeGreaterThanOrEqual(0.9);
  });
});
