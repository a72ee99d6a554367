import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { addAdvisory, publishNext } from '../support/advisories.ts';
import { publishHostileIndex } from '../support/hostile-index.ts';
import { refusal, refusalOf, type UserOfRegistry, userOfRegistry } from '../support/registry-on-loopback.ts';

/** What registries and files say about the standing of plugins when it is broken, hostile or missing. */

const LENS = { name: 'graph-lens', version: '1.0.0' };
const PAST = () => Math.floor(Date.now() / 1000 - 3600) * 1000;

async function installed(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([LENS], { now: PAST() });
  await user.does('install', 'graph-lens');
  return user;
}

/** Installed plugins, files and trust after a command that had to be refused. */
async function refusedBy(user: UserOfRegistry, ...argv: string[]) {
  const before = await user.belongings();
  const refused = refusalOf(await user.sheaf(...argv));
  expect(await user.belongings()).toEqual(before);
  return refused;
}

describe('advisories of a registry', () => {
  it.each<[string, string]>([
    ['that are no OSV', '{"id": 7}'],
    ['that are no JSON', 'nonsense'],
    ['that move the cursor', JSON.stringify({ id: 'PLUG-2026-0001', summary: '\u001b[2J' })],
  ])('%s stop the index from being built', async (_, text) => {
    const user = await installed();
    user.registry.source.set(
      'registry/security/advisories/PLUG-2026-0001.json',
      new TextEncoder().encode(text),
    );
    user.registry.now += 60_000;
    await expect(user.registry.publish()).rejects.toThrow(SheafError);
    expect((await user.sheaf('audit')).status).toBe(0);
  });

  it('in any number are remembered, or the checkpoint is refused and what was known stays', async () => {
    const user = await installed();
    addAdvisory(user.registry, { id: 'MAL-2026-0001', about: 'graph-lens' });
    await publishNext(user.registry);
    await user.does('sync');
    const length = Math.ceil(LIMITS.restrictionBytes / 300);
    for (let number = 0; number < length; number += 1) {
      addAdvisory(user.registry, {
        id: `MAL-2026-${number + 1000}`,
        about: 'users',
        summary: 'x'.repeat(300),
      });
    }
    await publishNext(user.registry);
    expect(await refusedBy(user, 'sync')).toMatchObject(
      refusal({
        status: 5,
        code: 'SHEAF_INDEX',
        sentence: /^Registry acme restricts more plugins than this machine is willing to remember\./,
      }),
    );
    expect((await user.sheaf('install', '--frozen', '--force')).status).toBe(9);
  });
});

describe('sheaf audit', () => {
  it('says what to do where nothing was synchronised, or the cache is gone', async () => {
    const user = await installed();
    await user.index.stop();
    expect((await user.sheaf('audit')).status).toBe(0);
    await rm(user.at('home/cache'), { recursive: true, force: true });
    expect(await refusedBy(user, 'audit')).toEqual(
      refusal({ status: 7, code: 'SHEAF_OFFLINE', sentence: /./, hint: /sync|offline/ }),
    );
    await rm(user.at('home/state/registries'), { recursive: true });
    expect(await refusedBy(user, 'audit')).toEqual(
      refusal({
        status: 5,
        code: 'SHEAF_EXPIRED',
        sentence: 'Nothing is known yet of registry acme.',
        hint: 'Run: sheaf sync acme.',
      }),
    );
  });

  it('refuses a lock file that is none, one that is not there, and a project without one', async () => {
    const user = await installed();
    await writeFile(user.at('bad.lock'), '<<<<<<< ours\n');
    expect(await refusedBy(user, 'audit', '--lock', user.at('bad.lock'))).toMatchObject({
      status: 10,
      code: 'SHEAF_LOCK_INVALID',
    });
    expect(await refusedBy(user, 'audit', '--lock', user.at('none.lock'))).toMatchObject({
      status: 6,
      code: 'SHEAF_PATH',
    });
    await writeFile(user.at('project/sheaf.lock'), '');
    expect(await refusedBy(user, 'audit')).toMatchObject({ status: 10, code: 'SHEAF_LOCK_INVALID' });
    await rm(user.at('project/sheaf.lock'));
    expect(await refusedBy(user, 'audit')).toMatchObject({ status: 10, code: 'SHEAF_LOCK_OUTDATED' });
  });

  it('does not keep sync from its work when the project is broken', async () => {
    const user = await installed();
    await writeFile(user.at('project/sheaf.lock'), 'version = 99\n');
    const { status, stdout, stderr } = await user.sheaf('sync');
    expect([status, stdout]).toEqual([0, expect.stringContaining('acme')]);
    expect(stderr).toContain('Whether advisories concern this project is not known');
  });
});

describe('a signed index', () => {
  it('with a broken advisory is refused by clients, and what was known stays in force', async () => {
    const user = await installed();
    const { registry } = user;
    addAdvisory(registry, { id: 'MAL-2026-0001', about: 'graph-lens' });
    await publishNext(registry);
    await user.does('sync');
    registry.now += 60_000;
    const broken = { 'registry/security/advisories/PLUG-2026-0002.json': '{"id": 7}' };
    await publishHostileIndex(registry, (plugin) => plugin, {
      continued: true,
      files: { advisories: new TextEncoder().encode(JSON.stringify(broken)) },
    });
    expect(await refusedBy(user, 'sync')).toMatchObject({ status: 1, code: 'SHEAF_INVALID_FILE' });
    expect((await user.sheaf('install', '--frozen', '--force')).status).toBe(9);
  });
});
