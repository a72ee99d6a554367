import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { list } from 'tar';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueOf } from '../../src/core/finding.ts';
import { readKrewManifest } from '../../src/core/import/krew-manifest.ts';
import type { PluginRecord } from '../../src/core/index/records.ts';
import { pluginRecord, type SearchWorld, searchWorld } from '../support/search-world.ts';
import { firstPage, measureRelevance, type Needs } from './relevance.ts';

/**
 * What a search is good for is measured on 400 real plugins: `needs.json` has needs as people put them, and the
 * plugins that answer them. Who changes the ranking sees here what it does; the floors only ever go up.
 */

const LIST = fileURLToPath(new URL('../../../shared/data/krew-index.tar.gz', import.meta.url));
const hasList = existsSync(LIST);
if (!hasList)
  console.warn('skipped: the relevance of search, because ../shared/data has no copy of krew-index');

const NEEDS = JSON.parse(readFileSync(new URL('needs.json', import.meta.url), 'utf8')) as Needs;

async function krewPlugins(): Promise<readonly PluginRecord[]> {
  const files: Promise<readonly [string, Buffer]>[] = [];
  await list({
    file: LIST,
    filter: (path) => path.endsWith('.yaml'),
    onReadEntry: (entry) => files.push(entry.concat().then((bytes) => [entry.path, bytes] as const)),
  });
  return (await Promise.all(files)).map(([path, bytes]) => {
    const { name, shortDescription } = valueOf(readKrewManifest(bytes, path));
    return pluginRecord(name, { description: shortDescription, category: 'krew', owner: 'krew' });
  });
}

describe.skipIf(!hasList)('searching the plugins of krew', () => {
  let world: SearchWorld;
  let names: ReadonlySet<string>;
  beforeAll(async () => {
    const plugins = await krewPlugins();
    names = new Set(plugins.map(({ name }) => name));
    world = searchWorld(plugins);
  });

  it('is judged by 200 needs and more, whose answers all exist', () => {
    expect(Object.keys(NEEDS).length).toBeGreaterThanOrEqual(200);
    expect(
      Object.values(NEEDS)
        .flat()
        .filter((name) => !names.has(name)),
    ).toEqual([]);
  });

  it('answers needs: mean reciprocal rank and nDCG@10', async () => {
    const { mrr, ndcg, missed } = await measureRelevance(world, NEEDS);
    console.info(`MRR ${mrr.toFixed(3)}, nDCG@10 ${ndcg.toFixed(3)}, ${missed.length} needs missed`);
    expect(mrr, missed.join('\n')).toBeGreaterThanOrEqual(0.85);
    expect(ndcg).toBeGreaterThanOrEqual(0.75);
  });

  it('finds every plugin by its name, first of all', async () => {
    const others: string[] = [];
    for (const name of names) {
      const [first] = await firstPage(world, name);
      if (first !== name) others.push(`${name}: ${first}`);
    }
    expect(others).toEqual([]);
  });
});
