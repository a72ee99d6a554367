import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DAY } from '../../src/core/instant.ts';
import { refusal, refusalOf, type UserOfRegistry, userOfRegistry } from '../support/registry-on-loopback.ts';

/** Registries that stand still, clocks that are wrong, and no network. What is locked installs in all of them. */

const YEAR = 365 * DAY;
const LENS = { name: 'graph-lens', version: '1.0.0' };
const START = Math.floor(Date.now() / 1000) * 1000;

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of the machine, and nothing else: timers go on. */
function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now });
}

/** A user who installed `graph-lens` when all was well, and has checked the project out anew since. */
async function withLock(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([LENS, { name: 'users', version: '1.0.0' }], { now: START });
  await user.does('install', 'graph-lens');
  await rm(user.at('project/.sheaf'), { recursive: true });
  return user;
}

/** Installs what is locked, in every way in which that can be said, each time into an empty project. */
async function lockedInstalls(user: UserOfRegistry): Promise<readonly string[]> {
  const said: string[] = [];
  for (const line of [['install', '--frozen'], ['install', '--offline', '--locked'], ['install']]) {
    await rm(user.at('project/.sheaf'), { recursive: true, force: true });
    await user.does(...line);
    said.push(await user.does('verify'));
  }
  return said;
}

const WHOLE = expect.stringContaining('1 plugin as signed') as string;
const ALL_WHOLE = [WHOLE, WHOLE, WHOLE];

describe('an expired checkpoint', () => {
  it('is refused for a new resolution, unless --allow-stale accepts it', async () => {
    const user = await withLock();
    setClock(START + 8 * DAY);
    const before = await user.belongings();
    for (const line of [['install', 'users'], ['update'], ['install', 'users', '--offline']]) {
      expect(refusalOf(await user.sheaf(...line))).toEqual(
        refusal({
          status: 5,
          code: 'SHEAF_EXPIRED',
          sentence: /expired/,
          hint: /allow-stale/,
        }),
      );
    }
    expect(await user.belongings()).toEqual(before);
    await user.does('install', 'users', '--allow-stale');
    expect(await user.does('list')).toContain('users');
  });

  it('is accepted with --allow-stale also where the network is away', async () => {
    const user = await withLock();
    await user.does('sync', '--full');
    setClock(START + 8 * DAY);
    await user.index.stop();
    const { stderr } = await user.sheaf('install', '--allow-stale', 'users');
    expect(stderr).toContain('Going on with what was fetched before.');
    expect(await user.does('list')).toContain('users');
  });

  it('leaves a locked installation as it is', async () => {
    const user = await withLock();
    setClock(START + 8 * DAY);
    expect(await lockedInstalls(user)).toEqual(ALL_WHOLE);
    await user.index.stop();
    expect(await lockedInstalls(user)).toEqual(ALL_WHOLE);
  });

  it('of a registry that is added keeps it from being trusted', async () => {
    const user = await userOfRegistry([LENS], { now: START - 8 * DAY, add: false });
    expect(refusalOf(await user.sheaf('registry', 'add', user.index.url, '--yes'))).toEqual(
      refusal({
        status: 5,
        code: 'SHEAF_EXPIRED',
        sentence: /expired/,
        hint: /./,
      }),
    );
    expect(await user.belongings()).toEqual({});
  });
});

describe('a clock that is years behind', () => {
  it('has its own sentence', async () => {
    const user = await withLock();
    setClock(START - 3 * YEAR);
    const before = await user.belongings();
    for (const line of [['sync'], ['install', 'users'], ['update']]) {
      expect(refusalOf(await user.sheaf(...line))).toEqual(
        refusal({
          status: 5,
          code: 'SHEAF_CLOCK',
          sentence: /clock/,
          hint: /clock|time/,
        }),
      );
    }
    expect(await user.belongings()).toEqual(before);
  });

  it('leaves a locked installation as it is', async () => {
    const user = await withLock();
    setClock(START - 3 * YEAR);
    expect(await lockedInstalls(user)).toEqual(ALL_WHOLE);
  });
});

describe('a clock that is years ahead', () => {
  it('is named as a reason why everything has expired', async () => {
    const user = await withLock();
    setClock(START + 3 * YEAR);
    const before = await user.belongings();
    for (const line of [['sync'], ['install', 'users'], ['update']]) {
      expect(refusalOf(await user.sheaf(...line))).toEqual(
        refusal({
          status: 5,
          code: 'SHEAF_ROOT_EXPIRED',
          sentence: /expired/,
          hint: /clock/,
        }),
      );
    }
    expect(await user.belongings()).toEqual(before);
  });

  it('leaves a locked installation as it is', async () => {
    const user = await withLock();
    setClock(START + 3 * YEAR);
    expect(await lockedInstalls(user)).toEqual(ALL_WHOLE);
  });
});

describe('--offline', () => {
  it('with an empty cache says what is missing', async () => {
    const user = await withLock();
    await rm(user.at('home/cache'), { recursive: true });
    const before = await user.belongings();
    user.index.asked.length = 0;
    for (const line of [
      ['install', '--offline'],
      ['install', '--frozen'],
      ['install', 'users', '--offline'],
    ]) {
      expect(refusalOf(await user.sheaf(...line))).toEqual(
        refusal({
          status: 7,
          code: 'SHEAF_OFFLINE',
          sentence: /--offline forbids it/,
          hint: /without --offline/,
        }),
      );
    }
    expect(await user.belongings()).toEqual(before);
    expect([...user.index.asked, ...user.artifacts.asked.slice(1)]).toEqual([]);
  });

  it('before anything was known of a registry asks for one sync', async () => {
    const user = await withLock();
    await rm(user.at('home/state'), { recursive: true });
    const before = await user.belongings();
    expect(refusalOf(await user.sheaf('sync', '--offline'))).toEqual(
      refusal({
        status: 7,
        code: 'SHEAF_OFFLINE',
        sentence: 'Nothing is known yet of registry acme.',
        hint: /sheaf sync/,
      }),
    );
    expect(await user.belongings()).toEqual(before);
  });

  it('resolves from what is in the cache', async () => {
    const user = await withLock();
    await user.does('install', 'users');
    await user.does('remove', 'users');
    await Promise.all([user.index.stop(), user.artifacts.stop()]);
    await user.does('install', 'users', '--offline');
    expect(await user.does('verify')).toContain('2 plugins as signed');
  });
});
