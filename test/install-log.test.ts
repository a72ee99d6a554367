import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** The log of what was installed on this machine, as the commands write it and `sheaf log` shows it. */

const RELEASES = [
  { name: 'graph-lens', version: '1.0.0', capabilities: ['query'], dependencies: { users: '^1.0.0' } },
  { name: 'graph-lens', version: '1.1.0', capabilities: ['query'] },
  { name: 'users', version: '1.0.0' },
];

const entries = async (user: UserOfRegistry, ...argv: string[]) =>
  (await jsonOf(user, 'log', 'log', ...argv)).data['entries'] as readonly Record<string, unknown>[];

describe('the log of installs', () => {
  it('tells what was installed, updated, removed and rolled back, by whom and where, the newest first', async () => {
    const user = await userOfRegistry(RELEASES);
    expect(await user.does('log')).toBe('Nothing has been installed on this machine yet.\n');
    await user.does('install', 'graph-lens@1.0.0');
    await user.does('install', 'graph-lens@^1.1.0');
    await user.does('remove', 'graph-lens');
    await user.does('rollback');
    const lock = await readFile(user.at('project/sheaf.lock'), 'utf8');
    const found = await entries(user);
    const short = found.map(({ action, plugin, from = '-', version = '-', generation, command }) =>
      [action, plugin, from, version, generation, command].join(' '),
    );
    expect(short).toEqual([
      'rollback graph-lens - 1.1.0 2 rollback',
      'remove graph-lens 1.1.0 - 3 remove',
      'remove users 1.0.0 - 2 install',
      'update graph-lens 1.0.0 1.1.0 2 install',
      'install users - 1.0.0 1 install',
      'install graph-lens - 1.0.0 1 install',
    ]);
    expect(found[0]).toMatchObject({
      time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      registry: 'acme',
      capabilities: ['query'],
      project: user.at('project'),
      user: userInfo().username,
    });
    expect(lock).toContain(`manifest = "${String(found[0]?.['sha256'])}"`);
    expect(lock).toContain(`key = "${String(found[0]?.['key'])}"`);
    const shown = (await user.does('log', '--limit', '2')).split('\n');
    expect(shown).toHaveLength(4);
    expect(shown[1]).toMatch(/^\S+ +rollback +graph-lens +1\.1\.0 +acme +\S+ \(rollback\) +\//);
  });

  it('has no entry for what changed nothing', async () => {
    const user = await userOfRegistry(RELEASES);
    await user.does('install', 'users', '--dry-run');
    await user.does('install', 'users');
    await user.does('install', 'users');
    await user.does('rollback', '1', '--dry-run');
    expect(await user.sheaf('install', 'nothing-of-that-name')).toMatchObject({ status: 6 });
    expect(await entries(user)).toHaveLength(1);
  });

  it('is never a reason for an install to fail', async () => {
    const user = await userOfRegistry(RELEASES);
    const path = user.at('home/state/install-log.jsonl');
    await mkdir(path);
    const { data, warnings } = await jsonOf(user, 'install', 'install', 'users');
    expect(data).toMatchObject({ generation: 1 });
    expect(warnings).toEqual([expect.stringMatching(/^This change is not in the install log: /)]);
    await rm(path, { recursive: true });
    await user.does('install', 'graph-lens');
    expect(await entries(user)).toHaveLength(2 - 1);
  });

  it('warns of lines that cannot be read, and shows the others as they are', async () => {
    const user = await userOfRegistry(RELEASES);
    await user.does('install', 'users');
    const path = user.at('home/state/install-log.jsonl');
    await writeFile(path, `${await readFile(path, 'utf8')}{"time":`);
    const { data, warnings } = await jsonOf(user, 'log', 'log');
    expect(data).toMatchObject({ total: 1, entries: [{ plugin: 'users' }] });
    expect(warnings).toEqual([
      'One line of the install log cannot be read: torn by a crash, or not written by sheaf.',
    ]);
  });
});
