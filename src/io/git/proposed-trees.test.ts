import { chmod, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ChangeWorld, changeWorld, type Proposed } from '../../../test/support/change-world.ts';
import { LIMITS } from '../../core/limits.ts';
import { temporaryDirectory } from '../../testkit/index.ts';
import { openProposedTrees } from './proposed-trees.ts';

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

let world: ChangeWorld;
beforeEach(async () => {
  world = await changeWorld();
}, 60_000);
afterEach(() => world.remove());

async function changed(proposed: Proposed, below = '') {
  const trees = await openProposedTrees(join(world.directory, below), proposed, process.env);
  return trees.changedFiles();
}

describe('what differs between two commits', () => {
  it('is every file of the repository that is added, modified or removed, with its bytes', async () => {
    const proposed = await world.propose(() => {}, {
      'registry/new.toml': 'new',
      'README.md': 'other',
      '.gitattributes': null,
    });
    const before = text(world.registry.source.get('README.md'));
    expect(
      (await changed(proposed)).map(({ before, after, ...file }) => ({
        ...file,
        before: text(before),
        after: text(after),
      })),
    ).toMatchObject([
      { path: '.gitattributes', change: 'removed', kind: 'file', size: 0, after: undefined },
      { path: 'README.md', change: 'modified', kind: 'file', size: 5, before, after: 'other' },
      { path: 'registry/new.toml', change: 'added', kind: 'file', size: 3, before: undefined, after: 'new' },
    ]);
  });

  it('tells links, executables and submodules from files, and follows none of them', async () => {
    const proposed = await world.proposeFiles(async (directory) => {
      await symlink('README.md', join(directory, 'link'));
      await writeFile(join(directory, 'run.sh'), 'echo');
      await chmod(join(directory, 'run.sh'), 0o755);
      await world.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
      await mkdir(join(directory, 'module'));
    });
    expect(await changed(proposed)).toEqual([
      { path: 'link', change: 'added', kind: 'link', size: 9 },
      { path: 'module', change: 'added', kind: 'submodule', size: 0 },
      { path: 'run.sh', change: 'added', kind: 'executable', size: 4 },
    ]);
    expect((await world.judge(proposed)).findings.filter(({ rule }) => rule === 'plain-files')).toMatchObject(
      [
        { place: { file: 'link' }, severity: 'error' },
        { place: { file: 'module' }, severity: 'error' },
        { place: { file: 'run.sh' }, severity: 'error' },
      ],
    );
  });

  it('sees a file that became a link, and one that moved, for what they were and are', async () => {
    const proposed = await world.proposeFiles(async (directory) => {
      await rm(join(directory, 'README.md'));
      await symlink('.gitattributes', join(directory, 'README.md'));
      await rename(join(directory, '.gitattributes'), join(directory, 'moved'));
    });
    expect(await changed(proposed)).toMatchObject([
      { path: '.gitattributes', change: 'removed', kind: 'file' },
      { path: 'README.md', change: 'modified', kind: 'link' },
      { path: 'moved', change: 'added', kind: 'file' },
    ]);
  });

  it('keeps names with odd characters, and those that only differ in case, apart', async () => {
    const names = ['Plugins', 'plugins/ä', 'tab\there', 'quote"back\\slash', 'line\nfeed', ' blank ', '-rf'];
    const proposed = await world.propose(() => {}, {
      ...Object.fromEntries(names.slice(1).map((name) => [name, name])),
      'odd/NAME': 'upper',
      'odd/name': 'lower',
    });
    const files = new Map((await changed(proposed)).map(({ path, after }) => [path, text(after)]));
    for (const name of names.slice(1)) expect(files.get(name)).toBe(name);
    expect([files.get('odd/NAME'), files.get('odd/name')]).toEqual(['upper', 'lower']);
    const { findings } = await world.judge(proposed);
    const odd = findings.filter(({ rule }) => rule === 'plain-files').map(({ place }) => place.file);
    expect(odd.toSorted()).toEqual([...names.slice(1), 'odd/name'].toSorted());
  });

  it('does not read what is too large, whatever it costs to store', async () => {
    const size = 64 * 1024 * 1024;
    const proposed = await world.proposeFiles(async (directory) => {
      await writeFile(join(directory, 'huge'), '');
      await truncate(join(directory, 'huge'), size);
      await writeFile(join(directory, 'just'), 'x'.repeat(LIMITS.changedFileBytes));
    });
    const [huge, just] = await changed(proposed);
    expect(huge).toEqual({ path: 'huge', change: 'added', kind: 'file', size });
    expect(just?.after?.length).toBe(LIMITS.changedFileBytes);
  }, 60_000);

  it('is told from the merge base, and an older branch undoes nothing', async () => {
    const proposed = await world.propose(() => {}, { 'new.txt': 'new' });
    world.registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    const base = await world.commitRegistry();
    expect(await changed({ ...proposed, base })).toMatchObject([{ path: 'new.txt', change: 'added' }]);
  });

  it('comprises what lies outside of a registry in a directory of its repository', async () => {
    const proposed = await world.propose(() => {}, {
      'registry/deep/inside.toml': 'x',
      'README.md': 'outside',
      'plugins/x': 'beside',
    });
    expect((await changed(proposed, 'registry')).map(({ path }) => path)).toEqual([
      '../README.md',
      '../plugins/x',
      'deep/inside.toml',
    ]);
  });

  it('is read from a bare repository, too', async () => {
    const proposed = await world.propose(() => {}, { 'new.txt': 'new' });
    await world.git('clone', '--quiet', '--bare', '.', 'bare.git');
    expect(await changed(proposed, 'bare.git')).toMatchObject([{ path: 'new.txt', size: 3 }]);
  });

  it('is refused beyond so many files', async () => {
    const names = Array.from({ length: LIMITS.changedFiles + 1 }, (_, at) => [`many/${at}`, 'x'] as const);
    const proposed = await world.propose(() => {}, Object.fromEntries(names));
    await expect(changed(proposed)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
  }, 60_000);

  it.each(['nowhere', '--output=x', '0'.repeat(40)])('is refused for the revision %s', async (head) => {
    await expect(changed({ base: 'main', head })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });

  it.each(['', 'nowhere'])(
    'is refused where no repository is: in the folder "%s" of a temporary one',
    async (name) => {
      const outside = await temporaryDirectory();
      onTestFinished(() => outside.remove());
      const opening = openProposedTrees(join(outside.path, name), { base: 'a', head: 'b' }, process.env);
      await expect(opening).rejects.toMatchObject({
        code: 'SHEAF_PATH',
        message: expect.stringContaining('is no Git repository') as string,
      });
    },
  );

  it('is refused for commits that share no history', async () => {
    await world.git('checkout', '--quiet', '--orphan', 'other');
    await world.git('commit', '--quiet', '--message', 'other');
    await expect(changed({ base: 'main', head: 'other' })).rejects.toMatchObject({
      code: 'SHEAF_PATH',
      message: expect.stringContaining('no common history') as string,
    });
  });
});
