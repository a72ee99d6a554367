import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packArchive } from '../src/core/archives/pack-archive.ts';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';
import type { RunResult } from './support/run-sheaf.ts';

/** Folders and files of this machine in place of releases: nobody signed them, and everything says so. */

const manifest = (name: string, more = ''): string =>
  `[plugin]\nname = "${name}"\nversion = "0.1.0"\ndescription = "A draft"\n${more}`;

async function folder(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await writeFile(join(path, name), text);
  }
}

async function world(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([
    { name: 'users', version: '1.0.0' },
    { name: 'graph-lens', version: '1.0.0', dependencies: { users: '^1.0.0' } },
  ]);
  await mkdir(user.at('project'), { recursive: true });
  return user;
}

const wasm = Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** Expects a refusal with this status, code and sentence, and nothing on standard output. */
function expectRefused(result: RunResult, status: number, code: string, sentence: string): void {
  expect(result).toMatchObject({ status, stdout: '' });
  expect(result.stderr).toContain(`error: ${sentence}\n`);
  expect(result.stderr).toContain(code);
}

/** A module that carries the manifest as `sheaf pack` writes it. */
function moduleWith(text: string): Buffer {
  const name = 'sheaf.plugin.toml';
  const body = Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.from(text)]);
  expect(body.length).toBeGreaterThan(127);
  return Buffer.concat([wasm, Buffer.of(0, (body.length & 0x7f) | 0x80, body.length >> 7), body]);
}

describe('a folder', () => {
  it('is refused without --allow-local, with a sentence, and nothing changes', async () => {
    const user = await world();
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft') });
    const before = await user.belongings();
    expectRefused(
      await user.sheaf('install', user.at('draft')),
      9,
      'SHEAF_POLICY',
      `The plugin in ${JSON.stringify(user.at('draft'))} is unverified: no registry signed it.`,
    );
    expect(await user.belongings()).toEqual(before);
  });

  it('is installed with what it needs from registries, and marked as unverified everywhere', async () => {
    const user = await world();
    await folder(user.at('draft'), {
      'sheaf.plugin.toml': manifest('draft', '[dependencies.plugins]\nusers = "^1.0.0"\n'),
      'draft.wasm': 'module',
      '.git/config': 'not part of it',
      'node_modules/x/index.js': 'neither',
    });
    const { data, warnings } = await jsonOf(user, 'install', 'install', user.at('draft'), '--allow-local');
    expect(data).toMatchObject({
      plan: {
        add: [
          { name: 'draft', registry: 'path:../draft' },
          { name: 'users', registry: 'acme' },
        ],
      },
    });
    expect(warnings).toEqual(['draft from "../draft" is unverified: no registry signed it.']);
    expect(await readFile(user.at('project/sheaf.toml'), 'utf8')).toBe(
      '[plugins]\ndraft = { path = "../draft" }\n',
    );
    expect(await readFile(user.at('project/sheaf.lock'), 'utf8')).toMatch(
      /\[\[local\]\]\nname = "draft"\nversion = "0.1.0"\npath = "..\/draft"\nkind = "archive"\n/,
    );
    const installed = user.at('project/.sheaf/generations/1/draft');
    expect(await readFile(join(installed, 'draft.wasm'), 'utf8')).toBe('module');
    await expect(readFile(join(installed, '.git/config'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readFile(join(installed, 'node_modules/x/index.js'))).rejects.toMatchObject({
      code: 'ENOENT',
    });

    expect((await jsonOf(user, 'list', 'list', '--tree')).data).toMatchObject({
      plugins: [
        { name: 'draft', registry: 'path:../draft', verified: false, wanted: true },
        { name: 'users', registry: 'acme', verified: true, wanted: false },
      ],
      tree: [{ name: 'draft', verified: false, dependencies: [{ name: 'users', asked: '^1.0.0' }] }],
    });
    expect(await user.does('list')).toContain('path:../draft (unverified)');
    expect((await jsonOf(user, 'why', 'why', 'users')).data).toMatchObject({
      chains: [
        [
          { name: 'draft', asked: 'path:../draft' },
          { name: 'users', asked: '^1.0.0' },
        ],
      ],
    });
    const verified = await user.sheaf('verify');
    expect(verified.status).toBe(5);
    expect(verified.stdout).toContain('It cannot be verified: it was installed from "../draft"');
    expect(await user.does('verify', 'users')).toContain('1 plugin as signed');
    expect((await user.sheaf('remove', 'users')).stderr).toContain('users is needed by draft');
    expect(await user.does('outdated')).toContain('Everything is up to date');
  });

  it('is installed again when something in it changed, and stays as it was without the flag', async () => {
    const user = await world();
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft'), 'draft.wasm': 'one' });
    await user.does('install', user.at('draft'), '--allow-local');
    const installed = (generation: number) =>
      readFile(user.at(`project/.sheaf/generations/${generation}/draft/draft.wasm`), 'utf8');
    expect(await user.does('install', '--allow-local')).toContain('Nothing to do');

    await folder(user.at('draft'), { 'draft.wasm': 'two' });
    await user.does('install', 'graph-lens');
    expect(await installed(2)).toBe('one');
    const locked = await user.sheaf('install', '--locked', '--allow-local');
    expect(locked.status).toBe(10);
    expect(locked.stderr).toContain('draft in "../draft" changed since it was locked.');
    expect(await user.does('install', '--allow-local')).toContain('~ draft 0.1.0 → 0.1.0');
    expect(await installed(3)).toBe('two');
    await user.does('rollback');
    expect(await installed(2)).toBe('one');
    expect(await user.does('list')).toContain('path:../draft (unverified)');
  });

  it('asks anew when it wants to do more than when it was installed', async () => {
    const user = await world();
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft') });
    await user.does('install', user.at('draft'), '--allow-local');
    const more = '[security]\ncapabilities = ["query"]\n';
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft', more) });
    const refused = await user.sheaf('install', '--allow-local');
    expect(refused.stderr).toContain('draft 0.1.0: query');
    expect(refused.status).not.toBe(0);
    await user.does('install', '--allow-local', '--accept-capabilities');
    expect(await user.does('install', '--allow-local')).toContain('Nothing to do');
  });

  it('goes away like any other plugin, and gives way to a release of that name', async () => {
    const user = await world();
    await folder(user.at('lens'), { 'sheaf.plugin.toml': manifest('graph-lens'), 'a.txt': 'mine' });
    await user.does('install', user.at('lens'), '--allow-local');
    await user.does('install', 'graph-lens');
    expect(await user.does('list')).not.toContain('unverified');
    await user.does('install', user.at('lens'), '--allow-local');
    expect(await user.does('list')).toContain('unverified');
    await user.does('remove', 'graph-lens');
    expect(await user.does('list')).toBe('No plugins are installed here.\n');
  });

  it('never stands in for a signed plugin that another one needs', async () => {
    const user = await world();
    await folder(user.at('users'), { 'sheaf.plugin.toml': manifest('users') });
    await user.does('install', 'graph-lens');
    expectRefused(
      await user.sheaf('install', user.at('users'), '--allow-local'),
      8,
      'SHEAF_RESOLUTION',
      'users lies in "../users", but graph-lens needs the one of registry acme.',
    );
    expect(await user.does('list')).not.toContain('unverified');
  });

  it('of a project that somebody else wrote is not taken by a bare install', async () => {
    const user = await world();
    await folder(user.at('project'), {
      'sheaf.toml': '[plugins]\nevil = { path = "./evil" }\n',
      'evil/sheaf.plugin.toml': manifest('evil'),
    });
    const refused = await user.sheaf('install');
    expectRefused(refused, 9, 'SHEAF_POLICY', 'evil in "./evil" is unverified: no registry signed it.');
    await folder(user.at('project'), {
      'evil/sheaf.plugin.toml': manifest('evil', '[security]\ncapabilities = ["query"]\n'),
    });
    expect((await user.sheaf('install', '--allow-local')).stderr).toContain('evil 0.1.0: query');
  });

  it('is bound by the policy and the engines', async () => {
    const user = await world();
    await folder(user.at('project'), {
      'sheaf.toml': '[engines]\nhost = "1.0.0"\n[policy]\ntiers = ["wasm"]\n',
    });
    const native = manifest('draft', '[security]\ntier = "native"\n');
    await folder(user.at('draft'), { 'sheaf.plugin.toml': native });
    const install = () => user.sheaf('install', user.at('draft'), '--allow-local');
    expect((await install()).stderr).toContain('draft 0.1.0 in "../draft" is of the tier native');
    const newer = manifest('draft', '[compatibility]\nhost_version = "^2"\n');
    await folder(user.at('draft'), { 'sheaf.plugin.toml': newer });
    expect((await install()).stderr).toContain('needs host ^2 where 1.0.0 is present');
  });

  it.each([
    ['is not there', {}, 'SHEAF_PATH', /^There is no folder or file/],
    ['has no manifest', { 'a.txt': '' }, 'SHEAF_INVALID_FILE', /is no plugin: there is no sheaf.plugin.toml/],
    ['has a bad manifest', { 'sheaf.plugin.toml': '[plugin]\n' }, 'SHEAF_INVALID_FILE', /lacks the key/],
  ])('that %s is refused', async (_what, files, code, sentence) => {
    const user = await world();
    await folder(user.at('draft'), files);
    const result = await user.sheaf('install', user.at('draft'), '--allow-local');
    expect(result.stderr).toContain(code);
    expect(/^error: (.*)$/m.exec(result.stderr)?.[1]).toMatch(sentence);
  });

  it('may be named twice, but two of one name may not', async () => {
    const user = await world();
    for (const path of ['draft', 'other']) {
      await folder(user.at(path), { 'sheaf.plugin.toml': manifest('draft') });
    }
    const install = (...paths: string[]) =>
      user.sheaf('install', ...paths.map((path) => user.at(path)), '--allow-local');
    expectRefused(
      await install('draft', 'other'),
      2,
      'SHEAF_USAGE',
      'draft lies in both "../draft" and "../other".',
    );
    expect(await install('draft', 'draft')).toMatchObject({ status: 0 });
    expect(await user.does('list')).toContain('path:../draft (unverified)');
  });

  it('is left alone by update, and read again with --allow-local', async () => {
    const user = await world();
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft') });
    await user.does('install', user.at('draft'), '--allow-local');
    await folder(user.at('draft'), { 'more.txt': 'more' });
    expect(await user.does('update')).toContain('Nothing to do');
    expect(await user.does('update', '--allow-local')).toContain('~ draft');
  });

  it('with a link in it is refused: it could lead anywhere on this machine', async () => {
    const user = await world();
    await folder(user.at('draft'), { 'sheaf.plugin.toml': manifest('draft') });
    await symlink('/etc/hostname', user.at('draft/secret'));
    const { stderr } = await user.sheaf('install', user.at('draft'), '--allow-local');
    expect(stderr).toContain('"secret" is not a regular file.');
  });
});

describe('a file', () => {
  it('may be an archive with the manifest at its top', async () => {
    const user = await world();
    const files = { 'sheaf.plugin.toml': manifest('draft'), 'run.txt': 'hello' };
    const packed = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    await writeFile(user.at('draft.tar.gz'), packArchive(packed, 'draft.tar.gz'));
    await user.does('install', user.at('draft.tar.gz'), '--allow-local');
    expect(await readFile(user.at('project/.sheaf/generations/1/draft/run.txt'), 'utf8')).toBe('hello');
    expect(await user.does('list')).toContain('path:../draft.tar.gz (unverified)');
    expect(await user.does('install', '--allow-local')).toContain('Nothing to do');
  });

  it('may be a module that carries its manifest', async () => {
    const user = await world();
    const bytes = moduleWith(
      manifest('draft', '# A comment that makes the section longer than one byte of LEB128 can say.\n'),
    );
    await writeFile(user.at('draft.wasm'), bytes);
    await user.does('install', user.at('draft.wasm'), '--allow-local');
    expect(await readFile(user.at('project/.sheaf/generations/1/draft/plugin.wasm'))).toEqual(bytes);
  });

  it.each([
    ['a module without a manifest', wasm, 'it has no custom section sheaf.plugin.toml'],
    ['an archive without a manifest', packArchive([{ path: 'a', bytes: wasm }], 'a'), 'at its top'],
    ['neither', Buffer.from('plain text'), 'is neither a .tar.gz nor a .zip file'],
    ['empty', new Uint8Array(), ''],
  ])('that is %s is refused', async (_what, bytes, said) => {
    const user = await world();
    await writeFile(user.at('draft.bin'), bytes);
    const result = await user.sheaf('install', user.at('draft.bin'), '--allow-local');
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain(said);
    expect(result.stderr).not.toContain('SHEAF_INTERNAL');
  });
});
