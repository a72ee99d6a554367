import { describe, expect, it } from 'vitest';
import {
  problemIn as problem,
  refusalIn as refusal,
  versionsIn as versions,
} from '../../../test/support/plugin-world.ts';
import { sha256 } from '../digest.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import { type ResolutionProblem, resolve } from './resolve.ts';

describe('resolve', () => {
  it('takes the newest version in the range, and the newest of what it needs', async () => {
    const world = {
      main: {
        lens: { '1.0.0': {}, '1.2.0': { needs: { users: '^1' } }, '2.0.0': {} },
        users: { '1.0.0': {}, '1.9.0': {}, '2.0.0': {} },
      },
    };
    expect(await versions(world, { lens: '^1' })).toEqual({ lens: '1.2.0', users: '1.9.0' });
  });

  it('goes back to an older version when the newest leads nowhere', async () => {
    const world = {
      main: {
        lens: { '2.0.0': { needs: { users: '^2' } }, '1.0.0': { needs: { users: '^1' } } },
        map: { '1.0.0': { needs: { users: '^1' } } },
        users: { '1.0.0': {}, '2.0.0': {} },
      },
    };
    expect(await versions(world, { lens: '*', map: '*' })).toEqual({
      lens: '1.0.0',
      map: '1.0.0',
      users: '1.0.0',
    });
  });

  it('resolves plugins that need each other', async () => {
    const world = {
      main: { one: { '1.0.0': { needs: { two: '*' } } }, two: { '1.0.0': { needs: { one: '^1' } } } },
    };
    expect(await versions(world, { one: '*' })).toEqual({ one: '1.0.0', two: '1.0.0' });
  });

  it('says who asked for what', async () => {
    const world = {
      main: {
        lens: { '1.0.0': { needs: { users: '*' } } },
        map: { '1.0.0': { needs: { users: '*' } } },
        users: { '1.0.0': {} },
      },
    };
    const { choices } = await resolve(problem(world, { map: '*', lens: '*', users: '^1' }));
    expect(choices.map(({ name, requiredBy }) => [name, requiredBy])).toEqual([
      ['lens', ['']],
      ['map', ['']],
      ['users', ['', 'lens', 'map']],
    ]);
  });

  describe('with a lock', () => {
    const world = { main: { lens: { '1.0.0': { yanked: 'slow' }, '1.1.0': {}, '1.2.0': {} } } };

    it('keeps the locked version while it satisfies, yanked or not', async () => {
      expect(await versions(world, { lens: '^1' }, { lock: { lens: '1.1.0' } })).toEqual({ lens: '1.1.0' });
      expect(await versions(world, { lens: '^1' }, { lock: { lens: '1.0.0' } })).toEqual({ lens: '1.0.0' });
    });

    it('moves on when the range no longer admits it, or when it should be updated', async () => {
      expect(await versions(world, { lens: '>1.1' }, { lock: { lens: '1.1.0' } })).toEqual({ lens: '1.2.0' });
      const lock = { lens: '1.1.0' };
      expect(await versions(world, { lens: '^1' }, { lock, update: 'all' })).toEqual({ lens: '1.2.0' });
      const update = new Set([pluginName('lens')]);
      expect(await versions(world, { lens: '^1' }, { lock, update })).toEqual({ lens: '1.2.0' });
    });

    it('does not take another manifest under the same version for what was locked', async () => {
      const base = problem(world, { lens: '^1' }, { lock: { lens: '1.0.0' } });
      const manifest = sha256(new TextEncoder().encode('something else'));
      const locked = new Map([...base.locked].map(([name, held]) => [name, { ...held, manifest }]));
      expect(await versions(world, { lens: '^1' }, { locked })).toEqual({ lens: '1.2.0' });
    });

    it('lets a new plugin take an older version rather than move what is locked', async () => {
      const shared = {
        main: {
          alpha: { '2.0.0': { needs: { users: '^2' } }, '1.0.0': { needs: { users: '^1' } } },
          lens: { '1.0.0': { needs: { users: '*' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      const lock = { lens: '1.0.0', users: '1.0.0' };
      const wanted = { alpha: '*', lens: '*' };
      expect(await versions(shared, wanted, { lock })).toMatchObject({ alpha: '1.0.0', users: '1.0.0' });
      expect(await versions(shared, { ...wanted, alpha: '^2' }, { lock })).toMatchObject({ users: '2.0.0' });
    });

    it('leaves a yanked version on update, unless it is the only one', async () => {
      const lock = { lens: '1.0.0' };
      expect(await versions(world, { lens: '^1' }, { lock, update: 'all' })).toEqual({ lens: '1.2.0' });
      expect(await versions(world, { lens: '1.0.0' }, { lock, update: 'all' })).toEqual({ lens: '1.0.0' });
    });

    it('keeps a locked pre-release that the range alone would not admit', async () => {
      const beta = { main: { lens: { '1.0.0': {}, '1.1.0-beta.1': {} } } };
      expect(await versions(beta, { lens: '*' }, { lock: { lens: '1.1.0-beta.1' } })).toEqual({
        lens: '1.1.0-beta.1',
      });
    });
  });

  it('does not choose yanked versions anew', async () => {
    const world = { main: { lens: { '1.0.0': {}, '1.1.0': { yanked: 'corrupts graphs' } } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect((await refusal(world, { lens: '1.1.0' })).message).toBe(
      'Because lens 1.1.0 was yanked and lens 1.1.0 is wanted, there is no solution.',
    );
  });

  it('does not choose pre-releases, unless the range or the caller names them', async () => {
    const world = { main: { lens: { '1.0.0': {}, '2.0.0-beta.1': {} } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect(await versions(world, { lens: '^2.0.0-beta' })).toEqual({ lens: '2.0.0-beta.1' });
    expect(await versions(world, { lens: '*' }, { prereleases: true })).toEqual({ lens: '2.0.0-beta.1' });
    const error = await refusal(world, { lens: '^2' });
    expect(error.hint).toContain('Only a pre-release would fit: lens@2.0.0-beta.1.');
  });

  it('takes a deprecated version only when nothing else fits', async () => {
    const world = { main: { lens: { '1.0.0': {}, '1.1.0': { deprecated: 'superseded' } } } };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect(await versions(world, { lens: '>1.0.0' })).toEqual({ lens: '1.1.0' });
  });

  it('enforces the engines that the host states and no others', async () => {
    const engines = { parseltongue: '>=0.5' as VersionRange, rust: '>=99' as VersionRange };
    const world = { main: { lens: { '1.0.0': {}, '2.0.0': { engines } } } };
    const host = { parseltongue: '0.4.2' as Version };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '2.0.0' });
    expect(await versions(world, { lens: '*' }, { engines: host })).toEqual({ lens: '1.0.0' });
  });

  it('does not choose what the caller excludes', async () => {
    const world = { main: { lens: { '1.0.0': {}, '2.0.0': { tier: 'native' as const } } } };
    const excluded: ResolutionProblem['excluded'] = (_, { tier }) =>
      tier === 'native' ? 'is of the tier native, which the policy does not admit' : undefined;
    expect(await versions(world, { lens: '*' }, { excluded })).toEqual({ lens: '1.0.0' });
    expect((await refusal(world, { lens: '^2' }, { excluded })).code).toBe('SHEAF_POLICY');
  });

  it('counts a pre-release of the host as the version that it is', async () => {
    const world = { main: { lens: { '1.0.0': { engines: { host: '>=0.4' as VersionRange } } } } };
    expect(await versions(world, { lens: '*' }, { engines: { host: '0.5.0-dev' as Version } })).toEqual({
      lens: '1.0.0',
    });
  });

  it('takes only versions that run on the platform', async () => {
    const world = {
      main: { lens: { '1.0.0': { platforms: ['linux-x64'] }, '2.0.0': { platforms: ['win32-x64'] } } },
    };
    expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0' });
    expect((await refusal(world, { lens: '^2' })).code).toBe('SHEAF_PLATFORM');
  });

  describe('with several registries', () => {
    const world = {
      main: { lens: { '1.0.0': { needs: { users: '*' } } }, shared: { '1.0.0': {} } },
      other: {
        users: { '1.0.0': {} },
        shared: { '9.0.0': {} },
        map: { '1.0.0': { needs: { shared: '*' } } },
      },
    };

    it('looks wanted plugins up in order, and dependencies in the registry of their parent only', async () => {
      expect(await versions(world, { shared: '*' })).toEqual({ shared: '1.0.0 from main' });
      expect(await versions(world, { shared: { range: '*' as VersionRange, registry: 'other' } })).toEqual({
        shared: '9.0.0 from other',
      });
      expect(await versions(world, { map: '*' })).toEqual({
        map: '1.0.0 from other',
        shared: '9.0.0 from other',
      });
      expect((await refusal(world, { lens: '*' })).code).toBe('SHEAF_UNKNOWN_PLUGIN');
    });

    it('keeps what is locked in the registry that it came from, also when another now comes first', async () => {
      const lock = { shared: '9.0.0 from other' };
      expect(await versions(world, { shared: '*' }, { lock })).toEqual({ shared: '9.0.0 from other' });
      expect(await versions(world, { shared: '^1' }, { lock })).toEqual({ shared: '1.0.0 from main' });
      expect(await versions(world, { shared: '*' }, { lock, update: 'all' })).toEqual({
        shared: '1.0.0 from main',
      });
    });

    it('takes nothing for locked that another registry has under the same name and version', async () => {
      const twins = {
        main: { lens: { '1.0.0': { yanked: 'broken' }, '0.9.0': {} } },
        other: { lens: { '1.0.0': {} } },
      };
      const lens = { range: '*' as VersionRange, registry: 'main' };
      const lock = { lens: '1.0.0 from other' };
      expect(await versions(twins, { lens }, { lock })).toEqual({ lens: '0.9.0 from main' });
    });

    it('does not blame a version of one registry for what failed with that of another', async () => {
      const world = {
        main: {
          alpha: { '1.0.0': { needs: { users: '*' } }, '2.0.0': {} },
          beta: { '1.0.0': { needs: { gamma: '*' } } },
          gamma: { '1.0.0': { needs: { users: { range: '*', registry: 'other' } } } },
          users: { '1.0.0': {} },
        },
        other: { users: { '1.0.0': {} } },
      };
      // With the locked alpha, users 1.0.0 of main is in the way; users 1.0.0 of other is not.
      const found = await resolve(problem(world, { alpha: '*', beta: '*' }, { lock: { alpha: '1.0.0' } }));
      expect(found.choices.map(({ name, registry, version }) => [name, registry, version.version])).toEqual([
        ['alpha', 'main', '2.0.0'],
        ['beta', 'main', '1.0.0'],
        ['gamma', 'main', '1.0.0'],
        ['users', 'other', '1.0.0'],
      ]);
    });

    it('refuses the same name from two registries', async () => {
      expect((await refusal(world, { map: '*', shared: '*' })).code).toBe('SHEAF_RESOLUTION');
    });
  });

  describe('with optional plugins', () => {
    it('takes them along where they fit, and does without where they do not', async () => {
      const world = {
        main: {
          lens: {
            '1.0.0': {
              needs: { extra: { range: '^1', optional: true }, gone: { range: '*', optional: true } },
            },
          },
          extra: { '1.0.0': { needs: { users: '^1' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      expect(await versions(world, { lens: '*' })).toEqual({ lens: '1.0.0', extra: '1.0.0', users: '1.0.0' });
      expect(await versions(world, { lens: '*', users: '^2' })).toEqual({ lens: '1.0.0', users: '2.0.0' });
      const optional = { range: '^7' as VersionRange, optional: true };
      expect(await versions(world, { users: '*', extra: optional, nowhere: optional })).toEqual({
        users: '2.0.0',
      });
    });

    it('leaves out with one of them those that need it', async () => {
      const world = {
        main: {
          alpha: { '1.0.0': { needs: { users: '^1' } } },
          beta: { '1.0.0': { needs: { alpha: '*' } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      const optional = { range: '*' as VersionRange, optional: true };
      expect(await versions(world, { alpha: optional, beta: optional, users: '^2' })).toEqual({
        users: '2.0.0',
      });
      expect(await versions(world, { alpha: optional, beta: optional })).toMatchObject({ beta: '1.0.0' });
    });

    it('holds their range for everybody as soon as they are there', async () => {
      const world = {
        main: {
          lens: { '1.0.0': { needs: { users: { range: '^1', optional: true } } } },
          users: { '1.0.0': {}, '2.0.0': {} },
        },
      };
      expect(await versions(world, { lens: '*', users: '*' })).toEqual({ lens: '1.0.0', users: '1.0.0' });
    });
  });

  it('passes on the error of a look-up that failed', async () => {
    const world = { main: { lens: { '1.0.0': { needs: { users: '*' } } } } };
    const { offer } = problem(world, {});
    const broken: ResolutionProblem['offer'] = (name, registry) =>
      name === 'users' ? Promise.reject(new Error('the shard is damaged')) : offer(name, registry);
    await expect(resolve(problem(world, { lens: '*' }, { offer: broken }))).rejects.toThrow(
      'the shard is damaged',
    );
  });

  it('asks for every plugin once, and for independent ones at the same time', async () => {
    const needs = { one: '*', two: '*', three: '*' };
    const leaf = { '1.0.0': {} };
    const world = {
      main: { lens: { '1.0.0': { needs } }, one: leaf, two: leaf, three: leaf, unasked: leaf },
    };
    const base = problem(world, { lens: '*', one: '*' });
    const asked: string[] = [];
    let waiting = 0;
    let most = 0;
    const offer: ResolutionProblem['offer'] = async (name, registry) => {
      asked.push(`${name} of ${registry}`);
      most = Math.max(most, ++waiting);
      const found = await base.offer(name, registry);
      waiting--;
      return found;
    };
    await resolve({ ...base, offer });
    expect(asked.toSorted()).toEqual([
      'lens of undefined',
      'one of main',
      'one of undefined',
      'three of main',
      'two of main',
    ]);
    expect(most).toBe(3);
  });
});
