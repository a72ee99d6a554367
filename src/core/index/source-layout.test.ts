import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { parseSourcePath, type SourceFile, sourcePath } from './source-layout.ts';

const slug = fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}$/);
const plugin = fc.stringMatching(/^[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}$/).filter(isPluginName);
const version = fc
  .tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.constantFrom('', '-beta.1', '-rc'))
  .map(([a, b, c, tail]) => `${a}.${b}.${c}${tail}` as Version);
const count = fc.integer({ min: 1, max: 9999 });
const event = fc.constantFrom('2026-11-20-grant-tier', '2026-11-20-quarantine-2');

const file: fc.Arbitrary<SourceFile> = fc.oneof(
  fc.constantFrom<SourceFile>({ kind: 'registry' }, { kind: 'revoked' }, { kind: 'reviewers' }),
  fc.record({ kind: fc.constant('category' as const), category: slug }),
  fc.record({ kind: fc.constant('collection' as const), collection: slug }),
  fc.record({ kind: fc.constant('policy' as const), policy: slug }),
  fc.record({ kind: fc.constant('advisory' as const), advisory: fc.constant('PLUG-2026-0001') }),
  fc.record({ kind: fc.constant('root' as const), version: count }),
  fc.record({ kind: fc.constant('root-signature' as const), version: count, principal: slug }),
  fc.record({ kind: fc.constant('owner' as const), owner: slug }),
  fc.record({ kind: fc.constant('owner-signers' as const), owner: slug, version: count }),
  fc.record({ kind: fc.constant('owner-signature' as const), owner: slug, version: count, principal: slug }),
  fc.record({ kind: fc.constant('status' as const), plugin, event }),
  fc.record({ kind: fc.constant('status-signature' as const), plugin, event, principal: slug }),
  fc.record({ kind: fc.constant('audit' as const), plugin, version }),
  fc.record({
    kind: fc.constantFrom('review' as const, 'review-signature' as const),
    plugin,
    version,
    reviewer: slug,
  }),
  fc.record({
    kind: fc.constantFrom('plugin' as const, 'plugin-signature' as const),
    category: slug,
    plugin,
  }),
  fc.record({
    kind: fc.constantFrom('release' as const, 'release-signature' as const),
    category: slug,
    plugin,
    version,
  }),
);

describe('the layout of a registry repository', () => {
  it('gives every file one path, and every path back its file', () => {
    fc.assert(
      fc.property(file, (one) => {
        expect(parseSourcePath(sourcePath(one))).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it('is the documented one', () => {
    const name = 'graph-lens' as PluginName;
    expect(sourcePath({ kind: 'plugin', category: 'visualizers', plugin: name })).toBe(
      'plugins/visualizers/gr/graph-lens/plugin.toml',
    );
    expect(sourcePath({ kind: 'audit', plugin: name, version: '1.2.0' as Version })).toBe(
      'registry/security/audits/gr/graph-lens/1.2.0.toml',
    );
    expect(sourcePath({ kind: 'root-signature', version: 2, principal: 'alice' })).toBe(
      'registry/trust/root/2.signers.alice.sig',
    );
  });

  it.each([
    'plugins/visualizers/xx/graph-lens/plugin.toml',
    'plugins/visualizers/graph-lens/plugin.toml',
    'plugins/visualizers/gr/graph-lens/1.2.toml',
    'plugins/visualizers/gr/graph-lens/v1.2.0.toml',
    'plugins/visualizers/gr/graph-lens/1.2.0+build.toml',
    'plugins/visualizers/gr/graph-lens/deep/1.2.0.toml',
    'plugins/Visualizers/gr/graph-lens/1.2.0.toml',
    'plugins/visualizers/co/con/plugin.toml',
    'registry/trust/root/02.signers',
    'registry/trust/root/2.signers.Alice.sig',
    'registry/trust/owners/Some One/1.signers',
    'registry/security/status/gr/graph-lens/2026.toml.sig',
    'registry/reviews/gr/graph-lens/1.2.0.toml',
    'registry/categories/a/b.toml',
    'README.md',
    '',
  ])('has no file %j', (path) => expect(parseSourcePath(path)).toBeUndefined());
});
