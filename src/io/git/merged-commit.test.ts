import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { git } from '../../../test/support/index-branch.ts';
import { writeMergeMessage } from '../../core/reviewing/merge-message.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/index.ts';
import { createMergeTarget } from './merge.ts';
import { createMergedCommit } from './merged-commit.ts';

const MESSAGE = writeMergeMessage('Merge #7: lens 1.0.0', [{ rule: 'submitter', by: 'alice' }]);

let home: TemporaryDirectory;
let directory: string;
let theirs: string;
beforeEach(async () => {
  home = await temporaryDirectory();
  directory = join(home.path, 'registry');
  await mkdir(directory);
  await git(directory, 'init', '--quiet', '--initial-branch=main');
  await git(directory, 'commit', '--quiet', '--allow-empty', '--message=first');
  await git(directory, 'checkout', '--quiet', '-b', 'theirs');
  await git(directory, 'commit', '--quiet', '--allow-empty', '--message=proposal');
  theirs = await git(directory, 'rev-parse', 'HEAD');
  await git(directory, 'checkout', '--quiet', 'main');
});
afterEach(() => home.remove());

const messageOf = (commit: string): Promise<string | undefined> =>
  createMergedCommit(directory, process.env).message(commit);

describe('the message of a merged commit', () => {
  it('is that of a merge of our own', async () => {
    const target = createMergeTarget(directory, { remote: directory, branch: 'main' }, process.env);
    const ours = await git(directory, 'rev-parse', 'main');
    const trial = await target.merge(ours, theirs, { message: MESSAGE, date: 1_700_000_000_000 });
    expect(await messageOf(trial.state === 'merged' ? trial.commit : '')).toBe(MESSAGE);
  });

  it('is not asked for where somebody else merged: a pull request writes its own title there', async () => {
    await git(directory, 'merge', '--quiet', '--no-ff', `--message=${MESSAGE}`, theirs);
    expect(await messageOf('HEAD')).toBeUndefined();
  });

  it('is not asked for where a commit was put on the branch as it is, whoever it says made it', async () => {
    await git(
      directory,
      '-c',
      'user.name=sheaf',
      '-c',
      'user.email=sheaf@sheaf.invalid',
      'commit',
      '--quiet',
      '--allow-empty',
      `--message=${MESSAGE}`,
    );
    expect(await messageOf('HEAD')).toBeUndefined();
  });
});
