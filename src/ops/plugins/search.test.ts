import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../core/instant.ts';
import type { IndexSource, Project } from '../../core/ports.ts';
import {
  type MemoryPorts,
  memoryPorts,
  memorySource,
  RegistrySimulator,
  unreachableSource,
} from '../../testkit/index.ts';
import { registryAdd } from '../registries/registry-add.ts';
import { type SearchOptions, type SearchPage, type SearchPorts, search } from './search.ts';

const EVERYTHING: SearchOptions = {
  text: '',
  filters: {},
  allEngines: false,
  sort: 'relevance',
  page: 1,
  limit: 20,
};

/** A project with this sheaf.toml, in which nothing is installed. */
function projectWith(text: string): Project {
  const refuse = () => Promise.reject(new Error('A search changes no project.'));
  return {
    directory: '/project',
    readManifest: async () => new TextEncoder().encode(text),
    writeManifest: refuse,
    readLock: async () => undefined,
    generations: async () => [],
    pluginDirectory: async () => undefined,
    verifyPlugin: refuse,
    stage: refuse,
    activate: refuse,
    readInstalled: refuse,
    installedManifest: refuse,
    hostList: refuse,
    exclusively: refuse,
  };
}

let first: RegistrySimulator;
let second: RegistrySimulator;
let ports: MemoryPorts;
let sheafToml: string;
let isSecondAway: boolean;

function find(change: Partial<SearchOptions> = {}, more: Partial<SearchPorts> = {}): Promise<SearchPage> {
  return search({ ...ports, project: projectWith(sheafToml), ...more }, { ...EVERYTHING, ...change });
}

const namesOf = ({ plugins }: SearchPage): readonly string[] =>
  plugins.map(({ name, registry }) => `${registry}/${name}`);

function release(registry: RegistrySimulator, name: string, description: string, engine?: string): void {
  registry.addRelease({
    name,
    version: '1.0.0',
    manifest: { description },
    ...(engine === undefined ? {} : { engines: { parseltongue: engine } }),
  });
}

beforeEach(async () => {
  sheafToml = '';
  isSecondAway = false;
  first = new RegistrySimulator({ id: 'first' });
  second = new RegistrySimulator({ id: 'second' });
  release(first, 'graph-lens', 'Draws call graphs', '>=0.5.0');
  release(first, 'call-tree', 'Lists calls');
  release(second, 'graph-paper', 'Draws graphs on paper', '^0.3.0');
  await first.publish();
  await second.publish();
  const sources = (url: string): IndexSource => {
    if (url.includes('first')) return memorySource(first.published, url);
    return isSecondAway ? unreachableSource(url) : memorySource(second.published, url);
  };
  ports = memoryPorts(first.now, sources);
  await registryAdd(ports, { url: 'https://first.example/', root: first.rootId, yes: false });
  await registryAdd(ports, { url: 'https://second.example/', root: second.rootId, yes: false });
});

describe('searching registries', () => {
  it('merges them, and every result names its own', async () => {
    const found = await find({ text: 'draw graphs' });
    expect(namesOf(found).toSorted()).toEqual(['first/graph-lens', 'second/graph-paper']);
    expect(found).toMatchObject({ total: 2, hidden: 0, page: 1, pages: 1, corrections: {} });
  });

  it('sorts by name across them', async () => {
    const found = await find({ sort: 'name' });
    expect(namesOf(found)).toEqual(['first/call-tree', 'first/graph-lens', 'second/graph-paper']);
  });

  it('pages through them; behind the last page there is nothing but the total', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => find({ sort: 'name', page, limit: 1 })));
    expect(pages.flatMap(namesOf)).toEqual(['first/call-tree', 'first/graph-lens', 'second/graph-paper']);
    expect(pages[3]).toMatchObject({ plugins: [], total: 3, page: 4, pages: 3 });
    expect(await find({ page: 999_999_999, limit: 100 })).toMatchObject({ plugins: [], total: 3 });
  });

  it('hides what does not work with the engines of the project, and tells how many', async () => {
    sheafToml = '[engines]\nparseltongue = "0.3.4"\n';
    const found = await find({ text: 'graph' });
    expect(namesOf(found)).toEqual(['second/graph-paper']);
    expect(found).toMatchObject({ total: 1, hidden: 1 });
    expect(await find({ text: 'graph', allEngines: true })).toMatchObject({ total: 2, hidden: 0 });
  });

  it('refuses a filter that no registry can satisfy, with what was probably meant', async () => {
    await expect(find({ filters: { category: ['integration'] } })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      message: 'No plugin has the category "integration".',
      hint: 'Did you mean --category integrations?',
    });
    // Only one of them has it.
    release(second, 'vim-lens', 'Edits');
    second.setPlugin('vim-lens', { keywords: ['vim'] });
    second.now += HOUR;
    await second.publish();
    ports.clock.time += 8 * DAY;
    first.now = ports.clock.time;
    await first.publish();
    second.now = ports.clock.time;
    await second.publish();
    expect(namesOf(await find({ filters: { keyword: ['vim'] } }))).toEqual(['second/vim-lens']);
  });

  it('of nothing proposes the name that is nearest', async () => {
    // No word begins so, which is where the search looks for slips.
    const found = await find({ text: 'kall-dree' });
    expect(found).toMatchObject({ plugins: [], total: 0, pages: 0, didYouMean: 'call-tree' });
  });
});

describe('what a search asks the network', () => {
  it('is no new checkpoint while the last one holds', async () => {
    release(first, 'graph-new', 'Draws new graphs');
    first.now += HOUR;
    ports.clock.time = first.now;
    await first.publish();
    expect(namesOf(await find({ text: 'new' }))).toEqual([]);
  });

  it('is a new checkpoint when the last one has expired', async () => {
    ports.clock.time += 8 * DAY;
    for (const registry of [first, second]) {
      registry.now = ports.clock.time;
      release(registry, `graph-${registry.id}`, 'Draws new graphs');
      await registry.publish();
    }
    expect(await find({ text: 'new' })).toMatchObject({ total: 2 });
  });

  it('passes over a registry that has expired and cannot be reached, and says so', async () => {
    ports.clock.time += 8 * DAY;
    first.now = ports.clock.time;
    await first.publish();
    isSecondAway = true;
    expect(namesOf(await find({ text: 'graph' }))).toEqual(['first/graph-lens']);
    expect(ports.reporter.warnings.join()).toContain('left out');
  });

  it('is nothing offline: what was fetched before is found again, even when it is old', async () => {
    await find({ text: 'draw graphs' });
    first.published.clear();
    second.published.clear();
    ports.clock.time += 8 * DAY;
    const found = await find({ text: 'draw graphs' }, { offline: true });
    expect(namesOf(found).toSorted()).toEqual(['first/graph-lens', 'second/graph-paper']);
  });

  it('without any registry says how to add one', async () => {
    const empty = memoryPorts(first.now, () => memorySource(first.published));
    const call = search({ ...empty, project: projectWith('') }, EVERYTHING);
    await expect(call).rejects.toMatchObject({ code: 'SHEAF_UNKNOWN_REGISTRY' });
  });
});
