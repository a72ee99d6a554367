import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { git } from '../../../test/support/index-branch.ts';
import { serveGit } from '../../testkit/serve-git.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/temporary-directory.ts';
import { createBranchCommits } from './branch-commits.ts';

// Hundreds of processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 300_000 });

const DATE = Date.parse('2026-11-20T12:00:00Z');

let home: TemporaryDirectory;
let repository: string;

beforeEach(async () => {
  home = await temporaryDirectory();
  repository = join(home.path, 'facts.git');
  await mkdir(repository);
  await git(repository, 'init', '--quiet', '--bare', '--initial-branch=main');
});
afterEach(() => home.remove());

const commitsOf = (url: string) => createBranchCommits({ transport: 'system', url }, process.env);
const files =
  (contents: Readonly<Record<string, string>>) => async (): Promise<ReadonlyMap<string, Uint8Array>> =>
    new Map(Object.entries(contents).map(([path, text]) => [path, Buffer.from(text)]));
const fact = (contents: Readonly<Record<string, string>>) => ({
  branch: 'facts',
  message: 'Record a fact',
  date: DATE,
  files: files(contents),
});
const show = (path: string, branch = 'facts') => git(repository, 'show', `${branch}:${path}`);

it('begins a branch, adds to it over HTTP, and keeps what is there', async () => {
  const server = await serveGit(home.path, { push: true });
  try {
    const commits = commitsOf(`${server.url}facts.git`);
    const first = await commits.add(fact({ 'a/one.toml': '1\n' }));
    const second = await commits.add(fact({ 'a/two.toml': '2\n', 'a "quoted" name': '3' }));
    expect(first.changed && second.changed).toBe(true);
    expect(await git(repository, 'log', '--format=%H %an %ae %s %ct %at', 'facts')).toBe(
      [second, first]
        .map(
          ({ commit }) => `${commit} sheaf sheaf@sheaf.invalid Record a fact ${DATE / 1000} ${DATE / 1000}`,
        )
        .join('\n'),
    );
    expect(await git(repository, 'ls-tree', '-r', '-z', '--name-only', 'facts')).toBe(
      ['a "quoted" name', 'a/one.toml', 'a/two.toml', ''].join('\0'),
    );
    expect(await git(repository, 'ls-tree', '-r', '--format=%(objectmode)', 'facts')).toBe(
      '100644\n100644\n100644',
    );
    expect(await textOf(commits.read('facts', 'a/one.toml'))).toBe('1\n');
    expect(await commits.read('facts', 'a/three.toml')).toBeUndefined();
    expect(await commits.read('nowhere', 'a/one.toml')).toBeUndefined();
  } finally {
    await server.close();
  }
});

it('makes no commit of what is there already, or of nothing', async () => {
  const commits = commitsOf(repository);
  const { commit } = await commits.add(fact({ one: '1' }));
  expect(await commits.add(fact({ one: '1' }))).toEqual({ commit, changed: false });
  expect(await commits.add(fact({}))).toEqual({ commit, changed: false });
  expect(await git(repository, 'rev-list', '--count', 'facts')).toBe('1');
});

it('begins a new branch where another one stands, which stays as it is', async () => {
  const commits = commitsOf(repository);
  const { commit: main } = await commits.add({ ...fact({ base: 'b' }), branch: 'main' });
  const proposal = { ...fact({ added: 'a' }), branch: 'release/graph-lens-1.2.0', from: 'HEAD' };
  const { commit } = await commits.add(proposal);
  expect(await git(repository, 'rev-parse', 'release/graph-lens-1.2.0', `${commit}^`, 'main')).toBe(
    [commit, main, main].join('\n'),
  );
  expect(await show('base', 'release/graph-lens-1.2.0')).toBe('b');
  expect(await textOf(commits.read('HEAD', 'base'))).toBe('b');
  expect(await commits.add(proposal)).toEqual({ commit, changed: false });
});

it('loses nothing when many write at the same time, and judges anew what it finds', async () => {
  const commits = commitsOf(repository);
  await commits.add(fact({ log: '' }));
  const append = (name: string) =>
    commits.add({
      ...fact({}),
      files: async (read) => new Map([['log', Buffer.from(`${await textOf(read('log'))}${name}\n`)]]),
    });
  await Promise.all(['a', 'b', 'c', 'd'].map(append));
  expect((await show('log')).split('\n').toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(await git(repository, 'rev-list', '--count', 'facts')).toBe('5');
});

it('gives up when others are always faster', async () => {
  const [slow, fast] = [commitsOf(repository), commitsOf(repository)];
  let attempts = 0;
  const overtaken = slow.add({
    ...fact({}),
    files: async () => {
      attempts += 1;
      await fast.add(fact({ theirs: `${attempts}` }));
      return new Map([['ours', Buffer.from('x')]]);
    },
  });
  await expect(overtaken).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
  expect(attempts).toBe(16);
  expect(await git(repository, 'ls-tree', '--name-only', 'facts')).toBe('theirs');
});

it('reads no link as content, and puts a file in its place', async () => {
  const oid = await git(repository, 'hash-object', '-w', '/dev/null');
  await git(repository, 'update-index', '--add', '--cacheinfo', `120000,${oid},one`);
  const tree = await git(repository, 'write-tree');
  await git(
    repository,
    'update-ref',
    'refs/heads/facts',
    await git(repository, 'commit-tree', '-m', 'x', tree),
  );
  const commits = commitsOf(repository);
  expect(await commits.read('facts', 'one')).toBeUndefined();
  await commits.add(fact({ one: '1' }));
  expect(await git(repository, 'ls-tree', '--format=%(objectmode)', 'facts')).toBe('100644');
});

it.each(['../outside', '/rooted', 'a//b', 'a\\b'])('refuses the path %j', async (path) => {
  await expect(commitsOf(repository).add(fact({ [path]: 'x' }))).rejects.toMatchObject({
    code: 'SHEAF_PATH',
  });
});

it('says that it may not write where pushing is not allowed', async () => {
  const server = await serveGit(home.path);
  try {
    const refused = commitsOf(`${server.url}facts.git`).add(fact({ one: '1' }));
    await expect(refused).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      message: `${server.url}facts.git does not let you write.`,
    });
  } finally {
    await server.close();
  }
});

async function textOf(bytes: Promise<Uint8Array | undefined>): Promise<string> {
  return new TextDecoder().decode(await bytes);
}
