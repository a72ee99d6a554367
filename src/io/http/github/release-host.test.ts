import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ProposingWorld, proposingWorld } from '../../../../test/support/github/proposing-world.ts';
import type { Repository, Token } from '../../../../test/support/github/state.ts';
import { sha256 } from '../../../core/digest.ts';
import type { ArtifactHost, HostedFile } from '../../../core/submission-ports.ts';
import { createGithubReleaseHost } from './release-host.ts';

let world: ProposingWorld;
let lens: Repository;

beforeEach(async () => {
  world = await proposingWorld();
  lens = await world.github.createRepository('alice/lens');
});

afterEach(() => world.close());

const FILES = [fileOf('lens-1.2.0.wasm', 'module'), fileOf('lens-1.2.0.wasm.sig', 'signature')];

function fileOf(name: string, content: string): HostedFile {
  const bytes = Buffer.from(content);
  return { name, bytes, sha256: sha256(bytes) };
}

function hostIn(one: ProposingWorld, token?: Token, repository = 'alice/lens'): ArtifactHost {
  const plan = { repository, tag: 'lens-1.2.0', title: 'Lens 1.2.0', body: '' };
  return createGithubReleaseHost(one.client(token), plan);
}

async function seen(host: ArtifactHost): Promise<readonly (string | number)[]> {
  const found: (string | number)[] = [];
  for (const { name } of FILES) {
    const response = await fetch(host.addressOf(name));
    const text = await response.text();
    found.push(response.status === 200 ? text : response.status);
  }
  return found;
}

describe('a release on GitHub', () => {
  test('has its files under addresses that were known before', async () => {
    const host = hostIn(world);
    expect(host.addressOf('lens-1.2.0.wasm')).toBe(
      `${world.github.url}/alice/lens/releases/download/lens-1.2.0/lens-1.2.0.wasm`,
    );
    expect(await seen(host)).toEqual([404, 404]);
    await host.publish(FILES);
    expect(await seen(host)).toEqual(['module', 'signature']);
    expect(lens.releases).toHaveLength(1);
    expect(lens.releases[0]).toMatchObject({ tag: 'lens-1.2.0', name: 'Lens 1.2.0', draft: false });
  });

  test('shows none of its files before it has all of them', async () => {
    world.github.faults.plan(
      { method: 'POST', path: /\/assets\?/, after: 1, times: 2 },
      { answer: { status: 500, body: Buffer.from('') } },
    );
    await expect(hostIn(world).publish(FILES)).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    expect(await seen(hostIn(world))).toEqual([404, 404]);
    expect(lens.releases[0]?.assets).toHaveLength(1);
  });

  test('goes on with a draft that has some of its files', async () => {
    world.github.faults.cutFrom(6);
    await expect(hostIn(world).publish(FILES)).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    world.github.faults.clear();
    await hostIn(world).publish(FILES);
    expect(await seen(hostIn(world))).toEqual(['module', 'signature']);
    expect(lens.releases).toHaveLength(1);
  });

  test('is left as it is when it is published with the files', async () => {
    await hostIn(world).publish(FILES);
    const before = world.github.changes().length;
    await hostIn(world).publish(FILES);
    expect(world.github.changes()).toHaveLength(before);
  });

  test('gets a file that it lacks when its author published it empty', async () => {
    lens.releases.push({
      id: world.github.nextId(),
      tag: 'lens-1.2.0',
      name: '',
      body: '',
      draft: false,
      prerelease: false,
      target: 'main',
      assets: [],
    });
    await hostIn(world).publish(FILES);
    expect(await seen(hostIn(world))).toEqual(['module', 'signature']);
    expect(lens.releases).toHaveLength(1);
  });

  test.each([
    ['of the same length', 'mOdule'],
    ['of another length', 'another module'],
  ])('never gets other bytes %s, neither published nor as a draft', async (_, content) => {
    const other = [fileOf('lens-1.2.0.wasm', content)];
    await hostIn(world).publish(FILES);
    const refusal = {
      code: 'SHEAF_EXISTS',
      message: 'The release lens-1.2.0 of alice/lens has a lens-1.2.0.wasm with other bytes.',
    };
    await expect(hostIn(world).publish(other)).rejects.toMatchObject(refusal);
    lens.releases[0]!.draft = true;
    await expect(hostIn(world).publish(other)).rejects.toMatchObject(refusal);
    expect(lens.releases[0]!.assets[0]!.bytes.toString()).toBe('module');
  });

  test('replaces what a broken upload has left', async () => {
    await hostIn(world).publish(FILES);
    const [release] = lens.releases;
    release!.draft = true;
    release!.assets[0]!.state = 'starter';
    await hostIn(world).publish(FILES);
    expect(await seen(hostIn(world))).toEqual(['module', 'signature']);
    expect(release!.assets).toHaveLength(2);
  });

  test.each([
    ['before the request arrives', false],
    ['after it was carried out', true],
  ])(
    'is the same in the end wherever its making is broken off, %s',
    { timeout: 300_000 },
    async (_, carriedOut) => {
      await hostIn(world).publish(FILES);
      const requests = world.github.said.filter(({ path }) => path.startsWith('/repos'));
      expect(requests.length).toBeGreaterThan(8);
      for (const at of requests.keys()) {
        const repository = `alice/lens${at}`;
        const other = await world.github.createRepository(repository);
        world.github.faults.cutFrom(at + 1, { carriedOut });
        const host = hostIn(world, undefined, repository);
        await expect(host.publish(FILES), `cut at ${at + 1}`).rejects.toMatchObject({
          code: 'SHEAF_NETWORK',
        });
        world.github.faults.clear();
        await host.publish(FILES);
        expect(other.releases, `cut at ${at + 1}`).toHaveLength(1);
        expect(other.releases[0]!.assets).toHaveLength(2);
        expect(await seen(host)).toEqual(['module', 'signature']);
      }
    },
  );

  test('is made once when only an answer gets lost', async () => {
    for (const [at, path] of [
      /\/releases$/,
      /\/assets\?name=lens-1.2.0.wasm$/,
      /\/releases\/\d+$/,
    ].entries()) {
      const repository = `alice/other${at}`;
      const other = await world.github.createRepository(repository);
      const method = at === 2 ? 'PATCH' : 'POST';
      world.github.faults.plan({ method, path }, { answer: { status: 502 }, carriedOut: true });
      await hostIn(world, undefined, repository).publish(FILES);
      expect(other.releases).toHaveLength(1);
      expect(other.releases[0]!.assets).toHaveLength(2);
      expect(other.releases[0]!.draft).toBe(false);
    }
  });

  test('is not made under the old name of a repository', async () => {
    world.github.rename(lens, 'glass');
    await expect(hostIn(world).publish(FILES)).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      message: 'alice/lens is called alice/glass by now.',
    });
    expect(world.github.changes()).toEqual([]);
  });

  test('needs a token that may write contents', async () => {
    const token = world.github.fineGrainedToken('alice', { contents: 'read' });
    await expect(hostIn(world, token).publish(FILES)).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      message: expect.stringContaining('lacks the permission contents: write'),
    });
  });

  test.each(['lens 1.2.wasm', '../lens.wasm', '.wasm', 'lens+1.wasm', 'ä.wasm', ''])(
    'has no file called %j, which GitHub would name otherwise',
    (name) => {
      expect(() => hostIn(world).addressOf(name)).toThrow('is not a name for a file of a release on GitHub');
    },
  );

  test.each(['v1/2', '', 'v 1', 'v1?x'])('has no tag %j', (tag) => {
    const plan = { repository: 'alice/lens', tag, title: '', body: '' };
    expect(() => createGithubReleaseHost(world.client(), plan)).toThrow('is not a tag for a release');
  });
});
