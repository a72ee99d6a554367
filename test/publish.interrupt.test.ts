import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type AuthorWorld, authorWorld } from './support/author-world.ts';
import { type PublishWorld, publishWorld } from './support/publish-world.ts';
import { type Ended, startSheaf } from './support/sheaf-process.ts';

/** Ctrl-C while a plugin is published, on the command as it is installed. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const BRANCH = 'release/lens-0.1.0';
const ARTIFACT = 'lens-0.1.0.tar.gz';
let author: AuthorWorld;

beforeAll(async () => {
  author = await authorWorld();
});
afterAll(() => author.remove());

/** Runs the command and interrupts it as soon as it says the text. */
async function interruptedAt(text: string, argv: readonly string[]): Promise<Ended> {
  const environment = {
    ...process.env,
    CI: '',
    GITHUB_ACTIONS: '',
    SHEAF_HOME: join(author.workshop, 'home'),
  };
  const sheaf = startSheaf(author.main, argv, { environment });
  await sheaf.says(text);
  sheaf.child.kill('SIGINT');
  return sheaf.ended;
}

/** The host has the whole artifact or nothing, the registry all files of the proposal or no branch. */
async function expectNothingHalf(world: PublishWorld): Promise<void> {
  const hosted = await readdir(world.www);
  expect([[], [ARTIFACT]]).toContainEqual(hosted);
  const staged = join(world.plugin, '.sheaf/publish/0.1.0', ARTIFACT);
  const isWhole = async (name: string): Promise<boolean> =>
    (await readFile(join(world.www, name))).equals(await readFile(staged));
  expect(await Promise.all(hosted.map(isWhole))).not.toContain(false);
  const branches = (await world.git('branch', '--format=%(refname:short)')).split('\n');
  expect([['main'], ['main', BRANCH]]).toContainEqual(branches);
  const changed = branches.includes(BRANCH) ? await world.git('diff', '--name-only', `main...${BRANCH}`) : '';
  expect([0, 7]).toContain(changed.split('\n').filter((path) => path !== '').length);
}

it('leaves the registry and the host as they were or complete, and the next run goes on', async () => {
  const world = await publishWorld();
  const where = ['--to', world.to, '--owner', 'ada', '--key', await world.key('ada'), '--yes'];
  const url = 'https://git.example.org/ada/lens/{version}';
  const argv = ['publish', world.plugin, ...where, '--host', `directory:${world.www}`, '--release-url', url];
  for (const step of ['Checking.', 'Packing.', 'Signing.']) {
    const ended = await interruptedAt(step, argv);
    expect(ended, ended.stderr).toMatchObject({
      status: 130,
      stderr: expect.stringContaining('Publishing was interrupted; what was done is remembered.'),
    });
    expect(ended.stderr).not.toContain('nothing was changed');
    await expectNothingHalf(world);
    expect(await readdir(world.www)).toEqual([]);
  }
  for (const step of ['Publishing the artifact.', 'Proposing the change.']) {
    // What was decided before the interrupt came may be done.
    const ended = await interruptedAt(step, argv);
    expect([0, 130], ended.stderr).toContain(ended.status);
    await expectNothingHalf(world);
  }
  expect(await author.sheaf(...argv)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('roposed'),
  });
  expect(await readdir(world.www)).toEqual([ARTIFACT]);
  expect(await world.git('diff', '--name-only', `main...${BRANCH}`)).toContain('0.1.0.toml.sig');

  const followed = await interruptedAt('Git shows no checks: waiting', [...argv, '--follow']);
  expect(followed, followed.stderr).toMatchObject({
    status: 130,
    stderr: expect.stringContaining('No longer following; the change stays proposed.'),
  });
});
