import { appendFile, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { addAdvisory, publishNext } from './support/advisories.ts';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** What `sheaf verify` finds out about an installed set, with a network and without. */

async function installed(): Promise<UserOfRegistry> {
  const user = await userOfRegistry(
    ['graph-lens', 'users'].map((name) => ({ name, version: '1.0.0', files: { 'main.js': `${name}\n` } })),
    { now: Math.floor(Date.now() / 1000 - 2 * 3600) * 1000 },
  );
  await user.does('install', 'graph-lens', 'users');
  return user;
}

const generation = (user: UserOfRegistry, ...path: string[]) =>
  user.at('project/.sheaf/generations/1', ...path);

/** Faults by plugin; without the plugins that have none. */
async function faults(user: UserOfRegistry, ...argv: string[]): Promise<Record<string, readonly string[]>> {
  const { data } = await jsonOf(user, 'verify', 'verify', ...argv);
  const plugins = data['plugins'] as readonly { readonly name: string; readonly faults: readonly string[] }[];
  return Object.fromEntries(
    plugins.flatMap(({ name, faults: found }) => (found.length === 0 ? [] : [[name, found]])),
  );
}

async function tamper(path: string): Promise<void> {
  await chmod(path, 0o644);
  await appendFile(path, '# more\n');
}

describe('verify', () => {
  it('says how old its knowledge is', async () => {
    const user = await installed();
    const { data } = await jsonOf(user, 'verify', 'verify');
    expect(data['registries']).toMatchObject([
      { registry: 'acme', checkpoint: { epoch: 1, version: 1 }, expired: false },
    ]);
    expect(await user.does('verify')).toMatch(/acme as of .*Z, 2 hours ago \(checkpoint 1-1\)/);
  });

  it('needs no network after a sync, also when much else has changed', async () => {
    const user = await installed();
    for (const name of ['call-lens', 'tree-lens', 'map-lens']) {
      user.registry.addRelease({ name, version: '1.0.0' });
    }
    user.registry.setPlugin('graph-lens', { deprecated: 'use call-lens' });
    await publishNext(user.registry);
    await user.does('sync');
    await Promise.all([user.index.stop(), user.artifacts.stop()]);
    expect(await faults(user, '--offline')).toEqual({});
    expect((await user.sheaf('audit')).stdout).toContain('is deprecated: "use call-lens"');
  });

  it('names a changed manifest beside a plugin, which hosts take its powers from', async () => {
    const user = await installed();
    await tamper(generation(user, '.manifests/users.toml'));
    expect(await faults(user)).toEqual({
      users: ['The manifest beside it is not the one that was installed.'],
    });
  });

  it('names changed files of a plugin that is barred, too', async () => {
    const user = await installed();
    addAdvisory(user.registry, { id: 'MAL-2026-0001', about: 'graph-lens' });
    await publishNext(user.registry);
    await user.does('sync');
    await tamper(generation(user, 'graph-lens/main.js'));
    const found = (await faults(user, '--offline'))['graph-lens'];
    expect(found).toEqual([
      expect.stringMatching(/^It is malware by advisory MAL-2026-0001/),
      expect.stringContaining('main.js'),
    ]);
  });

  it('names a revoked key once', async () => {
    const user = await installed();
    user.registry.revoke('author');
    await publishNext(user.registry);
    await user.does('sync');
    const found = await faults(user);
    expect(found['users']).toEqual(['It is signed by a key that is revoked.']);
  });

  it('says of each plugin what cannot be told without the network', async () => {
    const user = await installed();
    await rm(user.at('home/cache/objects'), { recursive: true });
    const found = await faults(user, '--offline');
    expect(Object.keys(found)).toEqual(['graph-lens', 'users']);
    expect((await faults(user, 'users'))['users']).toBe(undefined);
  });

  it('looks at the others when the registry of one is gone', async () => {
    const user = await installed();
    await user.does('registry', 'remove', 'acme', '--yes');
    expect(await faults(user)).toEqual({
      'graph-lens': ['Its registry acme is not configured any more.'],
      users: ['Its registry acme is not configured any more.'],
    });
  });

  it('names a lock of the set that speaks of another release', async () => {
    const user = await installed();
    const path = generation(user, 'sheaf.lock');
    const lock = await readFile(path, 'utf8').catch(async () => {
      throw new Error(`There is only ${(await readdir(generation(user))).join(', ')}.`);
    });
    await chmod(path, 0o644);
    const digest = /manifest = "([0-9a-f]{64})"/.exec(lock)?.[1] ?? '';
    await writeFile(path, lock.replace(digest, 'a'.repeat(64)));
    expect(await faults(user)).toEqual({
      'graph-lens': [
        'The manifest beside it is not the one that was installed.',
        'The registry has another release as graph-lens 1.0.0 than what was installed.',
      ],
    });
  });
});
