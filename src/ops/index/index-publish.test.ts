import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { objectPath } from '../../core/index/index-head.ts';
import { DAY } from '../../core/instant.ts';
import type { IndexTarget, PublishedFile } from '../../core/publishing-ports.ts';
import { createDirectorySource } from '../../io/directory-source.ts';
import { createDirectoryTarget } from '../../io/directory-target.ts';
import { gitLocation } from '../../io/git/git-location.ts';
import { createGitTarget } from '../../io/git/git-target.ts';
import { testKey } from '../../testkit/keys.ts';
import { memorySource, memoryTree } from '../../testkit/memory-source.ts';
import { RegistrySimulator } from '../../testkit/registry-simulator.ts';
import { temporaryDirectory } from '../../testkit/temporary-directory.ts';
import { buildIndexFromSource } from './index-build.ts';
import { type PublishedIndex, publishIndex } from './index-publish.ts';
import { signIndex } from './index-sign.ts';

const run = promisify(execFile);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function emptyDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  cleanups.push(() => directory.remove());
  return directory.path;
}

/** A registry with some plugins, published once in memory. */
async function registry(plugins = 3): Promise<RegistrySimulator> {
  const simulator = new RegistrySimulator();
  for (let index = 0; index < plugins; index++)
    simulator.addRelease({ name: `plugin-${index}`, version: '1.0.0' });
  await simulator.publish();
  return simulator;
}

function publish(
  simulator: RegistrySimulator,
  target: IndexTarget,
  allowShrink = false,
): Promise<PublishedIndex> {
  const clock = { now: () => simulator.now };
  return publishIndex({ tree: memorySource(simulator.published), target, clock }, { allowShrink });
}

/** A target of each kind, empty, and a way to make another one of the same place. */
const TARGETS = {
  directory: async (): Promise<() => IndexTarget> => {
    const path = await emptyDirectory();
    return () => createDirectoryTarget(path);
  },
  'git branch': async (): Promise<() => IndexTarget> => {
    const path = await emptyDirectory();
    await run('git', ['init', '--quiet', '--bare', path]);
    return () => {
      const target = createGitTarget(gitLocation(`${path}#index`)!, process.env);
      cleanups.push(() => target.close());
      return target;
    };
  },
};

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean => Buffer.compare(a!, b!) === 0;

const latestOf = async (target: IndexTarget): Promise<string> =>
  new TextDecoder().decode(await target.readFile('latest', 32));

describe.each(Object.entries(TARGETS))('publishing to a %s', (kind, newTarget) => {
  it('puts the whole index there, and the next one on top of it', async () => {
    const target = await newTarget();
    const simulator = await registry();
    expect(await publish(simulator, target())).toMatchObject({ version: 1, plugins: 3, unchanged: false });
    simulator.addRelease({ name: 'plugin-1', version: '1.1.0' });
    simulator.now += 60_000;
    await simulator.publish();
    expect(await publish(simulator, target())).toMatchObject({ version: 2, releases: 4 });
    const reader = target();
    expect(await latestOf(reader)).toBe('1-2\n');
    const signature = 'checkpoints/1-2.json.sig';
    expect(same(await reader.readFile(signature, 4096), simulator.published.get(signature))).toBe(true);
    const { index } = simulator.latestCheckpoint();
    const head = simulator.published.get(objectPath(index.sha256));
    expect(same(await reader.readObject({ ...index, path: 'index.json' }), head)).toBe(true);
  });

  it('of the same checkpoint once more changes nothing', async () => {
    const target = await newTarget();
    const simulator = await registry();
    await publish(simulator, target());
    expect(await publish(simulator, target())).toMatchObject({ unchanged: true, files: 0 });
  });

  it('refuses a checkpoint that is not newer than what is there', async () => {
    const target = await newTarget();
    const simulator = await registry();
    const old = simulator.snapshot();
    await simulator.publish();
    await publish(simulator, target());
    const tree = memorySource(old);
    await expect(
      publishIndex({ tree, target: target(), clock: { now: () => simulator.now } }),
    ).rejects.toMatchObject({ code: 'SHEAF_ROLLBACK' });
  });

  it('refuses a checkpoint that does not continue what is there', async () => {
    const target = await newTarget();
    const simulator = await registry();
    await publish(simulator, target());
    simulator.published.clear();
    await simulator.publish({ life: 6 * DAY });
    await simulator.publish();
    await expect(publish(simulator, target())).rejects.toMatchObject({ code: 'SHEAF_FORK' });
  });

  it('refuses when more than 5 % and more than five plugins are gone, unless told that it is right', async () => {
    const target = await newTarget();
    const simulator = await registry(12);
    await publish(simulator, target());
    for (const path of simulator.source.keys()) {
      if (/plugin-[0-5]\//.test(path)) simulator.source.delete(path);
    }
    await simulator.publish();
    await expect(publish(simulator, target())).rejects.toMatchObject({ code: 'SHEAF_POLICY' });
    expect(await latestOf(target())).toBe('1-1\n');
    expect(await publish(simulator, target(), true)).toMatchObject({ plugins: 6 });
  });

  it('refuses an unsigned checkpoint, and one signed by a key without that role', async () => {
    const target = await newTarget();
    const simulator = await registry();
    simulator.publishCheckpoint(simulator.latestCheckpoint(), 'author');
    await expect(publish(simulator, target())).rejects.toMatchObject({ code: 'SHEAF_SIGNATURE' });
    simulator.published.delete('checkpoints/1-1.json.sig');
    await expect(publish(simulator, target())).rejects.toMatchObject({ code: 'SHEAF_SIGNATURE' });
    expect(await target().readFile('latest', 32)).toBeUndefined();
  });

  it('refuses an index that is incomplete, and leaves what was there', async () => {
    const target = await newTarget();
    const simulator = await registry();
    await publish(simulator, target());
    simulator.addRelease({ name: 'plugin-1', version: '1.1.0' });
    const before = simulator.snapshot();
    await simulator.publish();
    const added = [...simulator.published.keys()].filter(
      (path) => path.startsWith('o/') && !before.has(path),
    );
    for (const path of added) {
      const bytes = simulator.published.get(path)!;
      simulator.published.delete(path);
      await expect(publish(simulator, target())).rejects.toMatchObject({ code: 'SHEAF_INDEX' });
      simulator.published.set(path, bytes);
    }
    expect(await latestOf(target())).toBe('1-1\n');
    expect(await publish(simulator, target())).toMatchObject({ version: 2 });
  });

  it('refuses another registry', async () => {
    const target = await newTarget();
    await publish(await registry(), target());
    const other = new RegistrySimulator({ id: 'other' });
    other.addRelease({ name: 'plugin-1', version: '1.0.0' });
    await other.publish();
    await expect(publish(other, target())).rejects.toMatchObject({ code: 'SHEAF_CHECKPOINT' });
  });

  it('lets one of two publishers lose, with a clear error', async () => {
    const target = await newTarget();
    const simulator = await registry();
    await publish(simulator, target());
    const [first, second] = [target(), target()];
    expect([await latestOf(first), await latestOf(second)]).toEqual(['1-1\n', '1-1\n']);
    await simulator.publish();
    await publish(simulator, first);
    simulator.published.clear();
    simulator.addRelease({ name: 'plugin-9', version: '1.0.0' });
    await simulator.publish();
    const files = async function* (): AsyncIterable<PublishedFile> {
      for (const [path, bytes] of simulator.published) yield { path, bytes };
    };
    await expect(second.publish(files(), simulator.now)).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await latestOf(target())).toBe('1-2\n');
  });

  it('that is broken off anywhere leaves what was there, and works the next time', async () => {
    const target = await newTarget();
    const simulator = await registry();
    await publish(simulator, target());
    simulator.addRelease({ name: 'plugin-1', version: '1.1.0' });
    await simulator.publish();
    const paths: string[] = [];
    const listing = withPublish(target(), async (_, files) => {
      for await (const { path } of files) paths.push(path);
    });
    await publish(simulator, listing);
    expect(paths.at(-1)).toBe('latest');
    for (const stop of paths) {
      const broken = withPublish(target(), (inner, files, issued) =>
        inner.publish(cutOff(files, stop), issued),
      );
      await expect(publish(simulator, broken)).rejects.toThrow('broken off');
      expect(await latestOf(target())).toBe('1-1\n');
    }
    expect(await publish(simulator, target())).toMatchObject({ version: 2 });
  });
});

/** The target with another way of publishing. */
function withPublish(
  inner: IndexTarget,
  publish: (inner: IndexTarget, ...args: Parameters<IndexTarget['publish']>) => Promise<void>,
): IndexTarget {
  return {
    url: inner.url,
    naming: inner.naming,
    has: (object) => inner.has(object),
    readFile: (path, maxBytes) => inner.readFile(path, maxBytes),
    readObject: (object) => inner.readObject(object),
    publish: (...args) => publish(inner, ...args),
    close: () => inner.close(),
  };
}

async function* cutOff(files: AsyncIterable<PublishedFile>, path: string): AsyncIterable<PublishedFile> {
  for await (const file of files) {
    if (file.path === path) throw new RangeError('broken off');
    yield file;
  }
}

async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

describe('a published directory', () => {
  it('holds exactly the published tree and nothing else', async () => {
    const path = await emptyDirectory();
    const simulator = await registry();
    await publish(simulator, createDirectoryTarget(path));
    expect((await filesBelow(path)).toSorted()).toEqual([...simulator.published.keys()].toSorted());
  });

  it('keeps what a checkpoint of the last 30 days reaches, and removes the rest, but no artifact', async () => {
    const path = await emptyDirectory();
    const simulator = await registry();
    await publish(simulator, createDirectoryTarget(path));
    const first = new Set(await filesBelow(path));
    const artifact = objectPath('f'.repeat(64) as Parameters<typeof objectPath>[0]);
    await rm(join(path, 'o/ff'), { recursive: true, force: true });
    await createDirectoryTarget(path).publish(
      (async function* () {
        yield { path: artifact, bytes: new Uint8Array(3) };
      })(),
      simulator.now,
    );
    simulator.now += 29 * DAY;
    simulator.addRelease({ name: 'plugin-1', version: '1.1.0' });
    await simulator.publish();
    await publish(simulator, createDirectoryTarget(path));
    for (const file of first) expect(await filesBelow(path)).toContain(file);

    simulator.now += 2 * DAY;
    await simulator.publish();
    await publish(simulator, createDirectoryTarget(path));
    const left = await filesBelow(path);
    expect(left).toContain(artifact);
    expect(left).not.toContain('checkpoints/1-1.json');
    expect(left).toContain('checkpoints/1-2.json');
    expect([...first].filter((file) => file.startsWith('o/') && !left.includes(file)).length).toBeGreaterThan(
      0,
    );
    const source = createDirectorySource(path, path);
    await expect(
      publishIndex({
        tree: source,
        target: createDirectoryTarget(await emptyDirectory()),
        clock: { now: () => simulator.now },
      }),
    ).resolves.toMatchObject({ version: 3 });
  });

  it('writes an object again that a power cut shortened', async () => {
    const path = await emptyDirectory();
    const simulator = await registry();
    const { index } = simulator.latestCheckpoint();
    await publish(simulator, createDirectoryTarget(path));
    await rm(join(path, 'latest'));
    await writeFile(join(path, objectPath(index.sha256)), '');
    await publish(simulator, createDirectoryTarget(path));
    expect(await readFile(join(path, objectPath(index.sha256)))).toHaveLength(index.size);
  });
});

describe('a published branch', () => {
  it('is linear, never rewritten, and holds only the current index', async () => {
    const path = await emptyDirectory();
    await run('git', ['init', '--quiet', '--bare', path]);
    const simulator = await registry();
    const git = async (...args: string[]): Promise<string> =>
      (await run('git', ['-C', path, ...args])).stdout;
    const push = async (): Promise<void> => {
      const target = createGitTarget(gitLocation(`file://${path}#index`)!, process.env);
      await publish(simulator, target);
      await target.close();
    };
    await push();
    const first = (await git('rev-parse', 'index')).trim();
    simulator.now += DAY;
    await simulator.publish();
    await push();
    expect((await git('rev-list', 'index')).trim().split('\n')).toHaveLength(2);
    expect((await git('rev-parse', 'index~1')).trim()).toBe(first);
    expect((await git('log', '-1', '--format=%an %cI', 'index')).trim()).toBe(
      'sheaf 2026-11-21T09:00:00+00:00',
    );
    const paths = (await git('ls-tree', '-r', '--name-only', 'index')).trim().split('\n');
    expect(paths).toContain('bundles/pl/plugin-0/0.json');
    expect(paths.filter((file) => file.startsWith('checkpoints/'))).toEqual([
      'checkpoints/1-2.json',
      'checkpoints/1-2.json.sig',
    ]);
    await git('fsck', '--strict');
  });

  it('is the same commit when the same index is published on the same head', async () => {
    const simulator = await registry();
    const heads: string[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const path = await emptyDirectory();
      await run('git', ['init', '--quiet', '--bare', path]);
      const target = createGitTarget(gitLocation(`${path}#index`)!, process.env);
      await publish(simulator, target);
      await target.close();
      heads.push((await run('git', ['-C', path, 'rev-parse', 'index'])).stdout);
    }
    expect(heads[0]).toBe(heads[1]);
  });

  it('takes the next index also from a server that leaves out blobs until they are read', async () => {
    const path = await emptyDirectory();
    await run('git', ['init', '--quiet', '--bare', path]);
    await run('git', ['-C', path, 'config', 'uploadpack.allowFilter', 'true']);
    await run('git', ['-C', path, 'config', 'uploadpack.allowAnySHA1InWant', 'true']);
    const simulator = await registry();
    for (const version of [1, 2]) {
      const target = createGitTarget(gitLocation(`file://${path}#index`)!, process.env);
      expect(await publish(simulator, target)).toMatchObject({ version });
      await target.close();
      await simulator.publish();
    }
    await run('git', ['-C', path, 'fsck', '--strict', '--connectivity-only']);
  });

  it('of a repository that is not there is a clear error', async () => {
    const target = createGitTarget(gitLocation(join(await emptyDirectory(), 'nothing'))!, process.env);
    await expect(publish(await registry(), target)).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await target.close();
  });
});

async function built(): Promise<{ path: string; simulator: RegistrySimulator }> {
  const simulator = await registry();
  const path = await emptyDirectory();
  const build = await buildIndexFromSource(
    { source: memoryTree(simulator.source) },
    { issued: simulator.now, life: 7 * DAY },
  );
  await createDirectoryTarget(path).publish(build.files(), build.checkpoint.issued);
  return { path, simulator };
}

describe('signing a built index', () => {
  it('makes it publishable', async () => {
    const { path, simulator } = await built();
    const clock = { now: () => simulator.now };
    const tree = createDirectorySource(path, path);
    const target = createDirectoryTarget(await emptyDirectory());
    await expect(publishIndex({ tree, target, clock })).rejects.toMatchObject({ code: 'SHEAF_SIGNATURE' });
    expect(await signIndex(createDirectoryTarget(path), testKey('ci'))).toMatchObject({
      path: 'checkpoints/1-1.json.sig',
      principal: 'ci',
    });
    expect(await publishIndex({ tree, target, clock })).toMatchObject({ version: 1, plugins: 3 });
  });

  it.each(['maintainer-a', 'author'])('refuses the key of %s, which may sign no checkpoint', async (name) => {
    const { path } = await built();
    await expect(signIndex(createDirectoryTarget(path), testKey(name))).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
    });
  });

  it('refuses a directory without an index', async () => {
    await expect(
      signIndex(createDirectoryTarget(await emptyDirectory()), testKey('ci')),
    ).rejects.toMatchObject({
      code: 'SHEAF_NOT_A_REGISTRY',
    });
  });
});
