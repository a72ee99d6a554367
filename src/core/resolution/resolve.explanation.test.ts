import { describe, expect, it } from 'vitest';
import { refusalIn, versionsIn } from '../../../test/support/plugin-world.ts';
import type { Version, VersionRange } from '../version.ts';
import type { ResolutionProblem } from './resolve.ts';

describe('the explanation of a failed resolution', () => {
  it('names all three plugins whose ranges contradict each other, and ways out that work', async () => {
    const world = {
      main: {
        'graph-lens': { '1.0.0': { needs: { 'graph-query': '^1' } } },
        'graph-map': {
          '1.0.0': { needs: { 'graph-query': '^1' } },
          '2.0.0': { needs: { 'graph-query': '^2' } },
        },
        'graph-query': { '1.0.0': {}, '2.0.0': {} },
      },
    };
    const wanted = { 'graph-lens': '*', 'graph-map': '^2' };
    const error = await refusalIn(world, wanted);
    expect(error.code).toBe('SHEAF_RESOLUTION');
    expect(error.details.reasons).toEqual([
      'Because graph-lens 1.0.0 needs graph-query ^1 and graph-map 2.0.0 needs graph-query ^2, graph-lens and graph-map ^2 cannot be installed together.',
      'And because graph-lens and graph-map ^2 are wanted, there is no solution.',
    ]);
    expect(error.hint).toBe('Use graph-map@1.0.0, or remove graph-lens or graph-map.');
    expect(await versionsIn(world, { ...wanted, 'graph-map': '1.0.0' })).toMatchObject({
      'graph-query': '1.0.0',
    });
  });

  it('tells the version of an engine that is present', async () => {
    const engines = { parseltongue: '>=0.5' as VersionRange };
    const world = { main: { lens: { '1.0.0': {}, '2.0.0': { engines }, '2.1.0': { engines } } } };
    const host = { engines: { parseltongue: '0.4.2' as Version } };
    const error = await refusalIn(world, { lens: '^2' }, host);
    expect(error.code).toBe('SHEAF_RESOLUTION');
    expect(error.message).toBe(
      'Because each of lens 2.0.0 and 2.1.0 needs parseltongue >=0.5 and parseltongue 0.4.2 is present, none of lens 2.0.0 and 2.1.0 can be installed. And because lens ^2 is wanted, there is no solution.',
    );
    expect(error.hint).toBe(
      'Use lens@1.0.0. A parseltongue in >=0.5 would admit each of lens 2.0.0 and 2.1.0.',
    );
  });

  it('tells the platform', async () => {
    const world = { main: { lens: { '2.0.0': { platforms: ['win32-x64', 'darwin-arm64'] } } } };
    expect((await refusalIn(world, { lens: '*' })).message).toBe(
      'Because lens 2.0.0 runs only on darwin-arm64 and win32-x64 and this is linux-x64, lens 2.0.0 cannot be installed. And because lens is wanted, there is no solution.',
    );
  });

  it('repeats the reason that the caller gave', async () => {
    const world = {
      main: { lens: { '1.0.0': { needs: { native: '*' } } }, native: { '1.0.0': {}, '1.1.0': {} } },
    };
    const excluded: ResolutionProblem['excluded'] = ({ record }) =>
      record.name === 'native' ? 'is of the tier native, which the policy does not admit' : undefined;
    const error = await refusalIn(world, { lens: '*' }, { excluded });
    expect([error.code, error.message]).toEqual([
      'SHEAF_POLICY',
      'Because every version of native is of the tier native, which the policy does not admit, and lens 1.0.0 needs native, lens 1.0.0 cannot be installed. And because lens is wanted, there is no solution.',
    ]);
  });

  it('an unknown plugin', async () => {
    const error = await refusalIn({ main: {} }, { lens: '*' });
    expect([error.code, error.message]).toEqual([
      'SHEAF_UNKNOWN_PLUGIN',
      'lens is wanted, but no configured registry has a plugin named lens.',
    ]);
    expect(error.hint).toContain('sheaf search');
    expect(error.details.name).toBe('lens');
  });

  it('a dependency that does not exist', async () => {
    const world = {
      main: { lens: { '1.0.0': { needs: { users: '*' } } } },
      other: { users: { '1.0.0': {} } },
    };
    const error = await refusalIn(world, { lens: '*' });
    expect([error.code, error.message]).toEqual([
      'SHEAF_UNKNOWN_PLUGIN',
      'Because lens 1.0.0 needs users, the registry main has no plugin named users and lens is wanted, there is no solution.',
    ]);
  });

  it('a dependency from a registry that may not be configured', async () => {
    const needs = { users: { range: '*', registry: 'theirs' } };
    const error = await refusalIn({ main: { lens: { '1.0.0': { needs } } } }, { lens: '*' });
    expect(error.message).toContain('the registry theirs is not configured or has no plugin named users');
    expect(error.details.name).toBeUndefined();
  });

  it('a version that does not exist', async () => {
    const error = await refusalIn({ main: { lens: { '1.0.0': {} } } }, { lens: '^9' });
    expect([error.code, error.message]).toEqual([
      'SHEAF_UNKNOWN_VERSION',
      'lens ^9 is wanted, but no version of lens is in ^9.',
    ]);
    expect(error.hint).toBe('Use lens@1.0.0.');
  });

  it('one name from two registries', async () => {
    const world = {
      main: { shared: { '1.0.0': {} } },
      other: { shared: { '9.0.0': {} }, map: { '1.0.0': { needs: { shared: '*' } } } },
    };
    const error = await refusalIn(world, { map: '*', shared: '*' });
    expect(error.message).toBe(
      'Because map 1.0.0 needs shared from the registry other and shared from the registry main is wanted, map 1.0.0 cannot be installed. And because map is wanted, there is no solution.',
    );
    expect(error.hint).toBe(
      'Remove map or shared. Only one plugin named shared can be installed: decide for one registry.',
    );
  });

  it('a name that is routed away from who needs it', async () => {
    const world = {
      main: { lens: { '1.0.0': { needs: { users: '^1' } } }, users: { '1.0.0': {} } },
      other: { users: { '1.0.0': {} } },
    };
    const routes = (name: string) => (name === 'users' ? ['other'] : undefined);
    const error = await refusalIn(world, { lens: '*' }, { routes });
    expect([error.code, error.message]).toEqual([
      'SHEAF_POLICY',
      'Because lens 1.0.0 needs users ^1, the routes do not let users come from the registry main and lens is wanted, there is no solution.',
    ]);
    expect(error.hint).toBe('The routes have users come from other; change that only if you trust both.');
  });

  it('leaves out what was tried on the way and had nothing to do with it', async () => {
    const world = {
      main: {
        alpha: { '2.0.0': { needs: { nowhere: '*' } }, '1.0.0': {} },
        zeta: { '1.0.0': { needs: { users: '^3' } } },
        users: { '1.0.0': {} },
      },
    };
    const error = await refusalIn(world, { alpha: '*', zeta: '*' });
    expect(error.message).toBe(
      'Because zeta 1.0.0 needs users ^3, no version of users is in ^3 and zeta is wanted, there is no solution.',
    );
  });

  it('numbers a step that is needed twice, and refers to it', async () => {
    const world = {
      main: {
        foo: {
          '1.0.0': { needs: { alpha: '^1', beta: '^1' } },
          '1.1.0': { needs: { xray: '^1', yank: '^1' } },
        },
        alpha: { '1.0.0': { needs: { beta: '^2' } } },
        beta: { '1.0.0': {}, '2.0.0': {} },
        xray: { '1.0.0': { needs: { yank: '^2' } } },
        yank: { '1.0.0': {}, '2.0.0': {} },
      },
    };
    const error = await refusalIn(world, { foo: '*' });
    expect(error.details.reasons).toEqual([
      'Because alpha 1.0.0 needs beta ^2 and foo 1.0.0 needs alpha ^1, foo 1.0.0 needs beta ^2.',
      'And because foo 1.0.0 needs beta ^1, foo 1.0.0 cannot be installed. (1)',
      'Because xray 1.0.0 needs yank ^2 and foo 1.1.0 needs xray ^1, foo 1.1.0 needs yank ^2.',
      'And because foo 1.1.0 needs yank ^1, foo 1.1.0 cannot be installed.',
      'And because foo 1.0.0 cannot be installed (1), no version of foo can be installed.',
      'And because foo is wanted, there is no solution.',
    ]);
  });

  it('tells of a proof that nobody would read only what it rests on', async () => {
    const main = Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [
        `link-${n}`,
        { '1.0.0': { needs: { [`link-${n + 1}`]: '^1' } } },
      ]),
    );
    const error = await refusalIn({ main }, { 'link-0': '*' });
    expect(error.code).toBe('SHEAF_UNKNOWN_PLUGIN');
    expect(error.message).toContain(
      'link-299 1.0.0 needs link-300 ^1 and the registry main has no plugin named link-300.',
    );
  });

  it('is the same whichever way the problem is written down', async () => {
    const lens = { '1.0.0': { needs: { users: '^1', extra: '*' } } };
    const map = { '1.0.0': { needs: { extra: '*', users: '^2' } } };
    const users = { '1.0.0': {}, '2.0.0': {} };
    const extra = { '1.0.0': {} };
    const one = await refusalIn({ main: { lens, map, users, extra } }, { lens: '*', map: '*' });
    const other = await refusalIn({ main: { extra, users, map, lens } }, { map: '*', lens: '*' });
    expect([other.message, other.hint]).toEqual([one.message, one.hint]);
  });
});
