import { describe, expect, it } from 'vitest';
import type { KnownNames } from '../ops/plugins/known-names.ts';
import { complete } from './complete.ts';

const PLUGINS = ['graph-lens', 'graph-map', 'users'];
const names: KnownNames = {
  plugins: (prefix, alias) =>
    Promise.resolve(alias === 'none' ? [] : PLUGINS.filter((name) => name.startsWith(prefix))),
  installed: () => Promise.resolve(['graph-lens', 'users']),
  registries: () => Promise.resolve(['acme', 'main']),
  categories: () => Promise.resolve(['integrations']),
};

/** What completes a line; a blank at its end begins a new word. */
async function after(line: string): Promise<readonly string[]> {
  const { kind, candidates } = await complete(line.split(' '), names);
  return kind === 'words' ? candidates.map(({ word }) => word) : [`:${kind}`];
}

describe('completion of commands', () => {
  it('offers names and aliases, and of commands with two words the first', async () => {
    expect(await after('un')).toEqual(['uninstall', 'unpin']);
    expect(await after('reg')).toEqual(['registry']);
    expect(await after('registry ')).toEqual(
      expect.arrayContaining(['add', 'list', 'remove', 'init', 'trust']),
    );
    expect(await after('registry tr')).toEqual(['trust']);
    expect(await after('registry trust ')).toEqual(['show', 'rotate']);
    expect(await after('registry trust rotate --new')).toEqual(['--new-epoch']);
    expect(await after('cache l')).toEqual(['list', 'ls']);
    expect(await after('')).toEqual(expect.arrayContaining(['install', 'config', 'help']));
  });

  it('says what each is for', async () => {
    const { candidates } = await complete(['rollb'], names);
    expect(candidates).toEqual([{ word: 'rollback', meaning: 'Go back to an earlier installed set' }]);
    expect((await complete(['regis'], names)).candidates[0]?.meaning).toContain('add, list');
  });

  it('offers nothing where nothing can follow', async () => {
    expect(await after('doctor x')).toEqual([]);
    expect(await after('nonsense ')).toEqual([]);
    expect(await after('cache nonsense ')).toEqual([]);
  });
});

describe('completion of options', () => {
  it('offers those of the command and the global ones, each once', async () => {
    expect(await after('install --f')).toEqual(['--frozen', '--force']);
    expect(await after('install --frozen --f')).toEqual(['--force']);
    expect(await after('install -f --f')).toEqual(['--frozen']);
    expect(await after('--off')).toEqual(['--offline']);
    expect(await after('registry init d --root-key a --root-k')).toEqual(['--root-key']);
  });

  it('never offers a spelling that the parser does not know', async () => {
    expect(await after('install --dry')).toEqual(['--dry-run']);
    expect(await after('install --no')).toEqual(['--no-input', '--no-color']);
  });

  it('completes their values, in both forms', async () => {
    expect(await after('registry init d --ci git')).toEqual(['github', 'gitlab']);
    expect(await after('registry init d --ci=gith')).toEqual(['--ci=github']);
    expect(await after('--project ')).toEqual([':directories']);
    expect(await after('sign f --key ')).toEqual([':files']);
    expect(await after('sign f --key=x')).toEqual([':files']);
    expect(await after('--project somewhere rem')).toEqual(['remove']);
  });

  it('ends behind --', async () => {
    expect(await after('remove -- --')).toEqual([]);
    expect(await after('remove -- gr')).toEqual(['graph-lens']);
  });
});

describe('completion of arguments', () => {
  it('offers plugins of all registries, or of the one whose alias is typed', async () => {
    expect(await after('install gr')).toEqual(['graph-lens', 'graph-map']);
    expect(await after('install acme/us')).toEqual(['acme/users']);
    expect(await after('install none/us')).toEqual([]);
    expect(await after('install graph-lens@^')).toEqual([]);
    expect(await after('install graph-lens gr')).toEqual(['graph-map']);
  });

  it('offers installed plugins where only those make sense', async () => {
    for (const command of ['remove', 'update', 'verify', 'why', 'pin', 'unpin'])
      expect(await after(`${command} `), command).toEqual(['graph-lens', 'users']);
    expect(await after('remove users ')).toEqual(['graph-lens']);
    expect(await after('why users ')).toEqual([]);
  });

  it('leaves paths to the shell', async () => {
    for (const path of ['./dr', '../', '/tmp', '~/dr'])
      expect(await after(`install ${path}`)).toEqual([':files']);
  });

  it('offers registries, shells, error codes and commands', async () => {
    expect(await after('sync ')).toEqual(['acme', 'main']);
    expect(await after('completion ')).toEqual(['bash', 'zsh', 'fish', 'powershell']);
    expect(await after('explain SHEAF_ROOT_')).toEqual(['SHEAF_ROOT_EXPIRED']);
    expect(await after('help rollb')).toEqual(['rollback']);
  });
});
