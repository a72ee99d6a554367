import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { type Manifest, readManifest } from '../src/core/formats/manifest.ts';
import { openProposedTrees } from '../src/io/git/proposed-trees.ts';
import { judgeChange } from '../src/ops/submissions/judge-change.ts';
import { type PublishWorld, publishWorld } from './support/publish-world.ts';

/** What a release says of where it comes from: its commit, and the machines that packed it. */

vi.setConfig({ testTimeout: 120_000 });

const run = promisify(execFile);
const LENS = 'plugins/visualizers/le/lens';

/** A world whose plugin lies in a Git work tree, with one commit of all of it. */
async function committed(): Promise<PublishWorld & { inPlugin(...argv: string[]): Promise<string> }> {
  const world = await publishWorld();
  const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@acme.example'];
  const inPlugin = async (...argv: string[]): Promise<string> =>
    (await run('git', [...who, ...argv], { cwd: world.plugin })).stdout.trim();
  await inPlugin('init', '--quiet');
  await inPlugin('add', '--all');
  await inPlugin('commit', '--quiet', '--message=Begin');
  return { ...world, inPlugin };
}

async function manifestOn(world: PublishWorld, branch: string, file = '0.1.0.toml'): Promise<Manifest> {
  const text = (await world.show(branch, `${LENS}/${file}`)) ?? '';
  return valueOf(readManifest(Buffer.from(text), file));
}

describe('the source of a release', () => {
  it('is the commit and the tag of the version, where the CI of the registry accepts it', async () => {
    const world = await committed();
    await world.inPlugin('tag', 'v0.1.0');
    await world.inPlugin('remote', 'add', 'origin', 'https://git.example.org/ada/lens.git');
    const dry = await world.publish({ options: { dryRun: true } });
    const planned = dry.publication.files.find(({ path }) => path === `${LENS}/0.1.0.toml`)?.text;
    const { warnings } = await world.publish();
    expect(warnings).toEqual([]);
    const commit = await world.inPlugin('rev-parse', 'HEAD');
    expect((await manifestOn(world, 'release/lens-0.1.0')).source).toEqual({
      repository: 'https://git.example.org/ada/lens',
      commit,
      tag: 'v0.1.0',
    });
    expect(await world.show('release/lens-0.1.0', `${LENS}/0.1.0.toml`)).toBe(planned);
    const range = { base: 'main', head: 'release/lens-0.1.0' };
    const trees = await openProposedTrees(world.repository, range, process.env);
    const judged = await judgeChange({ trees, clock: { now: () => Date.now() } }, { waive: [] });
    expect(judged).toMatchObject({ passed: true, waived: [] });

    // A later commit that leaves the plugin alone changes nothing about a release that is under way.
    await mkdir(join(world.plugin, '.github'), { recursive: true });
    await writeFile(join(world.plugin, '.github/note.md'), 'For us.\n');
    await world.inPlugin('add', '--all');
    await world.inPlugin('commit', '--quiet', '--message=More');
    expect(await world.publish()).toMatchObject({ notes: [], publication: { state: 'proposed' } });
  });

  it('is refused for changes in no commit, and left out with --allow-dirty until they are committed', async () => {
    const world = await committed();
    await appendFile(join(world.plugin, 'README.md'), 'More.\n');
    await writeFile(join(world.plugin, 'new.md'), 'New.\n');
    await rm(join(world.plugin, 'tests/edge.json'));
    // Neither is packed, nor what it was made from.
    await writeFile(join(world.plugin, '.editorconfig'), 'root = true\n');
    await mkdir(join(world.plugin, 'dist'));
    await writeFile(join(world.plugin, 'dist/old'), 'Old.\n');
    const refused = {
      code: 'SHEAF_POLICY',
      message: 'lens has files that are not committed: "README.md", "new.md", "tests/edge.json".',
      hint: expect.stringContaining('--allow-dirty'),
    };
    await expect(world.publish()).rejects.toMatchObject(refused);
    await expect(world.publish({ options: { dryRun: true } })).rejects.toMatchObject(refused);
    await world.inPlugin('checkout', '--quiet', 'tests/edge.json');
    const { notes } = await world.publish({ options: { allowDirty: true } });
    expect(notes.filter((note) => note.includes('Not all files are committed'))).toHaveLength(1);
    expect((await manifestOn(world, 'release/lens-0.1.0')).source).toBeUndefined();

    await world.inPlugin('add', '--all');
    await world.inPlugin('commit', '--quiet', '--message=More');
    expect((await world.publish()).notes).toContain(
      'Proposing the change again: What is packed has changed since.',
    );
    expect((await manifestOn(world, 'release/lens-0.1.0')).source).toMatchObject({
      commit: await world.inPlugin('rev-parse', 'HEAD'),
    });
  });

  it('is none of a repository that is around the folder and does not have it', async () => {
    const world = await publishWorld();
    await run('git', ['init', '--quiet'], { cwd: world.plugin });
    const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@acme.example'];
    await run('git', [...who, 'commit', '--quiet', '--allow-empty', '--message=Notes'], {
      cwd: world.plugin,
    });
    const { notes } = await world.publish();
    expect(notes).toContain(
      'Git does not have lens, so the release does not say from which commit it comes.',
    );
    expect((await manifestOn(world, 'release/lens-0.1.0')).source).toBeUndefined();
  });

  it('is written by pack, too, when it makes the release manifest, and of a folder below the top', async () => {
    const world = await publishWorld();
    const top = world.registry.at('mono');
    await cp(world.plugin, join(top, 'lens'), { recursive: true });
    const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@acme.example'];
    const inTop = (...argv: string[]) => run('git', [...who, ...argv], { cwd: top });
    await inTop('init', '--quiet');
    await inTop('add', '--all');
    await inTop('commit', '--quiet', '--message=Begin');
    await inTop('remote', 'add', 'origin', 'https://git.example.org/eve/mono.git');
    await writeFile(join(top, 'elsewhere.txt'), 'Not of the plugin.\n');
    const url = 'https://git.example.org/ada/lens/0.1.0';
    const pack = ['pack', join(top, 'lens'), '--registry', 'acme', '--release-url', url, '--out'];
    const packed = await world.registry.sheaf(...pack, world.registry.at('out'));
    expect(packed).toMatchObject({ status: 0, stderr: expect.stringContaining('/eve/mono') });
    const bytes = await readFile(world.registry.at('out/0.1.0.toml'));
    const commit = (await inTop('rev-parse', 'HEAD')).stdout.trim();
    expect(valueOf(readManifest(bytes, '0.1.0.toml')).source).toMatchObject({ commit });

    await appendFile(join(top, 'lens/README.md'), 'More.\n');
    expect(await world.registry.sheaf(...pack, world.registry.at('dirty'))).toMatchObject({
      status: 9,
      stderr: expect.stringContaining('not committed: "README.md"'),
    });
    await world.registry.does(...pack, world.registry.at('dirty'), '--allow-dirty');
    const dirty = await readFile(world.registry.at('dirty/0.1.0.toml'));
    expect(valueOf(readManifest(dirty, '0.1.0.toml')).source).toBeUndefined();
  });
});

describe('a release for several platforms', () => {
  /** Packs the plugin as a machine of that platform does. */
  async function packedOn(world: PublishWorld, platform: string): Promise<string> {
    await world.registry.does(
      'pack',
      world.plugin,
      '--platform',
      platform,
      '--out',
      world.registry.at('out'),
    );
    return world.registry.at(`out/lens-0.1.0-${platform}.tar.gz`);
  }

  it('is one manifest with what each machine packed, and needs no more words the next time', async () => {
    const world = await publishWorld();
    const given = [
      { platform: 'linux-x64', file: await packedOn(world, 'linux-x64') },
      { platform: 'darwin-arm64', file: await packedOn(world, 'darwin-arm64') },
    ] as const;
    const { publication } = await world.publish({ options: { given } });
    const names = ['lens-0.1.0-linux-x64.tar.gz', 'lens-0.1.0-darwin-arm64.tar.gz'];
    expect(publication.artifacts).toEqual(
      names.map((name) => `https://git.example.org/ada/lens/0.1.0/${name}`),
    );
    const { artifacts } = await manifestOn(world, 'release/lens-0.1.0');
    expect(artifacts.map(({ platform, entry }) => [platform, entry])).toEqual([
      ['linux-x64', 'lens.js'],
      ['darwin-arm64', 'lens.js'],
    ]);
    for (const [index, { file }] of given.entries()) {
      const hosted = await readFile(join(world.www, '0.1.0', names[index]!));
      expect(hosted.equals(await readFile(file))).toBe(true);
    }
    expect(await world.publish()).toMatchObject({ notes: [], publication: { state: 'proposed' } });
    await world.merge('release/lens-0.1.0');
    await rm(join(world.plugin, '.sheaf'), { recursive: true });
    // Any one machine that runs again finds its own artifact in the registry.
    const [first] = given;
    expect((await world.publish({ options: { given: [first] } })).publication.state).toBe('published');
  });

  it('is refused with an artifact of another manifest, one that is none, or two for the same machine', async () => {
    const world = await publishWorld();
    const file = await packedOn(world, 'linux-x64');
    const twice = [
      { platform: 'linux-x64', file },
      { platform: 'linux-x64', file },
    ] as const;
    await expect(world.publish({ options: { given: twice } })).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
    });
    await world.edit('sheaf.plugin.toml', 'max_memory_mb = 32', 'max_memory_mb = 16');
    const given = [{ platform: 'linux-x64', file }] as const;
    await expect(world.publish({ options: { given } })).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      message: expect.stringContaining('another performance.max_memory_mb'),
    });
    await writeFile(file, 'No archive.');
    await expect(world.publish({ options: { given } })).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
    await rm(file);
    await expect(world.publish({ options: { given } })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    expect(await world.git('branch', '--format=%(refname:short)')).toBe('main');
  });
});
