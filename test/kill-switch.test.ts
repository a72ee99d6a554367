import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Version } from '../src/core/version.ts';
import { openRegistry } from '../src/index.ts';
import { addAdvisory, dropAdvisory, publishNext } from './support/advisories.ts';
import { jsonOf } from './support/json-output.ts';
import { refusal, refusalOf, type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** What happens to plugins that are installed and turn out to be harmful, and what lifts it again. */

const MALWARE = { id: 'MAL-2026-0001', about: 'graph-lens', summary: 'Sends keys away' };

async function installed(): Promise<UserOfRegistry> {
  const releases = ['graph-lens', 'users'].map((name) => ({ name, version: '1.0.0' }));
  // Every checkpoint is a minute later, and none may be from the future.
  const user = await userOfRegistry(releases, { now: Math.floor(Date.now() / 1000 - 3600) * 1000 });
  await user.does('install', 'graph-lens');
  await user.does('install', 'users');
  return user;
}

const libraryOf = (user: UserOfRegistry) =>
  openRegistry({ project: user.at('project'), environment: user.environment, offline: true });

/** Which kinds of bar a host sees on the plugins of the project, from the trust state alone. */
const barred = async (user: UserOfRegistry): Promise<readonly string[]> =>
  (await libraryOf(user).barred()).flatMap(({ name, bars }) => bars.map(({ kind }) => `${name} ${kind}`));

async function next(user: UserOfRegistry): Promise<void> {
  await publishNext(user.registry);
  await user.does('sync');
}

/** How a locked install into an empty project ends. */
async function lockedInstall(user: UserOfRegistry): Promise<number> {
  await rm(user.at('project/.sheaf'), { recursive: true, force: true });
  return (await user.sheaf('install', '--frozen')).status;
}

describe.each<[string, string, (user: UserOfRegistry) => void, RegExp]>([
  [
    'malware',
    'malware',
    ({ registry }) => addAdvisory(registry, MALWARE),
    /^graph-lens 1\.0\.0 is malware by advisory MAL-2026-0001: "Sends keys away"\.$/,
  ],
  [
    'a quarantined version',
    'quarantine',
    ({ registry }) => registry.addStatus({ kind: 'quarantine', plugin: 'graph-lens', reason: 'odd traffic' }),
    /^graph-lens 1\.0\.0 is quarantined since .*Z: "odd traffic"\.$/,
  ],
])('%s', (_, kind, take, sentence) => {
  it('is refused by every way of using it, and says why', async () => {
    const user = await installed();
    take(user);
    await next(user);
    expect(await barred(user)).toEqual([`graph-lens ${kind}`]);

    const verify = await jsonOf(user, 'verify', 'verify', '--offline');
    expect(verify.data['plugins']).toMatchObject([
      {
        name: 'graph-lens',
        faults: [expect.stringContaining(`is ${kind === 'malware' ? 'malware' : 'quarantined'}`)],
      },
      { name: 'users', faults: [] },
    ]);
    expect((await user.sheaf('verify')).status).toBe(5);
    const search = await jsonOf(user, 'search', 'search', 'graph-lens');
    expect(search.data['plugins']).toMatchObject([{ name: 'graph-lens', barred: kind }]);
    expect(await user.does('search', 'graph-lens')).toMatch(
      kind === 'malware' ? /graph-lens +1\.0\.0 +malware/ : /graph-lens +1\.0\.0 +quarantined/,
    );
    const audit = await jsonOf(user, 'audit', 'audit');
    expect(audit.data['findings']).toMatchObject([{ kind, plugin: 'graph-lens' }]);

    const refused = refusal({
      status: 9,
      code: 'SHEAF_REVOKED',
      sentence,
      hint: /another version or another plugin/,
    });
    await rm(user.at('project/.sheaf'), { recursive: true });
    const before = await user.belongings();
    for (const line of [['install', '--frozen'], ['install', '--locked'], ['install']]) {
      expect(refusalOf(await user.sheaf(...line)), line.join(' ')).toEqual(refused);
    }
    expect(await user.belongings()).toEqual(before);
    expect((await user.sheaf('install', 'graph-lens@1.0.0', '--force')).status).not.toBe(0);
  });

  it('can be removed, and no rollback brings it back', async () => {
    const user = await installed();
    take(user);
    await next(user);
    await user.does('remove', 'graph-lens');
    expect(await barred(user)).toEqual([]);
    const before = await user.belongings();
    expect(refusalOf(await user.sheaf('rollback'))).toEqual(
      refusal({ status: 9, code: 'SHEAF_REVOKED', sentence: /^Set 2 has graph-lens 1\.0\.0, which is / }),
    );
    expect(await user.belongings()).toEqual(before);
    await user.does('install');
    expect(await user.does('list')).not.toContain('graph-lens');
  });
});

describe('what was seen once', () => {
  it('stays in force when a later checkpoint leaves out advisory, quarantine and revocation', async () => {
    const user = await installed();
    const source = new Map(user.registry.source);
    addAdvisory(user.registry, MALWARE);
    user.registry.addStatus({ kind: 'quarantine', plugin: 'users' });
    user.registry.revoke('author');
    await next(user);
    const bars = ['graph-lens malware', 'graph-lens revoked-key', 'users quarantine', 'users revoked-key'];
    expect(await barred(user)).toEqual(bars);
    user.registry.source.clear();
    for (const [path, bytes] of source) user.registry.source.set(path, bytes);
    await next(user);
    expect(await barred(user)).toEqual(bars);
    expect(await lockedInstall(user)).toBe(9);
    // A machine that never saw it has nothing to remember.
    const other = user.at('other');
    const environment = { SHEAF_HOME: other };
    const pin = `sha256:${user.registry.rootId}`;
    expect(
      (await user.sheafWith({ environment }, 'registry', 'add', user.index.url, '--root', pin)).status,
    ).toBe(0);
    const fresh = await user.sheafWith({ environment }, 'install', '--locked', '--accept-capabilities');
    expect(fresh.status).toBe(0);
  });

  it('ends with a release of that advisory by the threshold, and with nothing less', async () => {
    const user = await installed();
    const { registry } = user;
    const lift = async (signedBy: readonly string[], advisory?: string): Promise<readonly string[]> => {
      registry.now += 60_000;
      const event = { kind: 'release', plugin: 'graph-lens', date: registry.now } as const;
      registry.addStatus({ ...event, ...(advisory === undefined ? {} : { advisory }) }, signedBy);
      await next(user);
      return barred(user);
    };
    addAdvisory(registry, MALWARE);
    await next(user);
    dropAdvisory(registry, MALWARE.id);
    const still = ['graph-lens malware'];
    expect(await lift([], MALWARE.id)).toEqual(still);
    expect(await lift(['maintainer-a'], MALWARE.id)).toEqual(still);
    expect(await lift(['ci', 'author'], MALWARE.id)).toEqual(still);
    expect(await lift(['maintainer-a', 'maintainer-b'])).toEqual(still);
    expect(await lift(['maintainer-a', 'maintainer-b'], 'MAL-2026-0002')).toEqual(still);
    expect(await lockedInstall(user)).toBe(9);
    expect(await lift(['maintainer-a', 'maintainer-b'], MALWARE.id)).toEqual([]);
    expect(await lockedInstall(user)).toBe(0);
  });

  it('lets through the one version that was released, also when the release is not shown any more', async () => {
    const user = await installed();
    const { registry } = user;
    registry.addStatus({ kind: 'quarantine', plugin: 'graph-lens' });
    await next(user);
    const before = new Map(registry.source);
    registry.now += 60_000;
    registry.addStatus(
      { kind: 'release', plugin: 'graph-lens', version: '1.0.0' as Version, date: registry.now },
      ['maintainer-a', 'maintainer-b'],
    );
    await next(user);
    expect(await barred(user)).toEqual([]);
    registry.source.clear();
    for (const [path, bytes] of before) registry.source.set(path, bytes);
    await next(user);
    expect(await barred(user)).toEqual([]);
    expect(await lockedInstall(user)).toBe(0);
  });
});

describe('a host', () => {
  it('learns of it offline, as soon as anybody on the machine has synchronised', async () => {
    const user = await installed();
    const library = libraryOf(user);
    expect(await library.barred()).toEqual([]);
    addAdvisory(user.registry, MALWARE);
    await publishNext(user.registry);
    expect(await library.barred()).toEqual([]);
    await user.does('sync');
    await user.index.stop();
    expect(await library.barred()).toMatchObject([
      { name: 'graph-lens', version: '1.0.0', registry: 'acme', bars: [{ kind: 'malware' }] },
    ]);
    expect((await library.audit()).findings).toMatchObject([{ kind: 'malware' }]);
  });
});
