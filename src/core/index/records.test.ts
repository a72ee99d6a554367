import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import {
  type PluginRecord,
  type ReleasesRecord,
  readOwnerRecord,
  readPluginRecord,
  readReleasesRecord,
  writeOwnerRecord,
  writePluginRecord,
  writeReleasesRecord,
} from './records.ts';

const digest = sha256(new Uint8Array());
const PLUGIN: PluginRecord = {
  name: 'graph-lens' as PluginName,
  displayName: 'Graph Lens',
  description: 'Draws graphs',
  category: 'visualizers',
  keywords: ['graph'],
  authors: ['Ann Author'],
  license: 'MIT',
  owner: 'lens-lab',
  version: '1.2.0' as Version,
  versions: 4,
  tier: { requested: 'native', granted: 'wasm' },
  capabilities: ['query'],
  languages: ['rust'],
  engines: { parseltongue: '>=0.3.0' as VersionRange },
  repository: 'https://example.org/graph-lens',
  homepage: 'https://example.org/',
  deprecated: 'use other',
  published: '2026-11-20T09:00:00Z',
  score: 88,
  rating: 4.5,
  ratingCount: 2,
  downloads: 1200,
};
const RELEASES: ReleasesRecord = {
  name: 'graph-lens' as PluginName,
  owner: 'lens-lab',
  bundles: [{ sha256: digest, size: 12 }],
  versions: [
    {
      version: '1.2.0' as Version,
      manifest: digest,
      bundle: 0,
      tier: 'wasm',
      capabilities: [{ id: 'query', reason: 'to look', optional: true }],
      platforms: ['any'],
      engines: { parseltongue: '>=0.3.0' as VersionRange },
      dependencies: {
        ['users' as PluginName]: { range: '^1.0.0' as VersionRange, registry: 'other', optional: false },
      },
      published: '2026-11-20T09:00:00Z',
      score: 88.5,
      approvals: 2,
      yanked: 'broken',
      deprecated: 'old',
    },
  ],
};

const altered = (line: string, change: Record<string, unknown>): string =>
  JSON.stringify({ ...(JSON.parse(line) as object), ...change });

describe('a line of the index', () => {
  it('is read back as it was written', () => {
    expect(readPluginRecord(writePluginRecord(PLUGIN))).toEqual(PLUGIN);
    expect(readReleasesRecord(writeReleasesRecord(RELEASES))).toEqual(RELEASES);
    const owner = { owner: 'lens-lab', files: { 'owner.toml': 'x', '1.signers': 'y' } };
    expect(readOwnerRecord(writeOwnerRecord(owner))).toEqual(owner);
  });

  it('does not depend on the order in which a record was put together', () => {
    const reversed = Object.fromEntries(Object.entries(PLUGIN).toReversed()) as unknown as PluginRecord;
    expect(writePluginRecord(reversed)).toBe(writePluginRecord(PLUGIN));
  });

  it.each([
    ['a name that is none', { name: '../evil' }],
    ['a version that is none', { version: 'latest' }],
    ['an unknown tier', { tier: { requested: 'root', granted: 'wasm' } }],
    ['keywords that are no list', { keywords: 'graph' }],
    ['a number for a description', { description: 7 }],
    ['a range that is none', { engines: { x: 'not a range' } }],
    ['an unknown key', { evil: true }],
    ['downloads that are no count', { downloads: -1 }],
  ])('of a plugin is refused with %s', (_, change) => {
    expect(() => readPluginRecord(altered(writePluginRecord(PLUGIN), change))).toThrowError(
      expect.objectContaining({ code: 'SHEAF_INDEX' }),
    );
  });

  it.each([
    ['a bundle that it does not have', { bundle: 1 }],
    ['a manifest without a digest', { manifest: 'x' }],
    ['a dependency on what is no plugin', { dependencies: { constructor: { range: '*', optional: false } } }],
    ['a dependency without a range', { dependencies: { users: { optional: false } } }],
    ['a capability that is neither optional nor not', { capabilities: [{ id: 'query' }] }],
  ])('of releases is refused with %s', (_, change) => {
    const [version] = (JSON.parse(writeReleasesRecord(RELEASES)) as { versions: object[] }).versions;
    const line = altered(writeReleasesRecord(RELEASES), { versions: [{ ...version, ...change }] });
    expect(() => readReleasesRecord(line)).toThrowError(expect.objectContaining({ code: 'SHEAF_INDEX' }));
  });

  it('that is no JSON at all is refused', () => {
    expect(() => readPluginRecord('{"name":')).toThrowError(expect.objectContaining({ code: 'SHEAF_INDEX' }));
    expect(() => readOwnerRecord('[]')).toThrowError(expect.objectContaining({ code: 'SHEAF_INDEX' }));
  });

  it('keeps a file called __proto__ as what it is: a key', () => {
    const record = readOwnerRecord('{"owner":"a","files":{"__proto__":"x"}}');
    expect(Object.keys(record.files)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(record.files)).toBeNull();
  });
});
