import { describe, expect, it } from 'vitest';
import {
  problemIn,
  type Release,
  refusalIn,
  versionsIn,
  type World,
} from '../../../test/support/plugin-world.ts';
import { LIMITS } from '../limits.ts';
import { resolve } from './resolve.ts';

type Plugins = World[string];

function numbered<T>(count: number, make: (n: number) => readonly [string, T]): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => make(n)));
}

function versionsOf(count: number, make: (n: number) => Release = () => ({})): Record<string, Release> {
  return numbered(count, (n) => [`${n + 1}.0.0`, make(n)]);
}

function all(plugins: Plugins): Record<string, string> {
  return Object.fromEntries(Object.keys(plugins).map((name) => [name, '*']));
}

describe('resolution of hostile graphs', () => {
  it('follows a chain of 2,000 plugins, and back up when its end does not fit', async () => {
    const main = numbered(2_000, (n) => [
      `link-${n}`,
      {
        '1.0.0': n === 1_999 ? {} : { needs: { [`link-${n + 1}`]: '^1' } },
        '2.0.0': { needs: { [n === 1_999 ? 'nowhere' : `link-${n + 1}`]: '^2' } },
      },
    ]);
    const found = await versionsIn({ main }, { 'link-0': '*' });
    expect(Object.keys(found)).toHaveLength(2_000);
    expect(found['link-0']).toBe('1.0.0');
  });

  it('installs 2,000 plugins that all need one', async () => {
    const users = numbered(2_000, (n) => [`user-${n}`, versionsOf(3, () => ({ needs: { hub: '>=2' } }))]);
    const found = await versionsIn({ main: { ...users, hub: versionsOf(20) } }, all(users));
    expect(found).toMatchObject({ 'user-0': '3.0.0', 'user-1999': '3.0.0', hub: '20.0.0' });
  });

  it('passes through 200 diamonds on top of each other', async () => {
    const layer = (n: number): Record<string, Release> =>
      versionsOf(3, (v) =>
        n === 199 ? {} : { needs: { [`left-${n + 1}`]: `^${v + 1}`, [`right-${n + 1}`]: `^${v + 1}` } },
      );
    const main = {
      ...numbered(200, (n) => [`left-${n}`, layer(n)]),
      ...numbered(200, (n) => [`right-${n}`, layer(n)]),
      'right-199': versionsOf(1),
    };
    const found = await versionsIn({ main }, { 'left-0': '*' });
    expect(new Set(Object.values(found))).toEqual(new Set(['1.0.0']));
  });

  it('gets through a tower in which plain backtracking would try every combination', async () => {
    const main: Plugins = {
      ...numbered(20, (n) => [`plugin-${n}`, versionsOf(10)]),
      yy: { '1.0.0': { needs: { users: '^1' } } },
      zz: { '1.0.0': { needs: { users: '^2' } } },
      users: versionsOf(2),
    };
    const error = await refusalIn({ main }, all(main));
    expect(error.message).toContain('zz 1.0.0 needs users ^2 and yy 1.0.0 needs users ^1');
  });

  // Every pigeon sits in one of one hole fewer than there are pigeons: no short proof by resolution exists
  // (A. Haken, "The Intractability of Resolution", 1985), so the budget must end the search.
  const pigeons = (count: number): Plugins => ({
    ...numbered(count, (n) => [
      `pigeon-${n}`,
      versionsOf(count - 1, (hole) => ({ needs: { [`hole-${hole}`]: `${n + 1}.0.0` } })),
    ]),
    ...numbered(count - 1, (hole) => [`hole-${hole}`, versionsOf(count)]),
  });
  const wantedPigeons = (count: number) => numbered(count, (n) => [`pigeon-${n}`, '*'] as const);

  it('proves that four pigeons do not fit into three holes', async () => {
    const error = await refusalIn({ main: pigeons(4) }, wantedPigeons(4));
    expect(error.hint).toBe('Remove pigeon-0, pigeon-1, pigeon-2 or pigeon-3.');
  });

  it('gives up on twelve, and says so', async () => {
    const error = await refusalIn({ main: pigeons(12) }, wantedPigeons(12));
    expect(error.code).toBe('SHEAF_RESOLUTION');
    expect(error.message).toContain(`${LIMITS.resolutionSteps} steps`);
  });

  it('chooses among 10,000 versions, and explains why none of them does', async () => {
    const many = versionsOf(10_000, (n) => ({ needs: { users: `^${(n % 7) + 1}` } }));
    const main = { many, users: versionsOf(3) };
    expect(await versionsIn({ main }, { many: '*' })).toEqual({ many: '9999.0.0', users: '3.0.0' });
    const error = await refusalIn({ main }, { many: '^9999', users: '^2' });
    expect(error.message).toContain('many 9999.0.0 needs users ^3');
    const none = await refusalIn({ main: { many, users: { '9.0.0': {} } } }, { many: '*' });
    expect(none.message).toContain('versions of many needs users ^1');
  });

  it('gives the same answer whatever order look-ups come back in', async () => {
    const needs = { users: '*', extra: { range: '*', registry: 'other', optional: true }, tools: '*' };
    const world = {
      main: { lens: versionsOf(3, () => ({ needs })), users: versionsOf(4), tools: versionsOf(2) },
      other: { extra: versionsOf(2), map: versionsOf(2, () => ({ needs: { extra: '^1' } })) },
    };
    const base = problemIn(world, { lens: '*', map: '*' });
    const late = async (...asked: Parameters<typeof base.offer>): ReturnType<typeof base.offer> => {
      for (let turns = (asked[0].length * 7) % 5; turns > 0; turns--) await Promise.resolve();
      return base.offer(...asked);
    };
    expect(await resolve({ ...base, offer: late })).toEqual(await resolve(base));
  });
});
