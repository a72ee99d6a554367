import { describe, expect, it } from 'vitest';
import { buildRelease } from '../../testkit/simulated-release.ts';
import { valueOf } from '../finding.ts';
import { type ReleaseManifest, readReleaseManifest } from '../formats/manifest.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { VersionRecord } from '../index/records.ts';
import { differenceFrom, signedFacts } from './release-record.ts';

const built = buildRelease(
  {
    name: 'graph-lens',
    version: '1.0.0',
    dependencies: { users: '^1.0.0', links: '^2.0.0' },
    engines: { parseltongue: '>=0.3.0' },
    capabilities: ['query'],
  },
  'simulated',
  'https://plugins.example/',
);
const manifest: ReleaseManifest = valueOf(readReleaseManifest(built.manifest, '1.0.0.toml'));
const plugin: PluginFile = {
  registry: 'simulated',
  name: manifest.name,
  revision: 1,
  owner: 'author',
  keywords: [],
  repositories: [],
  yanked: {},
  deprecatedVersions: {},
};
const record = {
  version: manifest.version,
  manifest: 'unused',
  bundle: 0,
  ...signedFacts(manifest, plugin),
} as unknown as VersionRecord;

describe('the copy that the index has of a signed release', () => {
  it('is accepted when it says the same, in whatever order', () => {
    const dependencies = Object.fromEntries(Object.entries(record.dependencies).toReversed());
    expect(differenceFrom({ ...record, dependencies }, manifest, plugin)).toBeUndefined();
  });

  const lies: readonly (readonly [string, Partial<Record<keyof VersionRecord, unknown>>])[] = [
    ['dependencies', { dependencies: {} }],
    ['dependencies', { dependencies: { ...record.dependencies, extra: { range: '*', optional: false } } }],
    ['engines', { engines: {} }],
    ['tier', { tier: 'native' }],
    ['capabilities', { capabilities: [] }],
    ['capabilities', { capabilities: [{ id: 'query', optional: true }] }],
    ['platforms', { platforms: ['linux-x64'] }],
    ['yanked', { yanked: 'by CI' }],
    ['deprecated', { deprecated: 'by CI' }],
  ];
  it.each(lies)('is refused for another %s', (fact, lie) => {
    expect(differenceFrom({ ...record, ...lie } as VersionRecord, manifest, plugin)).toBe(fact);
  });

  it('is refused when it hides a yank or a deprecation that the owner signed', () => {
    const yanked = { ...plugin, yanked: { [manifest.version]: 'broken' } };
    const deprecated = { ...plugin, deprecatedVersions: { [manifest.version]: 'old' } };
    expect(differenceFrom(record, manifest, yanked)).toBe('yanked');
    expect(differenceFrom(record, manifest, deprecated)).toBe('deprecated');
  });
});
