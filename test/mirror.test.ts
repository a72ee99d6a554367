import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import { objectPath } from '../src/core/index/index-head.ts';
import { createHttp } from '../src/io/http/http.ts';
import { createMirrorDirectory } from '../src/io/mirror-directory.ts';
import { createNamedFiles } from '../src/io/named-files.ts';
import { createSources } from '../src/io/sources.ts';
import { mirrorRegistry } from '../src/ops/registries/mirror.ts';
import { memoryPorts, RegistrySimulator, serveDirectory, serveGit, writeTree } from '../src/testkit/index.ts';
import { bundle } from './support/bundle.ts';
import { commitIndex, initRepository } from './support/index-branch.ts';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

const RELEASES = [
  { name: 'graph-lens', version: '1.0.0' },
  { name: 'graph-lens', version: '1.1.0' },
  { name: 'csv-tools', version: '2.0.0' },
];

/** A user with an empty directory for a mirror, and the words that name them both. */
async function operator(): Promise<UserOfRegistry & { readonly dir: string }> {
  const user = await userOfRegistry(RELEASES);
  return { ...user, dir: user.at('mirror') };
}

async function publishMore(user: UserOfRegistry, name: string): Promise<void> {
  user.registry.addRelease({ name, version: '1.0.0' });
  user.registry.now += 1000;
  await user.registry.publish();
}

/** Digests of the artifacts that lie in a mirror. */
async function artifactsIn(user: UserOfRegistry, dir: string): Promise<number> {
  const found = await Promise.all(
    [...user.registry.artifacts.values()].map((bytes) =>
      stat(join(dir, objectPath(sha256(bytes)))).then(
        () => 1,
        () => 0,
      ),
    ),
  );
  return found.reduce((sum: number, one) => sum + one, 0);
}

const pin = (user: UserOfRegistry): string => `sha256:${user.registry.rootId}`;

describe('sheaf mirror', () => {
  it('makes a directory from which everything is installed when no origin is left', async () => {
    const user = await operator();
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir);
    expect(data).toMatchObject({
      registry: 'acme',
      unchanged: false,
      dryRun: false,
      releases: 3,
      artifacts: { present: 0, fetched: 3, failed: [] },
    });
    await user.index.stop();
    await user.artifacts.stop();
    await user.does('registry', 'remove', 'acme');
    await rm(user.at('home', 'cache'), { recursive: true });
    await user.does('registry', 'add', user.dir, '--root', pin(user));
    await user.does('install', 'graph-lens', 'csv-tools@2.0.0');
    expect(await user.does('list')).toContain('graph-lens');

    const web = await serveDirectory(user.dir);
    onTestFinished(() => web.close());
    await user.does('registry', 'remove', 'acme');
    await rm(user.at('home', 'cache'), { recursive: true });
    await user.does('registry', 'add', web.url, '--root', pin(user));
    await user.does('install', '--force');
    expect(await user.does('verify')).toContain('as signed');
  });

  it('says so when nothing is new, and fetches nothing again', async () => {
    const user = await operator();
    await user.does('mirror', user.index.url, user.dir);
    user.index.asked.length = 0;
    user.artifacts.asked.length = 0;
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir);
    expect(data).toMatchObject({ unchanged: true, files: 0, artifacts: { present: 3, fetched: 0 } });
    expect(user.artifacts.asked).toEqual([]);
    expect(user.index.asked.map(({ path }) => path).filter((path) => path.startsWith('o/'))).toEqual([]);
  });

  it('fetches what is new, and only that', async () => {
    const user = await operator();
    await user.does('mirror', user.index.url, user.dir);
    await publishMore(user, 'dot-diagram');
    user.artifacts.asked.length = 0;
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir);
    expect(data).toMatchObject({ unchanged: false, artifacts: { present: 3, fetched: 1 } });
    expect(user.artifacts.asked).toHaveLength(1);
    expect(await readFile(join(user.dir, 'latest'), 'utf8')).toBe('1-2\n');
  });

  it('with --lock takes the artifacts of a project and the whole index', async () => {
    const user = await operator();
    await user.does('install', 'csv-tools');
    const lock = user.at('project', 'sheaf.lock');
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir, '--lock', lock);
    expect(data).toMatchObject({ releases: 3, artifacts: { fetched: 1, failed: [] } });
    expect(await artifactsIn(user, user.dir)).toBe(1);
  });

  it('a lock that wants what the registry does not have is told, and the rest is mirrored', async () => {
    const user = await operator();
    await user.does('install', 'csv-tools');
    const lock = user.at('project', 'sheaf.lock');
    await writeFile(lock, (await readFile(lock, 'utf8')).replaceAll('2.0.0', '3.0.0'));
    const result = await user.sheaf('mirror', user.index.url, user.dir, '--lock', lock, '--json');
    expect(result.status).toBe(7);
    expect(JSON.parse(result.stdout)).toMatchObject({
      data: {
        artifacts: { failed: [{ plugin: 'csv-tools', version: '3.0.0', code: 'SHEAF_UNKNOWN_VERSION' }] },
      },
    });
  });

  it('with --dry-run says what it would do and writes nothing', async () => {
    const user = await operator();
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir, '--dry-run');
    expect(data).toMatchObject({ dryRun: true, artifacts: { fetched: 3 } });
    await expect(readdir(user.dir)).rejects.toMatchObject({ code: 'ENOENT' });
    const done = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir);
    expect({ ...done.data, dryRun: true }).toEqual(data);
  });

  it('an artifact that cannot be had is told with status 7, and the next run gets it', async () => {
    const user = await operator();
    user.artifacts.misbehave = (path, _, response) => {
      if (!path.includes('csv-tools')) return false;
      response.writeHead(404).end();
      return true;
    };
    const first = await user.sheaf('mirror', user.index.url, user.dir);
    expect(first.status).toBe(7);
    expect(first.stdout).toMatch(/1 artifact could not be had/);
    expect(first.stdout).toMatch(/csv-tools 2\.0\.0/);
    expect(await readFile(join(user.dir, 'latest'), 'utf8')).toBe('1-1\n');
    user.artifacts.misbehave = undefined;
    const { data } = await jsonOf(user, 'mirror', 'mirror', user.index.url, user.dir);
    expect(data).toMatchObject({ unchanged: true, artifacts: { present: 2, fetched: 1, failed: [] } });
  });

  it('an artifact with other bytes than its digest never gets in', async () => {
    const user = await operator();
    user.artifacts.misbehave = (_, __, response) => {
      response.end('something else');
      return true;
    };
    expect((await user.sheaf('mirror', user.index.url, user.dir)).status).toBe(7);
    expect(await artifactsIn(user, user.dir)).toBe(0);
  });

  it('a run that breaks off anywhere leaves the last state, and the next one goes on', async () => {
    const user = await operator();
    await user.does('mirror', user.index.url, user.dir);
    await publishMore(user, 'dot-diagram');
    const asked: string[] = [];
    user.index.misbehave = (path) => {
      if (path.startsWith('o/')) asked.push(path);
      return false;
    };
    await user.does('mirror', user.index.url, user.at('other'), '--root', pin(user));
    const objects = new Set(asked).size;
    expect(objects).toBeGreaterThan(3);
    for (let allowed = 0; allowed < 4; allowed += 1) {
      let count = 0;
      user.index.misbehave = (path, _, response) => {
        if (!path.startsWith('o/') || (count += 1) <= allowed) return false;
        response.destroy();
        return true;
      };
      expect((await user.sheaf('mirror', user.index.url, user.dir)).status).toBe(7);
      expect(await readFile(join(user.dir, 'latest'), 'utf8')).toBe('1-1\n');
    }
    user.index.misbehave = undefined;
    await user.does('mirror', user.index.url, user.dir);
    expect(await readFile(join(user.dir, 'latest'), 'utf8')).toBe('1-2\n');
    expect(await readdir(join(user.dir, '.mirror'))).not.toContain('objects');
  });

  it('follows a rotated root although the checkpoint is the same', async () => {
    const user = await operator();
    await user.does('mirror', user.index.url, user.dir);
    user.registry.rotateRoot({});
    user.registry.publishRoots();
    await user.does('mirror', user.index.url, user.dir);
    expect(await readdir(join(user.dir, 'root'))).toContain('2.signers');
  });

  it('never goes back, and takes no other registry into the same directory', async () => {
    const user = await operator();
    const old = user.registry.snapshot();
    await publishMore(user, 'dot-diagram');
    await user.does('mirror', user.index.url, user.dir);
    await user.does('registry', 'remove', 'acme');
    await writeTree(user.at('old'), old);
    const back = await user.sheaf('mirror', user.at('old'), user.dir);
    expect(back).toMatchObject({ status: 5 });
    expect(back.stderr).toContain('SHEAF_ROLLBACK');
    const impostor = new RegistrySimulator({ id: 'acme', maintainers: ['x', 'y'], now: user.registry.now });
    await impostor.publish();
    await writeTree(user.at('impostor'), impostor.published);
    const other = await user.sheaf('mirror', user.at('impostor'), user.dir);
    expect(other).toMatchObject({ status: 5 });
    expect(other.stderr).toContain('SHEAF_ROOT');
    expect(await readFile(join(user.dir, 'latest'), 'utf8')).toBe('1-2\n');
  });

  it('never shows less than this machine has seen of the registry', async () => {
    const user = await operator();
    await writeTree(user.at('old'), user.registry.published);
    await publishMore(user, 'dot-diagram');
    await user.does('sync');
    const behind = await user.sheaf('mirror', user.at('old'), user.dir);
    expect(behind).toMatchObject({ status: 5 });
    expect(behind.stderr).toContain('SHEAF_ROLLBACK');
  });

  it('believes an unknown registry only with a pin, and refuses the wrong one', async () => {
    const user = await operator();
    await user.does('registry', 'remove', 'acme');
    const mirror = (...more: string[]) => user.sheaf('mirror', user.index.url, user.dir, ...more);
    expect(await mirror()).toMatchObject({ status: 3 });
    expect(await mirror('--root', `sha256:${'0'.repeat(64)}`)).toMatchObject({ status: 5 });
    await expect(readdir(join(user.dir, 'o'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await mirror('--root', pin(user))).toMatchObject({ status: 0 });
    expect(await mirror()).toMatchObject({ status: 0 });
  });

  it('copies from a Git branch, too', async () => {
    const user = await operator();
    const repository = user.at('served', 'acme.git');
    await mkdir(repository, { recursive: true });
    await initRepository(repository);
    await commitIndex(user.registry, repository);
    const git = await serveGit(user.at('served'));
    const worker = await bundle(new URL('../src/io/git/git-worker.ts', import.meta.url));
    onTestFinished(() => git.close());
    const http = createHttp({ offline: false, environment: {} });
    const openSource = createSources({
      http,
      gitDirectory: user.at('clones'),
      environment: process.env,
      offline: false,
      gitWorker: new URL(`file://${worker}`),
    });
    const ports = memoryPorts(Date.now(), openSource);
    const mirror = createMirrorDirectory(user.dir, { http, signal: ports.signal, onWait: () => undefined });
    const mirrored = await mirrorRegistry(
      { ...ports, mirror, files: createNamedFiles() },
      {
        url: `git+${git.url}acme.git/.git`,
        root: user.registry.rootId,
        locks: [],
        dryRun: false,
        yes: false,
      },
    );
    expect(mirrored).toMatchObject({ releases: 3, artifacts: { fetched: 3, failed: [] } });
    await user.index.stop();
    await user.artifacts.stop();
    await user.does('registry', 'remove', 'acme');
    await user.does('registry', 'add', user.dir, '--root', pin(user));
    await user.does('install', 'graph-lens');
  });

  it('says in one sentence when it may not write', async () => {
    const user = await operator();
    await writeFile(user.dir, 'a file');
    const result = await user.sheaf('mirror', user.index.url, user.dir);
    expect(result.stderr).toMatch(/^error: /m);
    expect(result.stderr).not.toContain('    at ');
    await rm(user.dir);
    await mkdir(user.dir);
    await chmod(user.dir, 0o755);
    expect((await user.sheaf('mirror', user.index.url, user.dir)).status).toBe(0);
  });

  it('never shows a reader a part: whoever reads while it runs finds whole states only', async () => {
    const user = await operator();
    await user.does('mirror', user.index.url, user.dir);
    const reader = await userOfRegistry([], { add: false });
    await reader.does('registry', 'add', user.dir, '--root', pin(user));
    const writing = new AbortController();
    const reading = (async () => {
      let states = 0;
      while (!writing.signal.aborted) {
        await rm(reader.at('home', 'cache'), { recursive: true, force: true });
        await reader.does('sync', '--full');
        states += 1;
      }
      return states;
    })();
    for (const name of ['one-more', 'two-more', 'three-more']) {
      await publishMore(user, name);
      await user.does('mirror', user.index.url, user.dir);
    }
    writing.abort();
    expect(await reading).toBeGreaterThan(0);
    expect(await reader.does('sync')).toContain('1-4');
  });
});
