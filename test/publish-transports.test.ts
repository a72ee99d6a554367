import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveDirectory } from '../src/testkit/index.ts';
import { type PublishWorld, publishWorld } from './support/publish-world.ts';

/** The ways of a change to a registry, and of an artifact to its users, that need no forge of a special kind. */

vi.setConfig({ testTimeout: 120_000 });

const run = promisify(execFile);
const BRANCH = 'release/lens-0.1.0';
const LENS = 'plugins/visualizers/le/lens';

/** Lets the server answer a push as forges do, and write down the push options that came with it. */
async function hook(world: PublishWorld, says: string): Promise<() => Promise<readonly string[]>> {
  const log = join(world.repository, 'options.log');
  const script = [
    '#!/bin/sh',
    `: > '${log}'`,
    'i=0',
    'while [ "$i" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do',
    `  eval "printf '%s\\n' \\"\\$GIT_PUSH_OPTION_$i\\"" >> '${log}'`,
    '  i=$((i + 1))',
    'done',
    ...says.split('\n').map((line) => `echo '${line}'`),
    '',
  ].join('\n');
  const path = join(world.repository, 'hooks/post-receive');
  await mkdir(join(world.repository, 'hooks'), { recursive: true });
  await writeFile(path, script);
  await chmod(path, 0o755);
  return async () => (await readFile(log, 'utf8')).trimEnd().split('\n');
}

describe('GitLab', () => {
  it('opens the merge request itself, told by push options, and its address is taken from what it prints', async () => {
    const world = await publishWorld({ 'receive.advertisePushOptions': 'true' });
    const url = 'https://gitlab.example.org/acme/plugins/-/merge_requests/12';
    const options = await hook(world, `\nView merge request for ${BRANCH}:\n  ${url}\n`);
    const { publication } = await world.publish({ address: { transport: 'gitlab' } });
    expect(publication).toMatchObject({ state: 'proposed', url, branch: BRANCH });
    const said = await options();
    expect(said.slice(0, 3)).toEqual([
      'merge_request.create',
      'merge_request.target=main',
      'merge_request.title=Release lens 0.1.0',
    ]);
    expect(said[3]).toMatch(
      /^merge_request\.description=Adds lens 0\.1\.0 by the owner ada, .*<br>- sha256: `/,
    );
    expect(said.slice(4)).toEqual(['merge_request.label=submission', 'merge_request.remove_source_branch']);
    const again = await world.publish({ address: { transport: 'gitlab' } });
    expect(again).toMatchObject({ notes: [], publication: { state: 'proposed', url } });
  });

  it('is asked for the project of the registry when the branch lies in a fork', async () => {
    const world = await publishWorld({ 'receive.advertisePushOptions': 'true' });
    const options = await hook(world, 'ok');
    const fork = world.registry.at('repositories/fork.git');
    await run('git', ['clone', '--quiet', '--bare', world.repository, fork]);
    await run('git', ['config', 'receive.advertisePushOptions', 'true'], { cwd: fork });
    await mkdir(join(fork, 'hooks'), { recursive: true });
    await run('cp', [join(world.repository, 'hooks/post-receive'), join(fork, 'hooks/post-receive')]);
    const address = { transport: 'gitlab', fork: world.to.replace('acme.git', 'fork.git') };
    expect((await world.publish({ address })).publication.state).toBe('proposed');
    expect(await options()).toContain('merge_request.target_project=acme');
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');
  });

  it('says so when the server takes no push options, and nothing is proposed', async () => {
    const world = await publishWorld();
    await expect(world.publish({ address: { transport: 'gitlab' } })).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
    });
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');
  });
});

describe('plain Git', () => {
  it('shows the address that the server prints', async () => {
    const world = await publishWorld();
    const url = 'https://git.example.org/acme/plugins/compare/release/lens-0.1.0';
    await hook(world, `Create a pull request:\n  ${url}`);
    expect((await world.publish()).publication).toMatchObject({
      url,
      hint: expect.stringContaining(BRANCH),
    });
  });

  it.each([
    ['git', {}],
    ['gitlab', { 'receive.advertisePushOptions': 'true' }],
  ])(
    'shows no checks, and --follow waits until the release is merged, however it was: %s',
    async (transport, config) => {
      const world = await publishWorld(config);
      const how = { address: { transport }, options: { followFor: 60_000 } };
      let pauses = 0;
      const { publication, notes } = await world.publish({
        ...how,
        async onPause() {
          pauses++;
          if (pauses === 1) return;
          await world.merge(BRANCH);
          await world.git('branch', '-D', BRANCH);
        },
      });
      expect(publication).toMatchObject({ state: 'published', branch: BRANCH });
      expect(pauses).toBe(2);
      expect(notes.at(-1)).toMatch(
        /^Git(Lab)? shows no checks: waiting until the release is in the registry\.$/,
      );
    },
  );

  it('is followed no longer than was asked for, and not when it was closed', async () => {
    const world = await publishWorld();
    const { publication, warnings } = await world.publish({ options: { followFor: 0 } });
    expect(publication).toMatchObject({ state: 'proposed', checks: 'unknown' });
    expect(warnings).toContain('The registry has not answered in the time that it was followed.');
    const onPause = async (): Promise<void> => void (await world.git('branch', '-D', BRANCH));
    await expect(world.publish({ options: { followFor: 60_000 }, onPause })).rejects.toMatchObject({
      code: 'SHEAF_CANCELLED',
    });
  });

  it('leaves a branch of that name with somebody else s work alone', async () => {
    const world = await publishWorld();
    const tree = await world.git('rev-parse', 'main^{tree}');
    const commit = await world.git(
      '-c',
      'user.name=eve',
      '-c',
      'user.email=eve@acme.example',
      'commit-tree',
      tree,
      '-p',
      'main',
      '-m',
      'Mine',
    );
    await world.git('branch', BRANCH, commit);
    await expect(world.publish()).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await world.git('rev-parse', BRANCH)).toBe(commit);
  });

  it('goes on with its own branch when the main one has moved, without force', async () => {
    const world = await publishWorld();
    await world.publish();
    const first = await world.git('rev-parse', BRANCH);
    const tree = await world.git('rev-parse', 'main^{tree}');
    const next = await world.git(
      '-c',
      'user.name=al',
      '-c',
      'user.email=al@acme.example',
      'commit-tree',
      tree,
      '-p',
      'main',
      '-m',
      'Other',
    );
    await world.git('update-ref', 'refs/heads/main', next);
    const state = join(world.plugin, '.sheaf/publish/0.1.0.json');
    const record = JSON.parse(await readFile(state, 'utf8')) as { steps: Record<string, unknown> };
    delete record.steps['propose'];
    await writeFile(state, JSON.stringify(record));
    expect((await world.publish()).publication.state).toBe('proposed');
    expect(await world.git('rev-parse', BRANCH)).toBe(first);
  });

  it('is refused with its own sentence when the server lets nobody push', async () => {
    const world = await publishWorld();
    await hook(world, 'ok');
    await writeFile(join(world.repository, 'hooks/pre-receive'), '#!/bin/sh\necho no\nexit 1\n');
    await chmod(join(world.repository, 'hooks/pre-receive'), 0o755);
    await expect(world.publish()).rejects.toMatchObject({ code: 'SHEAF_AUTHENTICATION' });
  });

  it('refuses a fork that is behind where it matters', async () => {
    const world = await publishWorld();
    const fork = world.registry.at('repositories/fork.git');
    await run('git', ['clone', '--quiet', '--bare', world.repository, fork]);
    await world.publish();
    await world.merge(BRANCH);
    const yank = [
      'yank',
      'lens',
      '0.1.0',
      '--reason',
      'broken',
      '--to',
      world.to,
      '--key',
      await world.key('ada'),
    ];
    await world.registry.does(...yank, '--transport', 'git');
    await expect(world.registry.does(...yank, '--transport', 'git', '--fork', fork)).rejects.toThrow(
      'is behind the registry: plugins/visualizers/le/lens/plugin.toml',
    );
  });
});

describe('a patch', () => {
  it('is applied by git am to what a proposal would have been', async () => {
    const world = await publishWorld();
    const file = world.registry.at('lens.patch');
    const { publication } = await world.publish({ address: { transport: `patch:${file}` } });
    expect(publication).toMatchObject({ state: 'local', hint: expect.stringContaining(`git am ${file}`) });
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');
    const checkout = world.registry.at('maintainer');
    await run('git', ['clone', '--quiet', world.repository, checkout]);
    await run('git', ['-c', 'user.name=al', '-c', 'user.email=al@acme.example', 'am', '--quiet', file], {
      cwd: checkout,
    });
    const { stdout } = await run('git', ['show', '--format=%s', '--name-status', 'HEAD'], { cwd: checkout });
    expect(stdout.trim().split(/\n+/)).toEqual([
      'Release lens 0.1.0',
      `A\t${LENS}/0.1.0.toml`,
      `A\t${LENS}/0.1.0.toml.sig`,
      `A\t${LENS}/plugin.toml`,
      `A\t${LENS}/plugin.toml.sig`,
      'A\tregistry/trust/owners/ada/1.signers',
      'A\tregistry/trust/owners/ada/1.signers.ada.sig',
      'A\tregistry/trust/owners/ada/owner.toml',
    ]);
    // Byte for byte: a signature over anything else is worth nothing.
    for (const name of ['0.1.0.toml', '0.1.0.toml.sig']) {
      const staged = await readFile(join(world.plugin, '.sheaf/publish/0.1.0', LENS, name));
      expect(await readFile(join(checkout, LENS, name))).toEqual(staged);
    }
    const written = await readFile(file, 'utf8');
    expect(await world.publish({ address: { transport: `patch:${file}` } })).toMatchObject({ notes: [] });
    expect(await readFile(file, 'utf8')).toBe(written);
  });
});

describe('artifacts that the author uploads', () => {
  it('are waited for, compared byte by byte, and then proposed', async () => {
    const world = await publishWorld();
    const server = await serveDirectory(world.www);
    onTestFinished(() => server.close());
    const host = { host: `url:${server.url}{version}/` };
    const options = { newOwner: { repositories: ['https://git.example.org/ada/', server.url] } };
    await expect(world.publish({ host, options })).rejects.toMatchObject({
      code: 'SHEAF_PATH',
      hint: expect.stringContaining('Upload lens-0.1.0.tar.gz'),
    });
    const staged = await readFile(join(world.plugin, '.sheaf/publish/0.1.0/lens-0.1.0.tar.gz'));
    await mkdir(join(world.www, '0.1.0'));
    const uploaded = join(world.www, '0.1.0/lens-0.1.0.tar.gz');
    for (const other of [Buffer.from('other'), Buffer.concat([staged, Buffer.from('more')])]) {
      await writeFile(uploaded, other);
      await expect(world.publish({ host, options })).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    }
    await writeFile(uploaded, staged);
    const { notes, publication } = await world.publish({ host, options });
    expect(notes).toEqual(['Publishing the artifact.', 'Proposing the change.']);
    expect(publication).toMatchObject({
      state: 'proposed',
      artifacts: [`${server.url}0.1.0/lens-0.1.0.tar.gz`],
    });
  });
});

it('addresses and ways that are none are refused before anything is read', async () => {
  const world = await publishWorld();
  for (const how of [
    { address: { transport: 'pigeon' } },
    { address: { transport: 'github' } },
    { address: { transport: 'patch:' } },
    { address: { to: 'ext::sh -c touch% owned' } },
    { address: { to: '--upload-pack=touch owned' } },
    { host: { host: 'ftp:there' } },
    { host: { host: 'directory:www' } },
    { host: { host: 'github' } },
  ]) {
    await expect(world.publish(how)).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  }
  expect(await readdir(world.plugin)).not.toContain('.sheaf');
});
