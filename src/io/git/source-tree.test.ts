import { execFile } from 'node:child_process';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/temporary-directory.ts';
import { createSourceTree } from './source-tree.ts';

const run = promisify(execFile);

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function put(path: string, text = path): Promise<void> {
  const place = join(directory.path, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, text);
}

async function git(...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return (await run('git', [...identity, ...args], { cwd: directory.path })).stdout.trim();
}

async function commit(): Promise<string> {
  await git('add', '--all');
  await git('commit', '--quiet', '--allow-empty', '--message', 'change');
  return git('rev-parse', 'HEAD');
}

const tree = (below = ''): ReturnType<typeof createSourceTree> =>
  createSourceTree(join(directory.path, below), process.env);

describe('a source tree', () => {
  it('lists regular files below a directory, sorted by code unit', async () => {
    for (const path of [
      'plugins/b/1.toml',
      'plugins/B.toml',
      'plugins/a-b.toml',
      'plugins/a/é.toml',
      'registry/x',
    ]) {
      await put(path);
    }
    expect(await tree().list('plugins')).toEqual([
      'plugins/B.toml',
      'plugins/a-b.toml',
      'plugins/a/é.toml',
      'plugins/b/1.toml',
    ]);
    expect(await tree().list('nowhere')).toEqual([]);
  });

  it('reads the exact bytes of a file, and nothing of one that is not there or is a directory', async () => {
    await put('registry/registry.toml', 'a\r\nb');
    expect(new TextDecoder().decode(await tree().read('registry/registry.toml'))).toBe('a\r\nb');
    expect(await tree().read('registry/other.toml')).toBeUndefined();
    expect(await tree().read('registry')).toBeUndefined();
    expect(await tree().read('registry/registry.toml/deeper')).toBeUndefined();
  });

  it('follows no link: neither to a file nor to a directory', async () => {
    await put('secret/file', 'secret');
    await mkdir(join(directory.path, 'registry'));
    await symlink(join(directory.path, 'secret/file'), join(directory.path, 'registry/file'));
    await symlink(join(directory.path, 'secret'), join(directory.path, 'registry/directory'));
    expect(await tree().list('registry')).toEqual([]);
    expect(await tree().read('registry/file')).toBeUndefined();
  });

  it.each(['../secret', 'registry/../../secret', '/etc/passwd', 'registry//x'])(
    'refuses the path %j',
    async (path) => {
      await expect(tree().read(path)).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    },
  );
});

describe('the commit of a source tree', () => {
  beforeEach(async () => {
    await git('init', '--quiet');
    await put('registry/registry.toml');
    await put('plugins/a.toml');
  });

  it('is that of a clean work tree, whatever lies beside registry and plugins', async () => {
    const id = await commit();
    await put('notes.txt');
    expect(await tree().commit()).toBe(id);
  });

  it.each([
    ['a changed file', () => put('plugins/a.toml', 'other')],
    ['a new file', () => put('plugins/b.toml')],
    ['a removed file', () => rm(join(directory.path, 'plugins/a.toml'))],
    ['a staged file', async () => void (await put('plugins/b.toml'), await git('add', '--all'))],
  ])('is none with %s', async (_, change) => {
    await commit();
    await change();
    expect(await tree().commit()).toBeNull();
  });

  it('is none with a file that Git ignores but a build reads', async () => {
    await put('.gitignore', '*.tmp\n');
    await commit();
    await put('plugins/b.tmp');
    expect(await tree().commit()).toBeNull();
  });

  it('is none outside of a repository and in one without commits', async () => {
    expect(await tree().commit()).toBeNull();
    const elsewhere = await temporaryDirectory();
    expect(await createSourceTree(elsewhere.path, process.env).commit()).toBeNull();
    await elsewhere.remove();
  });

  it('is not that of an outer repository whose hook runs the build', async () => {
    const id = await commit();
    const environment = {
      ...process.env,
      GIT_DIR: '/nowhere',
      GIT_WORK_TREE: '/nowhere',
      GIT_INDEX_FILE: '/nowhere',
    };
    expect(await createSourceTree(directory.path, environment).commit()).toBe(id);
  });
});

describe('what changed since a commit', () => {
  it('is every path that was added, changed, moved or removed, committed or not', async () => {
    await git('init', '--quiet');
    for (const path of [
      'plugins/a.toml',
      'plugins/b.toml',
      'plugins/c.toml',
      'registry/x.toml',
      'notes.txt',
    ]) {
      await put(path);
    }
    const before = await commit();
    expect(await tree().changedSince(before)).toEqual([]);
    await put('plugins/a.toml', 'changed');
    await put('notes.txt', 'changed');
    await rename(join(directory.path, 'plugins/b.toml'), join(directory.path, 'plugins/é.toml'));
    await commit();
    await rm(join(directory.path, 'plugins/c.toml'));
    await put('registry/new.toml');
    expect(await tree().changedSince(before)).toEqual([
      'plugins/a.toml',
      'plugins/b.toml',
      'plugins/c.toml',
      'plugins/é.toml',
      'registry/new.toml',
    ]);
  });

  it('is told by paths of the registry also where that is a part of a repository', async () => {
    await git('init', '--quiet');
    await put('deep/registry/x.toml');
    await put('registry/outer.toml');
    const before = await commit();
    await put('deep/registry/x.toml', 'changed');
    await put('deep/plugins/new.toml');
    await put('registry/outer.toml', 'changed');
    expect(await tree('deep').changedSince(before)).toEqual(['plugins/new.toml', 'registry/x.toml']);
  });

  it('cannot be told for a commit that is not here, or for what is none', async () => {
    await git('init', '--quiet');
    await commit();
    expect(await tree().changedSince('0'.repeat(40))).toBeUndefined();
    expect(await tree().changedSince('--output=x')).toBeUndefined();
  });
});

describe('a source tree at a commit', () => {
  const at = (revision?: string, below = ''): ReturnType<typeof createSourceTree> =>
    createSourceTree(join(directory.path, below), process.env, revision);

  it('is read from Git, whatever lies in the work tree', async () => {
    await git('init', '--quiet');
    await put('registry/registry.toml', 'committed');
    await put('plugins/a/ab/1.0.0.toml');
    const id = await commit();
    await put('registry/registry.toml', 'changed');
    await put('plugins/b.toml');
    await rm(join(directory.path, 'plugins/a'), { recursive: true });
    const tree = at('HEAD');
    expect(await tree.commit()).toBe(id);
    expect(await tree.list('plugins')).toEqual(['plugins/a/ab/1.0.0.toml']);
    expect(await tree.list('nowhere')).toEqual([]);
    expect(new TextDecoder().decode(await tree.read('registry/registry.toml'))).toBe('committed');
    for (const path of ['plugins/b.toml', 'plugins/a', 'plugins/a/ab/1.0.0.toml/x']) {
      expect(await tree.read(path)).toBeUndefined();
    }
  });

  it('is read without a work tree, and from a bare repository without being told the commit', async () => {
    await git('init', '--quiet');
    await put('registry/registry.toml', 'text');
    const id = await commit();
    await git('clone', '--quiet', '--bare', '.', 'bare.git');
    const bare = at(undefined, 'bare.git');
    expect(await bare.commit()).toBe(id);
    expect(await bare.list('registry')).toEqual(['registry/registry.toml']);
    expect(new TextDecoder().decode(await bare.read('registry/registry.toml'))).toBe('text');
  });

  it('is the part of a repository in which the directory lies', async () => {
    await git('init', '--quiet');
    await put('deep/registry/x.toml', 'deep');
    await put('registry/x.toml', 'outer');
    await commit();
    expect(new TextDecoder().decode(await at('HEAD', 'deep').read('registry/x.toml'))).toBe('deep');
  });

  it('takes no link for a file or a directory', async () => {
    await git('init', '--quiet');
    await put('registry/real/file', 'text');
    await symlink('real/file', join(directory.path, 'registry/file'));
    await symlink('real', join(directory.path, 'registry/directory'));
    await commit();
    const tree = at('HEAD');
    expect(await tree.list('registry')).toEqual(['registry/real/file']);
    expect(await tree.read('registry/file')).toBeUndefined();
    expect(await tree.read('registry/directory/file')).toBeUndefined();
  });

  it('reads any number of files that are asked for at the same time, large and empty ones too', async () => {
    await git('init', '--quiet');
    const texts = Array.from({ length: 600 }, (_, index) => `${index}`.repeat((index * 37) % 4000));
    for (const [index, text] of texts.entries()) await put(`plugins/${index}.toml`, text);
    await put('plugins/large.toml', 'x'.repeat(3_000_000));
    await commit();
    const tree = at('HEAD');
    const read = await Promise.all(texts.map((_, index) => tree.read(`plugins/${index}.toml`)));
    expect(read.map((bytes) => new TextDecoder().decode(bytes))).toEqual(texts);
    expect((await tree.read('plugins/large.toml'))?.length).toBe(3_000_000);
  });

  it.each(['HEAD', undefined])(
    'at %s reads many files in the order in which they are named',
    async (revision) => {
      await git('init', '--quiet');
      await put('plugins/b/1.toml', 'one');
      await put('registry/empty.toml', '');
      await symlink('1.toml', join(directory.path, 'plugins/b/link.toml'));
      await commit();
      // Without a revision, what makes the tree differ from its commit.
      if (revision === undefined) await put('registry/more.toml', 'more');
      const tree = at(revision);
      const paths = [
        'registry/empty.toml',
        'plugins/b/2.toml',
        'plugins/b/1.toml',
        'plugins/b/link.toml',
        'plugins/b',
        'no/where.toml',
        'plugins/b/1.toml',
      ];
      const read = await tree.readAll(paths);
      const texts = read.map((bytes) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes)));
      expect(texts).toEqual(['', undefined, 'one', undefined, undefined, undefined, 'one']);
      expect(await tree.readAll([])).toEqual([]);
      await expect(tree.readAll(['plugins/b/1.toml', 'plugins/../secret'])).rejects.toMatchObject({
        code: 'SHEAF_PATH',
      });
    },
  );

  it('refuses a file beyond the bound, and reads on behind it', async () => {
    await git('init', '--quiet');
    await put('plugins/large.toml', 'x'.repeat(LIMITS.indexObjectBytes + 1));
    await put('plugins/small.toml', 'small');
    await commit();
    const tree = at('HEAD');
    const [large, small] = await Promise.allSettled([
      tree.read('plugins/large.toml'),
      tree.read('plugins/small.toml'),
    ]);
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'SHEAF_SIZE' } });
    expect(small).toMatchObject({ status: 'fulfilled' });
    const both = ['plugins/small.toml', 'plugins/large.toml', 'plugins/small.toml'];
    await expect(tree.readAll(both)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    expect(await tree.readAll(['plugins/small.toml'])).toEqual([new TextEncoder().encode('small')]);
  });

  it('is refused where there is no such commit, also where a revision looks like an option', async () => {
    await git('init', '--quiet');
    await put('registry/x.toml');
    await commit();
    for (const revision of ['nowhere', '--all', '0'.repeat(40)]) {
      await expect(at(revision).commit()).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    }
  });

  it('refuses a path that leaves the registry', async () => {
    await git('init', '--quiet');
    await commit();
    await expect(at('HEAD').read('registry/../x')).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });
});
