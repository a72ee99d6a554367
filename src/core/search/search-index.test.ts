import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pluginRecord as plugin, type SearchWorld, searchWorld } from '../../../test/support/search-world.ts';
import { documentId } from '../index/document-id.ts';
import type { PluginRecord } from '../index/records.ts';
import { wordsOf } from '../index/words.ts';
import type { Version, VersionRange } from '../version.ts';
import { type SearchAnswer, type SearchRequest, searchIndex } from './search-index.ts';
import { summariesOf } from './summaries.ts';

const ALL = { filters: {}, engines: {}, sort: 'relevance', first: 20 } as const;

function ask(world: SearchWorld, text: string, change: Partial<SearchRequest> = {}): Promise<SearchAnswer> {
  return searchIndex(world, { ...ALL, text, ...change });
}

/** Names of the results, in order. */
async function names(world: SearchWorld, text: string, change: Partial<SearchRequest> = {}) {
  const { hits, terms } = await ask(world, text, change);
  return (await summariesOf(hits, terms, world)).map(({ plugin }) => plugin.name as string);
}

const PLUGINS: readonly PluginRecord[] = [
  plugin('graph', { description: 'Plain', downloads: 3 }),
  plugin('graph-lens', { description: 'Draws call graphs', downloads: 12_000, license: 'MIT OR Apache-2.0' }),
  plugin('call-tree', { description: 'Parses sources and draws a graph', keywords: ['tree'], downloads: 90 }),
  plugin('old-graph', { description: 'Draws graphs', deprecated: 'use graph-lens', downloads: 1_000_000 }),
  plugin('gone-graph', { description: 'Draws graphs', yanked: 'broken', downloads: 1_000_000 }),
  plugin('query-engine', {
    description: 'Queries for Cafés',
    category: 'executors',
    owner: 'lens-lab',
    authors: ['Ann Author'],
    tier: { requested: 'native', granted: 'native' },
    rating: 4.5,
    ratingCount: 9,
  }),
  plugin('zh-tools', { description: '图形数据库', keywords: ['Data Base'], languages: ['rust'] }),
  plugin('pipe', { description: 'Moves data along', capabilities: ['network'], rating: 4.5, ratingCount: 2 }),
];
const world = searchWorld(PLUGINS, ['integrations', 'executors', 'visualizers']);

describe('a search', () => {
  it.each([
    [
      'the plugin of that name first, then names that begin so',
      'graph',
      ['graph', 'graph-lens', 'call-tree'],
    ],
    ['a name written without its hyphen', 'graphlens', ['graph-lens']],
    ['a name written in words', 'Graph Lens', ['graph-lens']],
    ['words in any form and order', 'parsing GRAPHS', ['call-tree']],
    ['words with accents where none are typed', 'cafe', ['query-engine']],
    ['Chinese by pairs of characters', '数据', ['zh-tools']],
    ['what the last word begins', 'que', ['query-engine']],
    ['nothing by the beginning of a word that is finished', 'que ', []],
    ['nothing by one letter that begins everything', 'q', []],
    ['words that say how one asks only when nothing else is said', 'how do I draw a tree', ['call-tree']],
    ['what is written with slips', 'qurey', ['query-engine']],
  ])('finds %s: %j', async (_, text, expected) => {
    expect((await names(world, text)).slice(0, expected.length || 1)).toEqual(expected);
  });

  it('lets what is deprecated or withdrawn sink, however often it was downloaded', async () => {
    const found = await names(world, 'draws graphs');
    expect(found.slice(0, 2)).toEqual(['graph-lens', 'call-tree']);
    expect(found.slice(2).toSorted()).toEqual(['gone-graph', 'old-graph']);
  });

  it('finds what is deprecated by its whole name first', async () => {
    expect((await names(world, 'old-graph'))[0]).toBe('old-graph');
  });

  it('says which word it took for which', async () => {
    expect((await ask(world, 'qurey')).corrections).toEqual({ qurey: 'query' });
    expect((await ask(world, 'query')).corrections).toEqual({});
  });

  it('of three words takes what has most of them, best first', async () => {
    const found = await names(world, 'parse call sources somewhere');
    expect(found[0]).toBe('call-tree');
  });

  it('does not depend on the order in which plugins were listed', async () => {
    const shuffled = searchWorld(PLUGINS.toReversed(), ['integrations', 'executors', 'visualizers']);
    expect(shuffled.head).toEqual(world.head);
    expect(await ask(shuffled, 'draw graph')).toEqual(await ask(world, 'draw graph'));
  });

  it('finds of one word exactly what has it, and of two what has both', async () => {
    const word = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'omega');
    const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(texts, word, word, async (descriptions, one, other) => {
        const plugins = descriptions.map((text, index) =>
          plugin(`plugin-${index}`, { description: text.join(' ') }),
        );
        const [first = '', second = ''] = [...wordsOf(one), ...wordsOf(other)];
        const having = plugins.filter(({ description }) =>
          [first, second].every((term) => wordsOf(description).includes(term)),
        );
        if (having.length === 0) return;
        const { total, hits } = await ask(searchWorld(plugins), `${one} ${other} `, { first: 100 });
        expect(total).toBe(having.length);
        expect(new Set(hits.map(({ id }) => id))).toEqual(
          new Set(having.map(({ name }) => documentId(name))),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('shows both of two plugins that share an id', async () => {
    const pair = ['plugin-5223', 'plugin-17592'];
    const shared = searchWorld(pair.map((name) => plugin(name, { description: 'alike' })));
    expect((await names(shared, 'alike')).toSorted()).toEqual(pair.toSorted());
  });
});

describe('filters', () => {
  it.each([
    [{ category: ['executors'] }, ['query-engine']],
    [{ category: ['executors', 'integrations'], keyword: ['data base'] }, ['zh-tools']],
    [{ license: ['apache-2.0'] }, ['graph-lens']],
    [{ owner: ['Lens-Lab'] }, ['query-engine']],
    [{ author: ['ann author'] }, ['query-engine']],
    [{ language: ['Rust'] }, ['zh-tools']],
    [{ capability: ['network'] }, ['pipe']],
    [{ tier: ['native'] }, ['query-engine']],
    [{ verified: ['yes'] }, ['query-engine']],
    [{ verified: ['yes'], language: ['rust'] }, []],
  ])('%j leave %j', async (filters, expected) => {
    const answer = await ask(world, '', { filters });
    expect(await names(world, '', { filters })).toEqual(expected);
    expect(answer).toMatchObject({ total: expected.length, unknown: [] });
  });

  it('narrow words, too', async () => {
    expect(await names(world, 'data', { filters: { language: ['rust'] } })).toEqual(['zh-tools']);
  });

  it('with a value that nothing has find nothing and name the nearest', async () => {
    const answer = await ask(world, 'graph', { filters: { category: ['executers'] } });
    const unknown = [{ field: 'category', value: 'executers', meant: 'executors' }];
    expect(answer).toMatchObject({ total: 0, hits: [], hidden: 0, unknown });
    expect((await ask(world, '', { filters: { owner: ['nobody-at-all'] } })).unknown).toEqual([
      { field: 'owner', value: 'nobody-at-all' },
    ]);
  });

  it('know a category that has no plugins yet', async () => {
    expect(await ask(world, '', { filters: { category: ['visualizers'] } })).toMatchObject({
      total: 0,
      unknown: [],
    });
  });
});

describe('engines', () => {
  const demanding = searchWorld([
    plugin('new-one', { engines: { parseltongue: '>=0.5.0 <2' as VersionRange } }),
    plugin('old-one', { engines: { parseltongue: '^0.3.0' as VersionRange } }),
    plugin('any-one'),
    plugin('node-one', { engines: { node: '>=20' as VersionRange } }),
  ]);

  it('hide what does not work with them, and count it', async () => {
    const engines = { parseltongue: '0.4.2' as Version };
    expect(await ask(demanding, 'one', { engines })).toMatchObject({ total: 2, hidden: 2 });
    expect((await names(demanding, 'one', { engines })).toSorted()).toEqual(['any-one', 'node-one']);
    expect(await ask(demanding, '', { engines })).toMatchObject({ total: 2, hidden: 2 });
    expect((await names(demanding, '', { engines })).toSorted()).toEqual(['any-one', 'node-one']);
  });

  it('hide nothing that fits or makes no demands of them', async () => {
    const engines = { parseltongue: '0.6.0' as Version };
    expect((await names(demanding, 'one', { engines })).toSorted()).toEqual([
      'any-one',
      'new-one',
      'node-one',
    ]);
    expect(await ask(demanding, 'one')).toMatchObject({ total: 4, hidden: 0 });
  });
});

describe('sorting', () => {
  const facts = searchWorld([
    plugin('a1', { downloads: 50, rating: 3, ratingCount: 1, published: '2026-01-01T00:00:00Z' }),
    plugin('b1', { downloads: 4000, published: '2026-11-01T00:00:00Z' }),
    plugin('c1', { rating: 4.9, ratingCount: 40 }),
    plugin('d1', {
      downloads: 60,
      tier: { requested: 'core', granted: 'core' },
      rating: 4.9,
      ratingCount: 3,
      published: '2026-05-01T00:00:00Z',
    }),
    plugin('e1', { downloads: 9_000_000, deprecated: 'old', published: '2026-11-19T00:00:00Z' }),
  ]);

  it.each([
    ['relevance', ['b1', 'd1', 'a1', 'c1', 'e1']],
    ['downloads', ['b1', 'd1', 'a1', 'c1', 'e1']],
    ['rating', ['c1', 'd1', 'a1', 'b1', 'e1']],
    ['recent', ['b1', 'd1', 'a1', 'c1', 'e1']],
    ['name', ['a1', 'b1', 'c1', 'd1', 'e1']],
  ] as const)('by %s without words gives %j', async (sort, expected) => {
    expect(await names(facts, '', { sort })).toEqual(expected);
  });

  it('by downloads is exact beyond what the coarse standing tells', async () => {
    const counts = fc.array(fc.nat({ max: 2_000_000 }), { minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(counts, async (downloads) => {
        const many = downloads.map((count, index) => plugin(`p-${index}`, { downloads: count }));
        const { hits } = await ask(searchWorld(many), '', { sort: 'downloads', first: 10 });
        const expected = downloads.toSorted((a, b) => b - a).slice(0, 10);
        expect(hits.map(({ score }) => score)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('sorts what words found', async () => {
    expect(await names(world, 'graph', { sort: 'name' })).toEqual([
      'call-tree',
      'gone-graph',
      'graph',
      'graph-lens',
      'old-graph',
    ]);
  });
});

describe('any text', () => {
  it.each([
    ['ten kilobytes', 'graph '.repeat(1700), 5],
    ['one word of ten kilobytes', 'g'.repeat(10_000), 0],
    ['emoji', '🦜🪺 👩‍👩‍👧‍👦', PLUGINS.length],
    ['characters of regular expressions', '.*+?^${}()|[]\\', PLUGINS.length],
    ['a pattern that explodes', '(a+)+$ graph', 5],
    ['blanks', ' \t\n ', PLUGINS.length],
    ['half a surrogate pair', '\ud83e graph', 5],
    ['the form of a filter', ':category:executors', 1],
    ['names of prototypes', 'constructor __proto__ toString', 0],
  ])('is a query: %s', async (_, text, total) => {
    const answer = await ask(world, text);
    expect(answer.total).toBe(total);
    expect(answer.hits.length).toBe(total);
  });
});

describe('what a search fetches', () => {
  const many = Array.from({ length: 3000 }, (_, index) =>
    plugin(`tool-${index}`, {
      description: `does thing ${index % 10} with part ${index % 700}`,
      keywords: [`topic${index % 20}`],
      downloads: index,
    }),
  );
  const large = searchWorld(many);

  it.each([
    ['a word that a twentieth of all plugins have', 'topic7', 6],
    ['a word that all have', 'tool', 30],
    ['the beginning of a word', 'topic1', 8],
  ])('is a few objects for %s, shown results included', async (_, text, most) => {
    large.fetched.length = 0;
    expect(await names(large, text)).toHaveLength(20);
    expect(new Set(large.fetched).size).toBeLessThanOrEqual(most);
    // Each of them once, although several words may lie in one.
    expect(large.fetched.filter((path) => path.startsWith('terms/'))).toHaveLength(
      new Set(large.fetched.filter((path) => path.startsWith('terms/'))).size,
    );
  });

  it('is what a page needs, wherever the page lies', async () => {
    const { hits, total } = await ask(large, 'topic7', { first: 40 });
    const everything = await ask(large, 'topic7', { first: 1000 });
    expect(total).toBe(150);
    expect(everything.hits).toHaveLength(150);
    expect(everything.hits.slice(0, 40)).toEqual(hits);
  });
});
