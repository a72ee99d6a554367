import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import type { BuiltRuns } from './build-runs.ts';
import { RUN_WEIGHT } from './cut-runs.ts';
import { documentId } from './document-id.ts';
import type { FetchObject, RunsRef } from './index-head.ts';
import { readMark } from './marks.ts';
import type { PluginRecord } from './records.ts';
import {
  buildTermRuns,
  createTermCollector,
  type TermEdit,
  termChanges,
  updateTermRuns,
} from './term-index.ts';
import { findTerm, findTerms, postingsOf } from './term-lookup.ts';
import { type Postings, readPostings, readTermRun, writePostings, writeTermRun } from './term-run.ts';
import { filterTerm, termsOf } from './terms.ts';
import { wordsOf } from './words.ts';

const plugin = (name: string, change: Partial<PluginRecord> = {}): PluginRecord => ({
  name: name as PluginName,
  description: '',
  category: 'integrations',
  keywords: [],
  authors: [],
  owner: 'guild',
  version: '1.0.0' as Version,
  versions: 1,
  tier: { requested: 'wasm', granted: 'wasm' },
  capabilities: [],
  languages: [],
  engines: {},
  ...change,
});

function indexOf(plugins: readonly PluginRecord[]): BuiltRuns {
  const terms = createTermCollector();
  for (const one of plugins) terms.add(documentId(one.name), termsOf(one));
  return buildTermRuns(terms.entries());
}

function fetcher({ objects }: BuiltRuns, fetched: string[] = []): FetchObject {
  const byPath = new Map(objects.map((object) => [object.path, object.bytes]));
  return async ({ path }) => {
    fetched.push(path);
    return byPath.get(path)!;
  };
}

/** What runs are after edits, with the objects that building them anew has and they have not, or have twice. */
async function edited(
  old: BuiltRuns,
  edits: ReadonlyMap<number, TermEdit>,
  anew: BuiltRuns,
  fetched: string[] = [],
): Promise<{ ref: RunsRef; missing: readonly string[]; repeated: readonly string[] }> {
  const { ref, objects } = await updateTermRuns(old.ref, termChanges(edits), fetcher(old, fetched));
  const before = new Set(old.objects.map(({ sha256 }) => sha256));
  const known = new Set([...before, ...objects.map(({ sha256 }) => sha256)]);
  return {
    ref,
    missing: anew.objects.filter(({ sha256 }) => !known.has(sha256)).map(({ path }) => path),
    repeated: objects.filter(({ sha256 }) => before.has(sha256)).map(({ path }) => path),
  };
}

/** What {@link edited} gives when all is well. */
function asBuilt({ ref }: BuiltRuns): {
  ref: RunsRef;
  missing: readonly string[];
  repeated: readonly string[];
} {
  return { ref, missing: [], repeated: [] };
}

/** The plainest search: names of the plugins that have all words of the query, heaviest first. */
async function searchTerms(
  query: string,
  plugins: readonly PluginRecord[],
  runs = indexOf(plugins),
  fetchObject = fetcher(runs),
): Promise<readonly string[]> {
  const terms = query.includes(':') ? [query] : wordsOf(query);
  const found = await Promise.all(terms.map((term) => findTerm(runs.ref, term, fetchObject)));
  const scores = found.map((entry) => {
    const { ids, marks } = entry === undefined ? EMPTY : postingsOf(entry);
    return new Map([...ids].map((id, index) => [id, readMark(marks[index]!)]));
  });
  const score = (one: PluginRecord): number => {
    const marks = scores.map((map) => map.get(documentId(one.name)));
    if (marks.includes(undefined)) return -1;
    return marks.reduce((sum, mark) => sum + mark!.weight * 16 + mark!.standing, 0);
  };
  return plugins
    .map((one) => ({ name: one.name, score: score(one) }))
    .filter((one) => one.score >= 0)
    .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .map((one) => one.name);
}
const EMPTY: Postings = { ids: new Uint32Array(), marks: new Uint8Array() };

const PLUGINS = [
  plugin('graph-lens', { description: 'Draws call graphs', downloads: 12_000, license: 'MIT OR Apache-2.0' }),
  plugin('call-tree', { description: 'Parses sources and draws a graph of calls', keywords: ['graph'] }),
  plugin('old-graph', { description: 'Graphs', deprecated: 'use graph-lens' }),
  plugin('query-engine', { description: 'Queries for Cafés', category: 'executors', owner: 'lens-lab' }),
  plugin('zh-tools', { description: '图形数据库', keywords: ['Data Base'], languages: ['rust'] }),
];

describe('searching the terms', () => {
  it.each([
    ['graph', ['graph-lens', 'old-graph', 'call-tree']],
    ['GRAPHS parsing', ['call-tree']],
    ['graphlens', ['graph-lens']],
    ['cafe query', ['query-engine']],
    ['数据', ['zh-tools']],
    ['nowhere', []],
    ['graph nowhere', []],
    [filterTerm('category', 'executors'), ['query-engine']],
    [filterTerm('license', 'apache-2.0'), ['graph-lens']],
    [filterTerm('owner', 'lens-lab'), ['query-engine']],
    [filterTerm('keyword', 'Data  Base'), ['zh-tools']],
    [filterTerm('language', 'Rust'), ['zh-tools']],
    [filterTerm('license', 'or'), []],
  ])('for %j finds %j', async (query, names) => {
    expect(await searchTerms(query, PLUGINS)).toEqual(names);
  });

  it('puts a deprecated plugin behind its equal', async () => {
    const equals = [
      plugin('aa-one', { deprecated: 'gone', description: 'x' }),
      plugin('bb-one', { description: 'x' }),
    ];
    expect(await searchTerms('one', equals)).toEqual(['bb-one', 'aa-one']);
  });

  it('finds terms by their beginning', async () => {
    const runs = indexOf(PLUGINS);
    const entries = await findTerms(runs.ref, 'gra', fetcher(runs));
    expect(entries.map((entry) => entry.term)).toEqual(['graph', 'graphlen']);
  });

  it('costs one run a word and the page that lists it, and as many as it fills for a filter that everything passes', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      plugin(`plugin-${index}`, { description: `does thing ${index % 500}` }),
    );
    const runs = indexOf(many);
    const fetched: string[] = [];
    const fetchObject = fetcher(runs, fetched);
    expect(await findTerm(runs.ref, '123', fetchObject)).toMatchObject({ count: 40 });
    expect(fetched.length).toBe(2);
    fetched.length = 0;
    const everything = await findTerm(runs.ref, ':category:integrations', fetchObject);
    // Two of these names share their first 32 bits of SHA-256.
    expect(everything?.count).toBe(new Set(many.map((one) => documentId(one.name))).size);
    expect(fetched.length).toBeGreaterThan(5);
    expect(Math.max(...runs.objects.map((object) => object.size))).toBeLessThanOrEqual(RUN_WEIGHT);
  });
});

type Texts = Readonly<Record<string, readonly string[]>>;

function pluginsOf(texts: Texts): PluginRecord[] {
  return Object.entries(texts).map(([name, words]) => plugin(name, { description: words.join(' ') }));
}

function termsIn(texts: Texts, name: string): ReadonlyMap<string, number> {
  const found = pluginsOf(texts).find((one) => one.name === name);
  return found === undefined ? new Map<string, number>() : termsOf(found);
}

describe('the runs of terms', () => {
  it('change little with one more plugin', () => {
    const many = Array.from({ length: 8000 }, (_, index) =>
      plugin(`plugin-${index}`, { description: `word${index % 900} other${index % 70}` }),
    );
    const before = new Set(indexOf(many).objects.map((object) => object.sha256));
    const now = indexOf([...many, plugin('one-more', { description: 'word5 and a newcomer' })]).objects;
    const changed = now.filter((object) => !before.has(object.sha256));
    // One for each word and filter at most; those of a plugin share runs.
    expect(changed.length).toBeLessThanOrEqual(
      termsOf(plugin('one-more', { description: 'word5 and a newcomer' })).size + 2,
    );
    expect(changed.length).toBeLessThan(now.length / 2);
  });

  it('edited are the runs built anew', async () => {
    const words = fc.array(fc.constantFrom('graph', 'lens', 'tree', 'rust', '图形数据'), { maxLength: 4 });
    const texts = fc.dictionary(fc.constantFrom('aa', 'bb', 'cc', 'dd', 'ee'), words);
    await fc.assert(
      fc.asyncProperty(texts, texts, async (before, after) => {
        const old = indexOf(pluginsOf(before));
        const names = new Set([...Object.keys(before), ...Object.keys(after)]);
        const edits = new Map(
          [...names].map((name) => [
            documentId(name),
            { before: termsIn(before, name), after: termsIn(after, name) },
          ]),
        );
        const anew = indexOf(pluginsOf(after));
        expect(await edited(old, edits, anew)).toEqual(asBuilt(anew));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a heavy term', () => {
  // About 815 fill an entry: the category has one entry before and many after, or the other way round.
  const many = Array.from({ length: 900 }, (_, index) => plugin(`plugin-${index}`));

  it.each([
    [700, 900],
    [900, 700],
    [800, 850],
    [850, 800],
  ])('of %i documents, edited to %i, is the one built anew', async (before, after) => {
    const old = indexOf(many.slice(0, before));
    const edits = new Map(
      many.slice(Math.min(before, after), Math.max(before, after)).map((one) => {
        const terms = termsOf(one);
        const none = new Map<string, number>();
        const edit = before < after ? { before: none, after: terms } : { before: terms, after: none };
        return [documentId(one.name), edit] as const;
      }),
    );
    const anew = indexOf(many.slice(0, after));
    expect(await edited(old, edits, anew)).toEqual(asBuilt(anew));
  });

  it('in many parts is read where a new document lies, and nowhere else', async () => {
    const runsOf = (documents: number): BuiltRuns => {
      const terms = createTermCollector();
      for (let index = 0; index < documents; index++) {
        terms.add(
          documentId(`plugin-${index}`),
          new Map([
            ['every', 1],
            [`own-${index}`, 1],
          ]),
        );
      }
      return buildTermRuns(terms.entries());
    };
    const old = runsOf(30_000);
    const fetched: string[] = [];
    const after = new Map([
      ['every', 1],
      ['own-30000', 1],
    ]);
    const edit = { before: new Map<string, number>(), after };
    const edits = new Map([[documentId('plugin-30000'), edit]]);
    const anew = runsOf(30_001);
    expect(await edited(old, edits, anew, fetched)).toEqual(asBuilt(anew));
    expect(fetched.filter((path) => !path.endsWith('/page')).length).toBeLessThan(6);
  });
});

describe('the terms of a plugin', () => {
  it('weigh a word in the name more than one in the description, and add up', () => {
    const terms = termsOf(plugin('graph-lens', { description: 'graph tree', keywords: ['tree'] }));
    const weight = (term: string): number => readMark(terms.get(term)!).weight;
    expect(weight('graph')).toBeGreaterThan(weight('tree'));
    expect(weight('tree')).toBeGreaterThan(
      readMark(termsOf(plugin('x1', { description: 'tree' })).get('tree')!).weight,
    );
    expect(weight(':category:integrations')).toBe(0);
  });

  it('do not change with a release, its facts or a tenth of the downloads', () => {
    const one = plugin('graph-lens', { downloads: 2000 });
    const next = {
      ...one,
      version: '2.0.0' as Version,
      versions: 9,
      downloads: 2200,
      score: 90,
      published: '2026-11-20T00:00:00Z',
    };
    expect(termsOf(next)).toEqual(termsOf(one));
  });
});

function refusalOf(read: () => void): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof SheafError ? error.code : error;
  }
}

describe('a run of terms', () => {
  const postings = fc
    .uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 50 })
    .map((ids) => ({
      ids: Uint32Array.from(ids.toSorted((a, b) => a - b)),
      marks: Uint8Array.from(ids, (id) => id & 255),
    }));
  const entries = fc
    .dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), postings, { noNullPrototype: true })
    .map((map) =>
      Object.keys(map)
        .toSorted()
        .map((term) => ({ term, count: map[term]!.ids.length, postings: writePostings(map[term]!) })),
    );

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(postings, (list) => {
        expect(readPostings({ term: 't', count: list.ids.length, postings: writePostings(list) })).toEqual(
          list,
        );
      }),
    );
    fc.assert(
      fc.property(entries, (list) => {
        expect(readTermRun(writeTermRun(list), 'run')).toEqual(list);
      }),
    );
  });

  it('that is damaged is refused or read as other terms, but never breaks the reader', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 0, max: 255 }), (list, at, byte) => {
        const bytes = writeTermRun(list);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        expect(refusalOf(() => readTermRun(bytes, 'run').forEach(readPostings))).toBeOneOf([
          undefined,
          'SHEAF_INDEX',
        ]);
      }),
    );
  });

  it('that states more postings than it has is refused before memory is taken for them', () => {
    expect(() => readPostings({ term: 't', count: 2 ** 31, postings: Uint8Array.of(1, 1) })).toThrowError(
      /more postings/,
    );
  });
});
