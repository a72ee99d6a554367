import { execFile } from 'node:child_process';
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { SheafError } from '../src/core/errors.ts';
import { PUBLISH_STEPS } from '../src/core/publishing/plan-publication.ts';
import { openProposedTrees } from '../src/io/git/proposed-trees.ts';
import { judgeChange } from '../src/ops/submissions/judge-change.ts';
import { type PublishWorld, publishWorld } from './support/publish-world.ts';

/** From the folder of an author to a branch of a registry: real Git over HTTP, real keys, the real sandbox. */

vi.setConfig({ testTimeout: 300_000 });

const run = promisify(execFile);
const BRANCH = 'release/lens-0.1.0';
const LENS = 'plugins/visualizers/le/lens';
const PROPOSED = [
  `${LENS}/0.1.0.toml`,
  `${LENS}/0.1.0.toml.sig`,
  `${LENS}/plugin.toml`,
  `${LENS}/plugin.toml.sig`,
  'registry/trust/owners/ada/1.signers',
  'registry/trust/owners/ada/1.signers.ada.sig',
  'registry/trust/owners/ada/owner.toml',
];

/** What is said besides the steps: the case that is measured, and that there is no commit to name. */
const isStep = (note: string): boolean => !/^(Measuring edge|Git does not have)/.test(note);

const statePath = (world: PublishWorld): string => join(world.plugin, '.sheaf/publish/0.1.0.json');

/** Everything that became public: the artifact, and what the branch holds besides the registry. */
async function publicEnd(world: PublishWorld): Promise<Readonly<Record<string, string>>> {
  const artifact = await readFile(join(world.www, '0.1.0/lens-0.1.0.tar.gz'), 'base64');
  const files = await Promise.all(
    PROPOSED.map(async (path) => [path, (await world.show(BRANCH, path)) ?? '']),
  );
  return { artifact, log: await world.git('log', '--format=%s', BRANCH), ...Object.fromEntries(files) };
}

/** A world in which the first release of lens has been merged. */
async function released(): Promise<PublishWorld> {
  const world = await publishWorld();
  await world.publish();
  await world.merge(BRANCH);
  return world;
}

describe('a first release by a new owner', () => {
  it('is planned without doing anything, proposed once, and done when it is merged', async () => {
    const world = await publishWorld();
    const dry = (await world.publish({ options: { dryRun: true } })).publication;
    expect(dry).toMatchObject({ state: 'planned', registry: 'acme', owner: 'ada' });
    expect(dry.steps.map(({ step, state }) => [step, state])).toEqual(
      PUBLISH_STEPS.map((step, index) => [step, index === 0 ? 'next' : 'waits']),
    );
    expect(dry.files.map(({ path }) => path)).toEqual(PROPOSED);
    expect(await readdir(world.plugin)).not.toContain('.sheaf');
    expect(await readdir(world.www)).toEqual([]);
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');

    const { publication, notes } = await world.publish({ sandbox: true });
    expect(publication).toMatchObject({ state: 'proposed', branch: BRANCH, checks: 'unknown' });
    expect(notes.filter(isStep)).toHaveLength(PUBLISH_STEPS.length);
    expect(await world.git('diff', '--name-status', `main...${BRANCH}`)).toBe(
      PROPOSED.map((path) => `A\t${path}`).join('\n'),
    );
    // What the plan showed is what was proposed.
    for (const { path, text } of dry.files.filter((file) => file.text !== undefined)) {
      expect(await world.show(BRANCH, path)).toBe(text);
    }
    expect(await readFile(join(world.plugin, '.sheaf/publish/.gitignore'), 'utf8')).toBe('*\n');

    const before = await publicEnd(world);
    const again = await world.publish();
    expect(again.notes).toEqual([]);
    expect(again.publication).toMatchObject({ state: 'proposed' });
    expect(await publicEnd(world)).toEqual(before);

    await world.merge(BRANCH);
    const merged = await world.publish();
    expect(merged).toMatchObject({ notes: [], publication: { state: 'published' } });
  });

  it('is a change that the CI of the registry accepts, signed as ssh-keygen signs', async () => {
    const world = await publishWorld();
    await world.publish();
    const trees = await openProposedTrees(world.repository, { base: 'main', head: BRANCH }, process.env);
    const judged = await judgeChange({ trees, clock: { now: () => Date.now() } }, { waive: [] });
    expect(judged).toMatchObject({ passed: true, waived: [], files: PROPOSED });
    for (const path of [
      'registry/trust/owners/ada/1.signers',
      `${LENS}/0.1.0.toml`,
      `${LENS}/0.1.0.toml.sig`,
    ]) {
      await writeFile(world.registry.at(path.replaceAll('/', '_')), (await world.show(BRANCH, path)) ?? '');
    }
    const [signers = '', manifest = '', signature = ''] = [
      'registry_trust_owners_ada_1.signers',
      `${LENS}/0.1.0.toml`.replaceAll('/', '_'),
      `${LENS}/0.1.0.toml.sig`.replaceAll('/', '_'),
    ].map((name) => world.registry.at(name));
    const verify = `ssh-keygen -Y verify -f '${signers}' -I ada -n release@sheaf -s '${signature}' < '${manifest}'`;
    expect((await run('sh', ['-c', verify])).stdout).toContain('Good "release@sheaf" signature for ada');
  });
});

describe('a publication that is broken off', () => {
  it('between any two steps goes on with the next one, and ends as if it had not been', async () => {
    const [whole, broken] = [await publishWorld(), await publishWorld()];
    // Both authors have the same key, so that the same bytes must come out.
    for (const file of ['ada', 'ada.pub']) {
      await cp(`${await whole.key('ada')}${file.slice(3)}`, broken.registry.at('keys', file));
    }
    await whole.publish();
    const titles: string[] = [];
    const ends: unknown[] = [];
    for (const _ of PUBLISH_STEPS) {
      const stop = new AbortController();
      const onNote = (note: string): void => {
        if (isStep(note)) titles.push(note);
        stop.abort();
      };
      const own = { signal: stop.signal, key: broken.registry.at('keys/ada') };
      ends.push(
        await broken.publish({ onNote, options: own }).then(
          ({ publication }) => publication.state,
          (error: SheafError) => error.code,
        ),
      );
    }
    expect(ends).toEqual([...Array<string>(PUBLISH_STEPS.length - 1).fill('SHEAF_INTERRUPTED'), 'proposed']);
    expect(titles).toHaveLength(PUBLISH_STEPS.length);
    expect(new Set(titles).size).toBe(PUBLISH_STEPS.length);
    const own = { options: { key: broken.registry.at('keys/ada') } };
    expect(await broken.publish(own)).toMatchObject({ notes: [], publication: { state: 'proposed' } });
    expect(await publicEnd(broken)).toEqual(await publicEnd(whole));
  });

  it('after a step and before it was remembered does that step again, and nothing else changes', async () => {
    const world = await publishWorld();
    await world.publish();
    const [end, kept] = [await publicEnd(world), await readFile(statePath(world), 'utf8')];
    for (const step of PUBLISH_STEPS) {
      const record = JSON.parse(kept) as { steps: Record<string, unknown> };
      delete record.steps[step];
      await writeFile(statePath(world), JSON.stringify(record));
      const { notes } = await world.publish();
      expect(notes.filter(isStep), step).toHaveLength(1);
      expect(await publicEnd(world), step).toEqual(end);
      expect(await readFile(statePath(world), 'utf8').then(JSON.parse)).toEqual(JSON.parse(kept));
    }
  });

  it('refuses a record that somebody has damaged, with its place, and goes on without it', async () => {
    const world = await publishWorld();
    await world.publish();
    const [before, commit] = [await publicEnd(world), await world.git('rev-parse', BRANCH)];
    await writeFile(
      statePath(world),
      '{"schema": 1, "name": "lens", "version": "0.1.0", "steps": {"ship": {}}}',
    );
    await expect(world.publish()).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      place: { file: expect.stringContaining('.sheaf/publish/0.1.0.json') },
    });
    // As on another machine: the change that is open is the one that comes out.
    await rm(join(world.plugin, '.sheaf'), { recursive: true });
    expect((await world.publish()).publication).toMatchObject({ state: 'proposed', branch: BRANCH });
    expect(await publicEnd(world)).toEqual(before);
    expect(await world.git('rev-parse', BRANCH)).toBe(commit);
  });
});

describe('files that change in the middle', () => {
  it('begin again with the step that they make invalid, and say so', async () => {
    const world = await publishWorld();
    const stop = new AbortController();
    const onNote = (note: string): void => (note === 'Signing.' ? stop.abort() : undefined);
    await expect(world.publish({ onNote, options: { signal: stop.signal } })).rejects.toMatchObject({
      code: 'SHEAF_INTERRUPTED',
    });
    await world.edit('README.md', 'lens', 'lens, a plugin');
    const { notes, publication } = await world.publish();
    expect(notes[0]).toBe('Building again: The files of the plugin have changed since.');
    expect(notes.some((note) => note.startsWith('Packing again'))).toBe(true);
    expect(publication.state).toBe('proposed');
  });

  it('leave alone what is public when the same bytes are packed, and never replace it with others', async () => {
    const world = await publishWorld();
    await world.publish();
    const before = await publicEnd(world);
    await writeFile(join(world.plugin, 'notes.md'), 'For me.\n');
    const { notes } = await world.publish();
    expect(notes.filter((note) => /^(Signing|Publishing|Proposing)/.test(note))).toEqual([]);
    expect(notes.filter((note) => note.startsWith('Packing'))).toHaveLength(1);
    expect(await publicEnd(world)).toEqual(before);
    await appendFile(join(world.plugin, 'lens.js'), '\n// Better.\n');
    await expect(world.publish()).rejects.toMatchObject({
      code: 'SHEAF_EXISTS',
      hint: expect.stringContaining('raise the version'),
    });
    expect(await publicEnd(world)).toEqual(before);
  });

  it('do not go round in circles when the build writes into its own sources', async () => {
    const world = await publishWorld();
    await writeFile(
      join(world.plugin, 'make.cjs'),
      "require('fs').writeFileSync('stamp.txt', String(process.hrtime.bigint())); require('fs').copyFileSync('lens.js', 'out.js');",
    );
    await world.edit(
      'sheaf.plugin.toml',
      '[provides]',
      '[build]\ncommand = ["node", "make.cjs"]\noutput = "out.js"\n\n[provides]',
    );
    await expect(world.publish()).rejects.toMatchObject({ code: 'SHEAF_STATE' });
    expect(await readdir(world.www)).toEqual([]);
  });
});

describe('what the registry would refuse', () => {
  const first = (world: PublishWorld): Promise<unknown> => world.publish();

  it('a version that it has with other contents, one below its newest, another s plugin, a key of nobody', async () => {
    const world = await released();
    // Where nothing is remembered, as in a CI job that runs again, the same bytes are the same release.
    await rm(join(world.plugin, '.sheaf'), { recursive: true });
    expect(await world.publish()).toMatchObject({ notes: [], publication: { state: 'published' } });
    expect(await readdir(world.plugin)).not.toContain('.sheaf');
    await appendFile(join(world.plugin, 'lens.js'), '\n// Better.\n');
    await expect(first(world)).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });

    await world.edit('sheaf.plugin.toml', '0.1.0', '0.0.9');
    await expect(first(world)).rejects.toMatchObject({
      code: 'SHEAF_EXISTS',
      message: 'lens 0.0.9 is not newer than 0.1.0, which is published.',
    });

    await world.edit('sheaf.plugin.toml', '0.0.9', '0.2.0');
    await expect(world.publish({ options: { owner: 'eve' }, key: 'eve' })).rejects.toMatchObject({
      code: 'SHEAF_OWNER',
      message: 'The name lens is taken: the plugin belongs to ada.',
    });
    await expect(world.publish({ key: 'eve' })).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
      message: expect.stringContaining('is no release key of ada'),
    });
    expect(await readdir(world.www)).toEqual(['0.1.0']);
  });

  it('a name that looks like another, in the words of its CI, before anything is public', async () => {
    const world = await released();
    await world.edit('sheaf.plugin.toml', 'name = "lens"', 'name = "l-ens"');
    await cp(join(world.plugin, 'lens.js'), join(world.plugin, 'l-ens.js'));
    await expect(first(world)).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    expect(await readdir(world.www)).toEqual(['0.1.0']);
  });
});

describe('a second release', () => {
  it('adds one manifest and its signature, and needs no owner to be named', async () => {
    const world = await released();
    await world.edit('sheaf.plugin.toml', '0.1.0', '0.2.0');
    const { owner: _, ...options } = { owner: undefined, agreed: true };
    const { publication } = await world.publish({ options });
    expect(publication).toMatchObject({ state: 'proposed', owner: 'ada', branch: 'release/lens-0.2.0' });
    expect(await world.git('diff', '--name-status', 'main...release/lens-0.2.0')).toBe(
      [`A\t${LENS}/0.2.0.toml`, `A\t${LENS}/0.2.0.toml.sig`].join('\n'),
    );
  });
});

describe('a publication is refused', () => {
  it.each([
    ['a test fails', ['tests/edge.json', 'flowchart', 'flow'], 'SHEAF_PLUGIN'],
    [
      'the manifest has a fault',
      ['sheaf.plugin.toml', 'max_memory_mb = 32', 'max_memory_mb = "a lot"'],
      'SHEAF_INVALID_FILE',
    ],
    ['the module differs from the manifest', ['sheaf.plugin.toml', '"edge"', '"edge", "node"'], 'SHEAF_'],
  ] as const)('when %s, with nothing public', async (_, [file, from, to], code) => {
    const world = await publishWorld();
    await world.edit(file, from, to);
    await expect(world.publish()).rejects.toMatchObject({ code: expect.stringContaining(code) });
    expect(await readdir(world.www)).toEqual([]);
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');
  });

  it('when the person does not agree, and goes on from there when they do', async () => {
    const world = await publishWorld();
    await expect(world.publish({ answer: false })).rejects.toMatchObject({ code: 'SHEAF_CANCELLED' });
    expect(await readdir(world.www)).toEqual([]);
    expect((await world.publish()).notes).toEqual(['Publishing the artifact.', 'Proposing the change.']);
  });

  it('when a private key lies in the folder', async () => {
    const world = await publishWorld();
    await cp(await world.key('ada'), join(world.plugin, 'id_release'));
    await expect(world.publish()).rejects.toMatchObject({ code: 'SHEAF_POLICY' });
  });

  it('when the key has a passphrase and nobody can be asked', async () => {
    const world = await publishWorld();
    const key = world.registry.at('keys/locked');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', key]);
    await expect(world.publish({ options: { key } })).rejects.toMatchObject({ code: 'SHEAF_TOOL' });
    await rm(`${key}.pub`);
    await expect(world.publish({ options: { key } })).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
      hint: expect.stringContaining('ssh-keygen -y'),
    });
  });

  it('when its category is none of the registry, nobody is named as owner, or nothing answers', async () => {
    const world = await publishWorld();
    await world.edit('sheaf.plugin.toml', 'visualizers', 'toys');
    await expect(world.publish()).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      hint: expect.stringContaining('visualizers'),
    });
    await world.edit('sheaf.plugin.toml', 'toys', 'visualizers');
    const { owner: _, ...options } = { owner: undefined, agreed: true };
    await expect(world.publish({ options: { ...options, owner: undefined as never } })).rejects.toMatchObject(
      {
        code: 'SHEAF_USAGE',
        hint: expect.stringContaining('--owner'),
      },
    );
    await expect(world.publish({ address: { to: 'http://127.0.0.1:9/acme.git' } })).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
    });
    expect(await readdir(world.plugin)).not.toContain('.sheaf');
  });

  it('when the change was closed, until its record is removed', async () => {
    const world = await publishWorld();
    await world.publish();
    await world.git('branch', '-D', BRANCH);
    await expect(world.publish()).rejects.toMatchObject({ code: 'SHEAF_CANCELLED' });
    await rm(statePath(world));
    expect(await world.publish()).toMatchObject({ publication: { state: 'proposed' } });
  });
});
