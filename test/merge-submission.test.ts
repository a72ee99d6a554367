import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../src/core/finding.ts';
import type { MergeTarget } from '../src/core/review-ports.ts';
import { createMergeTarget } from '../src/io/git/merge.ts';
import { mergeSubmission } from '../src/ops/submissions/merge-submission.ts';
import { temporaryDirectory, testClock } from '../src/testkit/index.ts';

/** Merging by Git alone, over real repositories; what judges the result stands in for the validator. */

const execute = promisify(execFile);
const FINE = (): Promise<readonly Finding[]> => Promise.resolve([]);

async function scratch() {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const at = (path: string): string => join(directory.path, path);
  const git = async (where: string, ...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    return (await execute('git', [...identity, ...args], { cwd: at(where) })).stdout.trim();
  };
  return { at, git };
}

/** A bare repository with a branch `main`, and a way to put branches on it that each add some files. */
async function remote(files: Readonly<Record<string, string>> = { 'README.md': 'hello\n' }) {
  const { at, git } = await scratch();
  await mkdir(at('remote.git'));
  await git('remote.git', 'init', '--quiet', '--bare', '--initial-branch=main');
  await execute('git', ['clone', '--quiet', at('remote.git'), at('author')]);
  const commitOn = async (branch: string, from: string, changes: Readonly<Record<string, string>>) => {
    await git('author', 'checkout', '--quiet', '-B', branch, ...(from === '' ? [] : [from]));
    for (const [path, content] of Object.entries(changes)) {
      await mkdir(dirname(at(`author/${path}`)), { recursive: true });
      await writeFile(at(`author/${path}`), content);
    }
    await git('author', 'add', '--all');
    await git('author', 'commit', '--quiet', '--message', branch);
    await git('author', 'push', '--quiet', 'origin', `+${branch}`);
    return git('author', 'rev-parse', 'HEAD');
  };
  const first = await commitOn('main', '', files);
  const clone = async (name: string): Promise<MergeTarget> => {
    await execute('git', ['clone', '--quiet', '--bare', at('remote.git'), at(name)]);
    return createMergeTarget(at(name), { remote: 'origin', branch: 'main' }, process.env);
  };
  /** Branches from the first commit, each with files of its own; their commits. */
  const branchesOf = async (count: number, filesOf: (at: number) => Readonly<Record<string, string>>) => {
    const stream = Array.from({ length: count }, (_, at) => [
      `commit refs/heads/pr-${at}\ncommitter a <a@example.org> 1800000000 +0000\ndata 1\nm\nfrom ${first}\n`,
      ...Object.entries(filesOf(at)).map(
        ([path, content]) => `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`,
      ),
    ]);
    const importing = execute('git', ['fast-import', '--quiet'], { cwd: at('remote.git') });
    importing.child.stdin?.end(stream.flat().join(''));
    await importing;
    const heads = Array.from({ length: count }, (_, at) => `refs/heads/pr-${at}`);
    return (await git('remote.git', 'rev-parse', ...heads)).split('\n');
  };
  const onRemote = (...args: string[]): Promise<string> => git('remote.git', ...args);
  return { at, first, commitOn, branchesOf, clone, onRemote };
}

const CLOCK = testClock(1_800_000_000_000);

describe('merging a submission', () => {
  it('makes one commit whose second parent is the judged one, and changes nothing else', async () => {
    const { commitOn, clone, onRemote, first } = await remote();
    const head = await commitOn('pr', 'main', { 'plugins/a.toml': 'a' });
    const target = await clone('ci.git');
    const request = { head, ref: 'refs/heads/pr', title: 'Merge "a"' };
    const merged = await mergeSubmission({ target, judge: FINE, clock: CLOCK }, request);
    expect(merged).toMatchObject({ state: 'merged', attempts: 1 });
    expect(await onRemote('log', '-1', '--format=%P %an %ae %cI %s', 'main')).toBe(
      `${first} ${head} sheaf sheaf@sheaf.invalid 2027-01-15T08:00:00+00:00 Merge "a"`,
    );
    expect(await onRemote('diff', '--name-status', first, 'main')).toBe('A\tplugins/a.toml');
    expect(await onRemote('rev-parse', 'main')).toBe(merged.commit);
    expect(await onRemote('for-each-ref', 'refs/sheaf')).toBe('');
    const again = await mergeSubmission({ target, judge: FINE, clock: CLOCK }, request);
    expect(again).toMatchObject({ state: 'present', commit: merged.commit });
  });

  it.each(['', 'nowhere'])('refuses a folder "%s" that is no repository', async (name) => {
    const { at } = await scratch();
    const target = createMergeTarget(at(name), { remote: 'origin', branch: 'main' }, process.env);
    await expect(target.has('0'.repeat(40))).rejects.toMatchObject({
      code: 'SHEAF_PATH',
      message: expect.stringContaining('is no Git repository') as string,
    });
  });

  it('refuses when the pull request has another commit than the judged one', async () => {
    const { commitOn, clone, onRemote, first } = await remote();
    const head = await commitOn('pr', 'main', { a: 'a' });
    const moved = await commitOn('pr', 'main', { a: 'b' });
    const merging = mergeSubmission(
      { target: await clone('ci.git'), judge: FINE, clock: CLOCK },
      { head, ref: 'refs/heads/pr', title: 'Merge' },
    );
    await expect(merging).rejects.toMatchObject({
      code: 'SHEAF_POLICY',
      message: `"refs/heads/pr" is at ${moved} now, and ${head} was judged.`,
    });
    expect(await onRemote('rev-parse', 'main')).toBe(first);
  });

  it('judges what would be on the branch, not what the author saw, and pushes nothing that breaks a rule', async () => {
    const { commitOn, clone, onRemote } = await remote();
    const head = await commitOn('pr', 'main', { 'plugins/viz/lens': 'b' });
    const before = await commitOn('main', 'main', { 'plugins/other/lens': 'a' });
    const seen: string[] = [];
    const judge = async (base: string, commit: string): Promise<readonly Finding[]> => {
      seen.push(base, commit);
      return [
        {
          rule: 'same-name',
          severity: 'error',
          place: { file: 'plugins/viz/lens' },
          message: 'The name is taken.',
        },
      ];
    };
    const merging = mergeSubmission(
      { target: await clone('ci.git'), judge, clock: CLOCK },
      { head, title: 'Merge' },
    );
    await expect(merging).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      message: 'The name is taken.',
    });
    expect(seen[0]).toBe(before);
    expect(seen[1]).not.toBe(head);
    expect(await onRemote('rev-parse', 'main')).toBe(before);
  });

  it.each([
    [
      'a file that both sides changed apart',
      { list: 'one\ntwo\nthree\nfour\nfive\n' },
      'one\ntwo\nthree\nfour\nFIVE\n',
    ],
    ['a file that both sides changed alike', { list: 'one\n' }, '1\n'],
  ])('refuses %s: nobody has seen what comes of it', async (_, files, theirs) => {
    const { commitOn, clone, onRemote, first } = await remote(files);
    const head = await commitOn('pr', first, { list: theirs });
    const main = await commitOn('main', first, { list: files.list.replace('one', 'ONE') });
    const merging = mergeSubmission(
      { target: await clone('ci.git'), judge: FINE, clock: CLOCK },
      { head, title: 'Merge' },
    );
    await expect(merging).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await onRemote('rev-parse', 'main')).toBe(main);
  });

  it('puts no file where nobody proposed it, also when its directory was moved meanwhile', async () => {
    const { at, commitOn, clone, onRemote, first } = await remote({
      'old/one': 'one one one\n',
      'old/two': 'two two\n',
    });
    const head = await commitOn('pr', first, { 'old/new': 'new\n' });
    const git = (...args: string[]) => execute('git', args, { cwd: at('author') });
    await git('checkout', '--quiet', '-B', 'main', first);
    await git('mv', 'old', 'moved');
    await git('-c', 'user.name=t', '-c', 'user.email=t@e.org', 'commit', '--quiet', '-m', 'move');
    await git('push', '--quiet', 'origin', 'main');
    const request = { head, title: 'Merge' };
    await mergeSubmission({ target: await clone('ci.git'), judge: FINE, clock: CLOCK }, request);
    expect((await onRemote('ls-tree', '-r', '--name-only', 'main')).split('\n')).toEqual([
      'moved/one',
      'moved/two',
      'old/new',
    ]);
  });

  it.each(['main', 'HEAD~1', 'abc', '--upload-pack=x', 'A'.repeat(40)])(
    'takes no name for a commit: %s',
    async (head) => {
      const { clone } = await remote();
      const merging = mergeSubmission(
        { target: await clone('ci.git'), judge: FINE, clock: CLOCK },
        { head, title: 'Merge' },
      );
      await expect(merging).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
    },
  );

  it('notices a branch that went back, and puts nothing back that was taken out', async () => {
    const { commitOn, clone, onRemote, first } = await remote();
    const bad = await commitOn('main', first, { bad: 'x' });
    const head = await commitOn('pr', first, { good: 'y' });
    const target = await clone('ci.git');
    const judge = async (base: string): Promise<readonly Finding[]> => {
      if (base === bad) await onRemote('update-ref', 'refs/heads/main', first);
      return [];
    };
    const merged = await mergeSubmission({ target, judge, clock: CLOCK }, { head, title: 'Merge' });
    expect(merged).toMatchObject({ state: 'merged', attempts: 2 });
    expect(await onRemote('ls-tree', '--name-only', 'main')).toBe('README.md\ngood');
  });
});

describe('authors who release at the same time', () => {
  const release = (name: string) => ({
    [`plugins/x/${name}/1.0.0.toml`]: name,
    [`plugins/x/${name}/1.0.0.toml.sig`]: 's',
  });

  it('never conflict: 100 branches from one commit are merged one after the other', async () => {
    const { branchesOf, clone, onRemote } = await remote();
    const heads = await branchesOf(100, (at) => release(`plugin-${at}`));
    const target = await clone('ci.git');
    for (const head of heads) {
      const merged = await mergeSubmission({ target, judge: FINE, clock: CLOCK }, { head, title: 'Merge' });
      expect(merged).toMatchObject({ state: 'merged', attempts: 1 });
    }
    expect((await onRemote('ls-tree', '-r', '--name-only', 'main')).split('\n')).toHaveLength(201);
    const parents = (await onRemote('rev-list', '--first-parent', '--parents', 'main')).split('\n');
    expect(parents.slice(0, -1).map((line) => line.split(' ')[2])).toEqual(heads.toReversed());
  }, 300_000);

  it('never conflict: 8 workflows that merge at once lose nothing', async () => {
    const { branchesOf, clone, onRemote } = await remote();
    const heads = await branchesOf(8, (at) => release(`plugin-${at}`));
    const targets = await Promise.all(heads.map((_, at) => clone(`ci-${at}.git`)));
    const merged = await Promise.all(
      heads.map((head, at) =>
        mergeSubmission({ target: targets[at]!, judge: FINE, clock: CLOCK }, { head, title: `Merge ${at}` }),
      ),
    );
    expect(merged.map(({ state }) => state)).toEqual(heads.map(() => 'merged'));
    expect((await onRemote('ls-tree', '-r', '--name-only', 'main')).split('\n')).toHaveLength(17);
    const second = (await onRemote('rev-list', '--first-parent', '--parents', 'main'))
      .split('\n')
      .slice(0, -1);
    expect(second.map((line) => line.split(' ')[2] ?? '').toSorted((a, b) => a.localeCompare(b))).toEqual(
      heads.toSorted((a, b) => a.localeCompare(b)),
    );
  }, 300_000);
});
