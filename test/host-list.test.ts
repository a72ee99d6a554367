import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectForm } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** `[host] plugins_file`: what an application reads instead of running anything at install time. */

async function world(path = 'config/plugins.json'): Promise<UserOfRegistry> {
  const user = await userOfRegistry([
    { name: 'graph-lens', version: '1.0.0', dependencies: { users: '^1.0.0' }, capabilities: ['query'] },
    { name: 'users', version: '1.0.0', files: { 'users.wasm': 'module' } },
  ]);
  await mkdir(user.at('project'), { recursive: true });
  await writeFile(user.at('project/sheaf.toml'), `[host]\nplugins_file = "${path}"\n`);
  return user;
}

interface PluginsFile {
  readonly generation: number;
  readonly plugins: readonly { readonly name: string; readonly path: string; readonly entry?: string }[];
}

async function listIn(user: UserOfRegistry, path = 'config/plugins.json'): Promise<PluginsFile | undefined> {
  const text = await readFile(user.at('project', path), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const file = JSON.parse(text) as PluginsFile;
  expectForm('plugins-file.schema.json', file);
  return file;
}

const namesOf = (file: PluginsFile | undefined) => file?.plugins.map(({ name }) => name);

describe('the plugins file', () => {
  it('tells an application what is installed, where, and what to load', async () => {
    const user = await world();
    await user.does('install', 'graph-lens');
    expect(await listIn(user)).toEqual({
      schemaVersion: 1,
      writtenBy: 'sheaf',
      generation: 1,
      plugins: [
        {
          name: 'graph-lens',
          version: '1.0.0',
          tier: 'wasm',
          capabilities: ['query'],
          verified: true,
          path: '.sheaf/generations/1/graph-lens',
          entry: 'plugin.wasm',
        },
        {
          name: 'users',
          version: '1.0.0',
          tier: 'wasm',
          capabilities: [],
          verified: true,
          path: '.sheaf/generations/1/users',
          entry: 'users.wasm',
        },
      ],
    });
    for (const { path, entry } of (await listIn(user))?.plugins ?? []) {
      expect((await readFile(user.at('project', path, entry ?? ''))).length).toBeGreaterThan(0);
    }
  });

  it('follows remove and rollback', async () => {
    const user = await world();
    await user.does('install', 'users');
    await user.does('install', 'graph-lens');
    await user.does('remove', 'graph-lens');
    expect(namesOf(await listIn(user))).toEqual(['users']);
    await user.does('rollback');
    expect(await listIn(user)).toMatchObject({ generation: 2 });
    expect(namesOf(await listIn(user))).toEqual(['graph-lens', 'users']);
    await user.does('remove', 'users', 'graph-lens');
    expect(await listIn(user)).toMatchObject({ generation: 4, plugins: [] });
  });

  it('moves with its path, and goes when nobody asks for it any more', async () => {
    const user = await world();
    await user.does('install', 'users');
    const rewrite = async (change: (text: string) => string) => {
      const path = user.at('project/sheaf.toml');
      await writeFile(path, change(await readFile(path, 'utf8')));
      await user.does('install');
    };
    await rewrite((text) => text.replace('config/plugins.json', 'other.json'));
    expect(namesOf(await listIn(user, 'other.json'))).toEqual(['users']);
    expect(await listIn(user)).toBeUndefined();
    await rewrite((text) => text.replace(/^plugins_file.*$/m, ''));
    expect(await listIn(user, 'other.json')).toBeUndefined();
    await user.does('rollback');
    expect(namesOf(await listIn(user, 'other.json'))).toEqual(['users']);
  });

  it('is mended by the next install when somebody changed or deleted it', async () => {
    const user = await world();
    await user.does('install', 'users');
    const path = user.at('project/config/plugins.json');
    await writeFile(path, '{"writtenBy": "sheaf", "plugins": []}');
    await user.does('install');
    expect(namesOf(await listIn(user))).toEqual(['users']);
    expect(await user.does('install', '--dry-run')).toContain('Nothing to do');
  });

  it('never replaces a file that sheaf did not write', async () => {
    const user = await world('package.json');
    await writeFile(user.at('project/package.json'), '{"name": "app"}');
    const before = await user.belongings();
    const { status, stderr } = await user.sheaf('install', 'users');
    expect(status).not.toBe(0);
    expect(stderr).toContain('error: "package.json" is there already, and sheaf did not write it.');
    expect(await user.belongings()).toEqual(
      expect.objectContaining({ 'project/package.json': '{"name": "app"}' }),
    );
    expect(
      Object.keys(await user.belongings()).filter((path) => path.startsWith('project/.sheaf/g')),
    ).toEqual(Object.keys(before).filter((path) => path.startsWith('project/.sheaf/g')));
    expect(await user.does('list')).toBe('No plugins are installed here.\n');
  });

  it.each([
    ['.sheaf/current', 'something else belongs there'],
    ['.git/config', 'something else belongs there'],
    ['sheaf.lock', 'something else belongs there'],
  ])('cannot be %s', async (path, said) => {
    const user = await world(path);
    expect((await user.sheaf('install', 'users')).stderr).toContain(said);
  });

  it('cannot lead out of the project by a link', async () => {
    const user = await world('linked/plugins.json');
    await mkdir(user.at('elsewhere'));
    await symlink(user.at('elsewhere'), user.at('project/linked'));
    const { stderr } = await user.sheaf('install', 'users');
    expect(stderr).toContain('is no directory of the project');
    await expect(readFile(user.at('elsewhere/plugins.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
