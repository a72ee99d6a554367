import { describe, expect, it } from 'vitest';
import { BADGE_MEANINGS, type BadgeFacts, badgesOf } from './badges.ts';
import type { Collection } from './index/read-collections.ts';
import { pluginName } from './plugin-name.ts';
import type { Version, VersionRange } from './version.ts';

const NAME = pluginName('graph-lens');
const collection = (change: Partial<Collection> = {}): Collection => ({
  id: 'safe',
  title: 'Safe',
  description: 'Safe',
  curator: 'guild',
  certifies: true,
  featured: false,
  plugins: [{ name: NAME, versions: '^1.0.0' as VersionRange }],
  ...change,
});
const names = (change: Partial<BadgeFacts> = {}, version = '1.2.0'): readonly string[] =>
  badgesOf({
    name: NAME,
    owner: 'author',
    release: { version: version as Version },
    officialOwners: [],
    granted: 'wasm',
    collections: [],
    ...change,
  }).map(({ badge }) => badge);

describe('badges', () => {
  it('are only "community" for a plugin of which nothing is known', () => {
    expect(names()).toEqual(['community']);
  });

  it.each<[string, Partial<BadgeFacts>]>([
    ['official', { officialOwners: ['author'] }],
    ['verified', { granted: 'native' }],
    ['signed', { signer: { owner: 'author', key: 'SHA256:abc' } }],
    ['reproduced', { release: { version: '1.2.0' as Version, reproduced: true } }],
    ['measured', { release: { version: '1.2.0' as Version, measured: 'passed' } }],
    ['certified', { collections: [collection()] }],
  ])('%s is given for its facts, and for no others', (badge, change) => {
    expect(names(change)).toContain(badge);
    expect(names()).not.toContain(badge);
  });

  it('official and community exclude each other', () => {
    expect(names({ officialOwners: ['author'] })).not.toContain('community');
    expect(names({ officialOwners: ['somebody'] })).toContain('community');
  });

  it('measured is none for a release over its budget, reproduced none for one that differed', () => {
    const release = { version: '1.2.0' as Version, measured: 'over-budget' as const, reproduced: false };
    expect(names({ release })).toEqual(['community']);
  });

  it.each([
    ['recommends only', { certifies: false }],
    ['has another plugin', { plugins: [{ name: pluginName('other-lens') }] }],
    ['has other versions', { plugins: [{ name: NAME, versions: '^2.0.0' as VersionRange }] }],
  ])('certified is none by a collection that %s', (_, change) => {
    expect(names({ collections: [collection(change)] })).toEqual(['community']);
  });

  it('certified is none by a collection that nobody stands for', () => {
    const { curator: _, ...anonymous } = collection();
    expect(names({ collections: [anonymous] })).toEqual(['community']);
  });

  it('come in the order of their meanings, each with a reason', () => {
    const all = badgesOf({
      name: NAME,
      owner: 'author',
      release: { version: '1.2.0' as Version, measured: 'passed', reproduced: true },
      officialOwners: ['author'],
      granted: 'core',
      signer: { owner: 'author', key: 'SHA256:abc' },
      collections: [collection(), collection({ id: 'two', curator: 'lab' })],
    });
    const order = Object.keys(BADGE_MEANINGS).filter((badge) => badge !== 'community');
    expect(all.map(({ badge }) => badge)).toEqual(order);
    expect(all.at(-1)?.because).toBe('Certified by guild (collection safe), lab (collection two).');
  });
});
