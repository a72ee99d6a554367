import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { ReleaseManifest, Tier } from '../formats/manifest.ts';
import { parseInstant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import {
  type BuiltIndex,
  buildIndex,
  type IndexChanges,
  type IndexContent,
  updateIndex,
} from './build-index.ts';
import { bundleObject, readBundle } from './bundle.ts';
import { type DescribedPlugin, describePlugin } from './describe-plugin.ts';
import { documentId } from './document-id.ts';
import type { BuiltObject, FetchObject } from './index-head.ts';
import { FILE_KINDS, readIndexHead, record, writeIndexHead } from './index-head.ts';
import { createIndexReader } from './index-reader.ts';
import { allNames } from './names.ts';
import { readRankRun } from './rank-run.ts';
import { readReleasesRecord } from './records.ts';
import { findTerm } from './term-lookup.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Sample {
  readonly versions: readonly string[];
  readonly text: string;
  readonly category?: string;
  readonly yanked?: readonly string[];
  readonly downloads?: number | undefined;
  readonly tier?: Tier;
}

function described(name: string, sample: Sample): DescribedPlugin {
  const manifest = (version: string): ReleaseManifest => ({
    name: name as PluginName,
    version: version as Version,
    description: sample.text,
    authors: [{ name: 'Ann Author' }],
    license: 'MIT',
    keywords: ['sample'],
    links: {},
    engines: {},
    performance: { cpuIntensive: false },
    security: { tier: sample.tier ?? 'wasm', capabilities: [], sandboxRequired: false, level: 'standard' },
    packages: {},
    dependencies: {},
    requires: {},
    provides: { languages: ['rust'], commands: [] },
    bin: {},
    testing: { performanceValidated: false },
    metadata: {},
    registry: 'samples',
    artifacts: [
      { kind: 'wasm', platform: 'any', url: 'https://example.org/a.wasm', sha256: sha256(encode(name)) },
    ],
  });
  const yanked = Object.fromEntries((sample.yanked ?? []).map((version) => [version, 'broken']));
  return describePlugin({
    category: sample.category ?? 'integrations',
    plugin: {
      registry: 'samples',
      name: name as PluginName,
      revision: 1,
      owner: 'guild',
      keywords: [],
      repositories: [],
      yanked,
      deprecatedVersions: {},
    },
    signed: { file: `# ${name}`, signature: 'signature' },
    releases: sample.versions.map((version) => {
      const text = `# ${name} ${version} ${sample.text}`;
      return { manifest: manifest(version), sha256: sha256(encode(text)), text, signature: 'signature' };
    }),
    events: [],
    audits:
      sample.downloads === undefined
        ? []
        : [
            {
              registry: 'samples',
              plugin: name as PluginName,
              version: sample.versions[0] as Version,
              published: parseInstant('2026-11-01T00:00:00Z')!,
              compatibility: [],
              waivers: [],
              downloads: { total: sample.downloads, months: {} },
            },
          ],
    reviews: [],
  });
}

type World = Readonly<Record<string, Sample>>;

function contentOf(world: World, file = ''): IndexContent {
  return {
    registry: 'samples',
    plugins: Object.entries(world).map(([name, sample]) => described(name, sample)),
    owners: [{ owner: 'guild', files: { '1.signers': 'keys' } }],
    files: record(FILE_KINDS, (kind) => encode(`${kind} ${file}`)),
  };
}

function fetcher(...lists: (readonly BuiltObject[])[]): FetchObject {
  const byPlace = new Map(lists.flat().map((object) => [`${object.path} ${object.sha256}`, object.bytes]));
  return async ({ path, sha256 }) => {
    const bytes = byPlace.get(`${path} ${sha256}`);
    if (bytes === undefined) throw new RangeError(`There is no ${path}.`);
    return bytes;
  };
}

/** Everything that an index reaches, by path: two indexes are equal when these are. */
function reachable(built: BuiltIndex, ...older: BuiltIndex[]): ReadonlyMap<string, string> {
  const objects = new Map<string, string>();
  for (const { objects: list } of [...older, built]) {
    for (const { path, sha256 } of list) objects.set(path, sha256);
  }
  return objects;
}

const WORLD: World = {
  'graph-lens': {
    versions: ['1.0.0', '1.10.0', '1.9.0', '2.0.0-beta.1'],
    text: 'draws graphs',
    downloads: 4000,
  },
  'call-tree': { versions: ['0.1.0', '0.2.0'], text: 'draws calls', yanked: ['0.2.0'] },
};

describe('an index', () => {
  const built = buildIndex(contentOf(WORLD));
  const reader = createIndexReader(built.head, fetcher(built.objects));

  it('has a head that is read back as it was written', () => {
    expect(readIndexHead(writeIndexHead(built.head))).toEqual(built.head);
    expect(built.head).toMatchObject({ plugins: 2, releases: 6, owners: 1, bundles: 'everywhere' });
  });

  it('shows the newest version that is neither yanked nor a pre-release', async () => {
    expect((await reader.plugin('graph-lens' as PluginName))?.version).toBe('1.10.0');
    expect((await reader.plugin('call-tree' as PluginName))?.version).toBe('0.1.0');
  });

  it('lists versions newest first, each with the bundle that holds its exact text', async () => {
    const releases = (await reader.releases('graph-lens' as PluginName))!;
    expect(releases.versions.map((one) => one.version)).toEqual(['2.0.0-beta.1', '1.10.0', '1.9.0', '1.0.0']);
    for (const one of releases.versions) {
      const files = await reader.bundle(releases, one.bundle);
      expect(sha256(encode(files[`${one.version}.toml`]!))).toBe(one.manifest);
    }
    expect((await reader.releases('call-tree' as PluginName))?.versions[0]?.yanked).toBe('broken');
  });

  it('has all names, the terms of every plugin, its rank and its owner', async () => {
    const fetchObject = fetcher(built.objects);
    expect(await allNames(built.head, fetchObject)).toEqual(['call-tree', 'graph-lens']);
    expect((await findTerm(built.head.runs.terms, 'draw', fetchObject))?.count).toBe(2);
    const [run] = await reader.runs('ranks', '');
    expect(readRankRun(run!, 'ranks')).toMatchObject([{ id: documentId('graph-lens'), downloads: 4000 }, {}]);
    expect((await reader.owner('guild'))?.files).toEqual({ '1.signers': 'keys' });
  });

  it('is the same whatever the order of its content', () => {
    const shuffled: World = Object.fromEntries(
      Object.entries(WORLD)
        .toReversed()
        .map(([name, sample]) => [
          name,
          { ...sample, downloads: undefined, versions: sample.versions.toReversed() },
        ]),
    );
    const plain = Object.fromEntries(
      Object.entries(WORLD).map(([name, sample]) => [name, { ...sample, downloads: undefined }]),
    );
    expect(buildIndex(contentOf(shuffled)).head).toEqual(buildIndex(contentOf(plain)).head);
  });

  it('of nothing is an index too', () => {
    const empty = buildIndex({ ...contentOf({}), owners: [] });
    expect(readIndexHead(writeIndexHead(empty.head))).toMatchObject({
      plugins: 0,
      runs: { names: { nodes: [] }, terms: { nodes: [] } },
    });
  });
});

describe('bundles', () => {
  const big = 'x'.repeat(50_000);
  const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'];
  const bundlesOf = (list: readonly string[]): DescribedPlugin =>
    described('big-one', { versions: list, text: big });

  it('stay under their limit and begin with plugin.toml', () => {
    const { bundles, releases: line } = bundlesOf(versions);
    const releases = readReleasesRecord(line);
    expect(bundles.length).toBe(3);
    expect(Object.keys(readBundle(bundles[0]!.bytes, releases.name)).slice(0, 2)).toEqual([
      'plugin.toml',
      'plugin.toml.sig',
    ]);
    for (const bundle of bundles) expect(bundle.size).toBeLessThanOrEqual(128 * 1024);
    for (const [index, bundle] of bundles.entries())
      expect(bundleObject(releases, index)?.path).toBe(bundle.path);
  });

  it('change in the last one only with a new release', () => {
    const before = bundlesOf(versions.slice(0, -1)).bundles.map((bundle) => bundle.sha256);
    const after = bundlesOf(versions).bundles.map((bundle) => bundle.sha256);
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });

  it('with a release that is larger than a bundle give it one of its own', () => {
    expect(described('huge-one', { versions: ['1.0.0'], text: 'x'.repeat(200_000) }).bundles).toHaveLength(2);
  });
});

describe('an updated index', () => {
  const name = fc.constantFrom(
    'aa-one',
    'bb-two',
    'graph-lens',
    'call-tree',
    'zz-last',
    'plugin-7',
    'plugin-40',
  );
  const sample = fc.record({
    versions: fc.uniqueArray(fc.constantFrom('1.0.0', '1.1.0', '2.0.0', '2.0.0-rc.1'), { minLength: 1 }),
    text: fc.constantFrom('draws graphs', 'draws calls', 'parses', '图形数据库'),
    category: fc.constantFrom('integrations', 'executors'),
    downloads: fc.constantFrom(5, 5000),
  });
  const step = fc.array(fc.tuple(name, fc.option(sample, { nil: undefined })), { maxLength: 6 });
  const many: World = Object.fromEntries(
    Array.from({ length: 46 }, (_, index) => [
      `plugin-${index}`,
      { versions: ['1.0.0'], text: `thing ${index}` },
    ]),
  );

  it('is byte for byte the index built anew, after any edits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<World>({}, WORLD, many),
        fc.array(step, { maxLength: 4 }),
        async (start, steps) => {
          let world = start;
          let head = buildIndex(contentOf(world)).head;
          const objects = [buildIndex(contentOf(world)).objects];
          for (const [round, edits] of steps.entries()) {
            const changes: IndexChanges = {
              plugins: new Map(edits.map(([one, now]) => [one as PluginName, now && described(one, now)])),
              owners: new Map([['guild', { owner: 'guild', files: { '1.signers': 'keys' } }]]),
              files: { status: encode(`status ${round}`) },
            };
            const next: Record<string, Sample> = { ...world };
            for (const [one, now] of edits) {
              if (now === undefined) delete next[one];
              else next[one] = now;
            }
            world = next;
            const updated = await updateIndex(head, changes, fetcher(...objects));
            const content = contentOf(world);
            const anew = buildIndex({
              ...content,
              files: { ...content.files, status: encode(`status ${round}`) },
            });
            expect(updated.head).toEqual(anew.head);
            // Nothing is missing: every object of the new index is among those built now or before.
            const fetchObject = fetcher(...objects, updated.objects);
            for (const object of anew.objects) await fetchObject(object);
            objects.push(updated.objects);
            head = updated.head;
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('changes nothing but leaves, results, bundle and what is above them with one release', async () => {
    const built = buildIndex(contentOf(many));
    const sample = many['plugin-7']!;
    const next = { ...sample, versions: ['1.0.0', '1.1.0'] };
    const plugins = new Map([['plugin-7' as PluginName, described('plugin-7', next)]]);
    const updated = await updateIndex(
      built.head,
      { plugins, owners: new Map(), files: {} },
      fetcher(built.objects),
    );
    expect(updated.objects.map((object) => object.path).toSorted()).toEqual([
      'bundles/pl/plugin-7/0.json',
      'index.json',
      'plugins/all.jsonl',
      'releases/all.jsonl',
      'results/all.jsonl',
    ]);
    expect(reachable(updated, built).size).toBe(reachable(built).size);
  });

  it('keeps the terms of a plugin whose id is shared by one that is removed', async () => {
    const pair: World = {
      'plugin-5223': { versions: ['1.0.0'], text: 'alpha gamma' },
      'plugin-17592': { versions: ['1.0.0'], text: 'beta gamma' },
    };
    expect(documentId('plugin-5223')).toBe(documentId('plugin-17592'));
    const built = buildIndex(contentOf(pair));
    const plugins = new Map([['plugin-5223' as PluginName, undefined]]);
    const updated = await updateIndex(
      built.head,
      { plugins, owners: new Map(), files: {} },
      fetcher(built.objects),
    );
    const { 'plugin-5223': _, ...rest } = pair;
    expect(updated.head).toEqual(buildIndex(contentOf(rest)).head);
    const fetchObject = fetcher(built.objects, updated.objects);
    expect((await findTerm(updated.head.runs.terms, 'gamma', fetchObject))?.count).toBe(1);
    expect(await findTerm(updated.head.runs.terms, 'alpha', fetchObject)).toBeUndefined();
  });
});
