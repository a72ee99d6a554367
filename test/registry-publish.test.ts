import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { git } from './support/index-branch.ts';
import { expectForm } from './support/json-output.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** A registry without a forge: `registry init --keys --remote` and `registry publish`. */

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
  await promisify(execFile)('git', ['init', '--quiet', '--bare', '--initial-branch=main', at('remote.git')]);
});
afterEach(() => directory.remove());

const at = (...parts: readonly string[]): string => join(directory.path, ...parts);
const remote = (...argv: readonly string[]): Promise<string> => git(at('remote.git'), ...argv);

/** What a command answers, held against its schema. */
async function sheaf(definition: string, ...argv: readonly string[]) {
  const environment = { PATH: process.env['PATH'], SHEAF_HOME: at('home') };
  const { status, stdout } = await runSheaf([...argv, '--json'], { environment });
  const document = JSON.parse(stdout) as {
    readonly ok: boolean;
    readonly data: Readonly<Record<string, unknown>>;
    readonly error: { readonly code: string; readonly message: string };
  };
  if (document.ok) expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
  return { status, ...document };
}
const init = (...words: readonly string[]) =>
  sheaf('registry-init', 'registry', 'init', at('acme'), ...words);
const found = () => init('--keys', at('keys'), '--remote', at('remote.git'));
const publish = (...words: readonly string[]) =>
  sheaf(
    'registry-publish',
    'registry',
    'publish',
    at('acme'),
    '--key',
    at('keys/ci'),
    '--to',
    at('www'),
    ...words,
  );

/** Puts a commit with these files on a branch of the remote. */
async function propose(branch: string, files: Readonly<Record<string, string>>): Promise<string> {
  const place = at(`work-${branch}`);
  await git(directory.path, 'clone', '--quiet', at('remote.git'), place);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(place, path, '..'), { recursive: true });
    await writeFile(join(place, path), text);
  }
  await git(place, 'add', '--all');
  await git(place, 'commit', '--quiet', '--message=proposal');
  await git(place, 'push', '--quiet', 'origin', `HEAD:${branch}`);
  return git(place, 'rev-parse', 'HEAD');
}

describe('sheaf registry init --keys --remote', () => {
  it('pushes a signed registry, and no private key whatever the directory of the keys is', async () => {
    const made = await init('--keys', at('acme/keys'), '--remote', at('remote.git'));
    expect(made.data).toMatchObject({ signed: true, commit: await remote('rev-parse', 'main') });
    const names = (await remote('ls-tree', '-r', '--name-only', 'main')).split('\n');
    expect(names).toContain('registry/trust/root/1.signers.maintainer.sig');
    expect(names.filter((name) => name.startsWith('keys'))).toEqual([]);
    await git(at('acme'), 'add', '--all');
    expect(await git(at('acme'), 'diff', '--cached', '--name-only')).toBe('');
  });

  it('takes keys that are there already', async () => {
    await init('--keys', at('keys'), '--id', 'first');
    const before = await readFile(at('keys/maintainer'), 'utf8');
    const second = await sheaf('registry-init', 'registry', 'init', at('second'), '--keys', at('keys'));
    expect(second.data).toMatchObject({ signed: true, id: 'second' });
    expect(await readFile(at('keys/maintainer'), 'utf8')).toBe(before);
  });

  it.each([
    ['keys of two kinds', ['--keys', 'KEYS', '--root-key', 'alice.pub'], 'SHEAF_USAGE'],
    ['a remote for what is not signed', ['--remote', 'REMOTE'], 'SHEAF_USAGE'],
  ])('refuses %s, and makes nothing', async (_, words, code) => {
    const places: Readonly<Record<string, string>> = { KEYS: at('keys'), REMOTE: at('remote.git') };
    const { error } = await init(...words.map((word) => places[word] ?? word));
    expect(error.code).toBe(code);
    expect(await readdir(directory.path)).toEqual(['remote.git']);
  });

  it('refuses a remote that has commits, and a directory that has', async () => {
    await found();
    const other = await sheaf(
      '',
      'registry',
      'init',
      at('b'),
      '--keys',
      at('k'),
      '--remote',
      at('remote.git'),
    );
    expect(other.error).toMatchObject({
      code: 'SHEAF_EXISTS',
      message: expect.stringContaining('is not empty') as string,
    });
    expect(await readdir(directory.path)).not.toContain('k');
    const again = await init('--keys', at('keys'), '--remote', at('else.git'));
    expect(again.error).toMatchObject({ code: 'SHEAF_EXISTS' });
  });
});

describe('sheaf registry publish', () => {
  it('publishes what the branch of the remote has, each time as the next checkpoint, and tells the root', async () => {
    const { data } = await found();
    expect((await publish('--dry-run')).data).toMatchObject({
      checkpoint: { epoch: 1, version: 1 },
      dryRun: true,
    });
    expect(await readdir(directory.path)).not.toContain('www');
    const first = await publish();
    expect(first.data).toMatchObject({
      registry: 'acme',
      checkpoint: { epoch: 1, version: 1 },
      commit: data['commit'],
      merged: [],
      root: (data['root'] as { readonly sha256: string }).sha256,
    });
    expect((await publish('--expires', '2d')).data).toMatchObject({ checkpoint: { epoch: 1, version: 2 } });
    expect(await readFile(at('www/latest'), 'utf8')).toBe('1-2\n');
  });

  it('neither merges nor publishes when a proposal breaks a rule', async () => {
    await found();
    const before = await remote('rev-parse', 'main');
    await propose('evil', { 'registry/registry.toml': '[registry]\nid = "mine"\n' });
    const refused = await publish('--merge', 'evil');
    expect([refused.status, refused.error.code]).toEqual([1, 'SHEAF_INVALID_FILE']);
    expect(await remote('rev-parse', 'main')).toBe(before);
    expect(await readdir(directory.path)).not.toContain('www');
  });

  it('refuses a branch that is not there, a key of no role, and facts that are not there', async () => {
    await found();
    for (const words of [
      ['--merge', 'release/none'],
      ['--facts', 'facts'],
    ]) {
      expect((await publish(...words)).error.code).toBe('SHEAF_PATH');
    }
    expect((await publish('--key', at('keys/maintainer'))).error.code).toBe('SHEAF_USAGE');
    const wrong = ['registry', 'publish', at('acme'), '--to', at('www'), '--key', at('keys/maintainer')];
    expect((await sheaf('', ...wrong)).error.code).toBe('SHEAF_SIGNATURE');
    expect(await readdir(directory.path)).not.toContain('www');
  });
});
