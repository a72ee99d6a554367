import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** Who needs whom, what there is, and what holds still: why, list --tree, list --available, pin, unpin. */

async function world(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([
    { name: 'users', version: '1.0.0', capabilities: ['query'] },
    { name: 'map', version: '1.0.0', dependencies: { users: '^1.0.0' } },
    { name: 'graph-lens', version: '1.0.0', dependencies: { map: '^1.0.0', users: '~1.0.0' } },
    { name: 'elsewhere', version: '1.0.0' },
  ]);
  await user.does('install', 'graph-lens', 'map');
  return user;
}

describe('why', () => {
  it('shows the chains from sheaf.toml to a plugin', async () => {
    const user = await world();
    expect(await user.does('why', 'users')).toBe(
      [
        'users 1.0.0',
        '  sheaf.toml → graph-lens ^1.0.0 → users ~1.0.0',
        '  sheaf.toml → map ^1.0.0 → users ^1.0.0',
        '',
      ].join('\n'),
    );
    const { data } = await jsonOf(user, 'why', 'why', 'map');
    expect(data).toEqual({
      name: 'map',
      version: '1.0.0',
      chains: [
        [{ name: 'map', asked: '^1.0.0' }],
        [
          { name: 'graph-lens', asked: '^1.0.0' },
          { name: 'map', asked: '^1.0.0' },
        ],
      ],
    });
  });

  it('knows what was probably meant', async () => {
    const user = await world();
    const { status, stderr } = await user.sheaf('why', 'grahp-lens');
    expect(status).toBe(6);
    expect(stderr).toContain('Did you mean graph-lens?');
  });
});

describe('list', () => {
  it('--tree shows what needs what', async () => {
    const user = await world();
    expect(await user.does('list', '--tree')).toBe(
      [
        'graph-lens 1.0.0 ^1.0.0',
        '├── map 1.0.0 ^1.0.0',
        '│   └── users 1.0.0 ^1.0.0',
        '└── users 1.0.0 ~1.0.0',
        'map 1.0.0 ^1.0.0 (see above)',
        '',
      ].join('\n'),
    );
    const { data } = await jsonOf(user, 'list', 'list', '--tree');
    expect(data).toMatchObject({ tree: [{ name: 'graph-lens', dependencies: [{ name: 'map' }, {}] }, {}] });
    expect((await jsonOf(user, 'list', 'list')).data).not.toHaveProperty('tree');
  });

  it('--available lists all names of all registries, also without a network', async () => {
    const user = await world();
    expect(await user.does('list', '--available')).toBe(
      'elsewhere  acme\ngraph-lens  acme  1.0.0 installed\nmap  acme  1.0.0 installed\nusers  acme  1.0.0 installed\n',
    );
    await user.index.stop();
    const { data } = await jsonOf(user, 'list', 'list', '--available', '--offline');
    expect(data).toMatchObject({ available: [{ name: 'elsewhere', registry: 'acme' }, {}, {}, {}] });
    expect((await user.sheaf('list', '--available', '--tree')).status).toBe(2);
  });
});

describe('pin', () => {
  it('holds a plugin at the installed version, and unpin lets it go; comments stay', async () => {
    const user = await world();
    const path = user.at('project/sheaf.toml');
    const text = (await readFile(path, 'utf8')).replace('map = "^1.0.0"', 'map = "^1.0.0" # the map');
    await writeFile(path, text);
    expect(await user.does('pin', 'map', '--dry-run')).toBe('map would go from ^1.0.0 to 1.0.0.\n');
    expect(await readFile(path, 'utf8')).toBe(text);
    expect((await jsonOf(user, 'pin', 'pin', 'map')).data).toEqual({
      plugins: [{ name: 'map', from: '^1.0.0', to: '1.0.0' }],
      dryRun: false,
    });
    expect(await readFile(path, 'utf8')).toBe(text.replace('map = "^1.0.0"', 'map = "1.0.0"'));
    expect(await user.does('install', '--locked')).toContain('Nothing to do');

    user.registry.addRelease({ name: 'map', version: '1.1.0', dependencies: { users: '^1.0.0' } });
    user.registry.now += 60_000;
    await user.registry.publish();
    expect(await user.does('update')).toContain('Nothing to do');
    await user.does('unpin', 'map');
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await user.does('update')).toContain('~ map 1.0.0 → 1.1.0');
  });

  it('says that a plugin stays where it is', async () => {
    const user = await world();
    await user.does('pin', 'map');
    expect(await user.does('pin', 'map')).toBe('map stays at 1.0.0.\n');
    await user.does('unpin', 'map');
    expect(await user.does('unpin', 'map')).toBe('map stays at ^1.0.0.\n');
  });

  it('refuses what is not installed, and what sheaf.toml does not list', async () => {
    const user = await world();
    expect((await user.sheaf('pin', 'elsewhere')).status).toBe(6);
    const { status, stderr } = await user.sheaf('pin', 'users');
    expect(status).toBe(2);
    expect(stderr).toContain('users is not listed in sheaf.toml: other plugins need it.');
    expect(stderr).toContain('sheaf install users@1.0.0');
  });
});

describe('rollback', () => {
  it('says which capabilities there are afterwards', async () => {
    const user = await world();
    await user.does('remove', 'graph-lens');
    const { data } = await jsonOf(user, 'rollback', 'rollback');
    expect(data.plan).toEqual({
      add: [{ name: 'graph-lens', version: '1.0.0' }],
      update: [],
      remove: [],
      capabilities: { 'graph-lens': [], map: [], users: ['query'] },
    });
  });
});

describe('remove --purge', () => {
  it("deletes a plugin's own data, which everything else leaves alone", async () => {
    const user = await world();
    const data = user.at('home/data/data/graph-lens/notes.txt');
    await mkdir(user.at('home/data/data/graph-lens'), { recursive: true });
    await writeFile(data, 'mine');
    await user.does('remove', 'graph-lens');
    expect(await readFile(data, 'utf8')).toBe('mine');
    await user.does('install', 'graph-lens');
    expect((await jsonOf(user, 'remove', 'remove', 'graph-lens', '--purge')).data).toMatchObject({
      purged: ['graph-lens'],
    });
    await expect(readFile(data)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
