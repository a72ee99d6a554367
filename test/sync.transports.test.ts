import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '../src/core/instant.ts';
import type { PluginName } from '../src/core/plugin-name.ts';
import type { IndexSource } from '../src/core/ports.ts';
import { gitLocation } from '../src/io/git/git-location.ts';
import { createGitSource } from '../src/io/git/git-source.ts';
import { createHttp } from '../src/io/http/http.ts';
import { createSources } from '../src/io/sources.ts';
import { openRegistries } from '../src/ops/registries/open-registry.ts';
import { registryAdd } from '../src/ops/registries/registry-add.ts';
import { type SyncedRegistry, sync } from '../src/ops/registries/sync.ts';
import {
  type LoopbackServer,
  type MemoryPorts,
  memoryPorts,
  RegistrySimulator,
  serveDirectory,
  serveGit,
  type TemporaryDirectory,
  temporaryDirectory,
  writeTree,
} from '../src/testkit/index.ts';
import { bundle } from './support/bundle.ts';
import { commitIndex, git, initRepository } from './support/index-branch.ts';

const execFileAsync = promisify(execFile);

/** Enough plugins for the index to have two levels. */
const MANY = 100;

let worker: string;
let home: TemporaryDirectory;
let registry: RegistrySimulator;
const servers: LoopbackServer[] = [];

beforeAll(async () => {
  // Node 20 does not run TypeScript, and the Git transport is a process of its own.
  worker = await bundle(new URL('../src/io/git/git-worker.ts', import.meta.url));
});

beforeEach(async () => {
  home = await temporaryDirectory();
  registry = new RegistrySimulator();
  registry.addRelease({ name: 'plugin-7', version: '1.0.0' });
  await registry.publish();
});

/** Makes the registry large enough for its sizes to mean something. */
async function grow(): Promise<void> {
  for (let n = 8; n < 8 + MANY; n += 1) registry.addRelease({ name: `plugin-${n}`, version: '1.0.0' });
  registry.now += HOUR;
  await registry.publish();
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await home.remove();
});

function opener(): (url: string) => IndexSource {
  return createSources({
    http: createHttp({ offline: false, environment: {} }),
    gitDirectory: join(home.path, 'git'),
    environment: process.env,
    offline: false,
    gitWorker: new URL(`file://${worker}`),
  });
}

function client(): MemoryPorts {
  return memoryPorts(registry.now + 5 * HOUR, opener());
}

async function syncOnce(ports: MemoryPorts): Promise<SyncedRegistry> {
  const [report] = await sync(ports, { aliases: [], full: false });
  if (report === undefined) throw new Error('Nothing was synchronised.');
  return report;
}

/** Publishes one more release and returns what a client then receives. */
async function afterOneRelease(ports: MemoryPorts, publish: () => Promise<void>): Promise<SyncedRegistry> {
  registry.now += HOUR;
  registry.addRelease({ name: 'plugin-7', version: `1.${registry.now / HOUR}.0` });
  await registry.publish();
  await publish();
  return syncOnce(ports);
}

async function reads(ports: MemoryPorts, version: string): Promise<void> {
  const [opened] = await openRegistries(ports);
  const record = await opened?.releases('plugin-7' as PluginName);
  expect(record?.versions.map((one) => one.version)).toContain(version);
}

/** Serves the repository over smart HTTP; its address as a person would write it. */
async function overHttp(): Promise<string> {
  const server = await serveGit(join(home.path, 'served'));
  servers.push(server);
  return `git+${server.url}registry.git/.git`;
}

/** A source whose worker may use so much memory. */
function limited(url: string, memoryBytes: number): IndexSource {
  return createGitSource({
    url,
    location: gitLocation(url)!,
    gitdir: join(home.path, 'hostile'),
    environment: process.env,
    offline: false,
    memoryBytes,
    worker: new URL(`file://${worker}`),
  });
}

describe('over static HTTP', () => {
  it('a first sync fetches the head, not the index, and a later one a few kilobytes', async () => {
    await grow();
    const site = join(home.path, 'site');
    await writeTree(site, registry.published);
    const server = await serveDirectory(site);
    servers.push(server);
    const ports = client();
    await registryAdd(ports, { url: server.url, root: registry.rootId, yes: false });
    const first = await syncOnce(ports);
    expect(first.bytes).toBeLessThan(2_000);
    expect((await syncOnce(ports)).changed).toBe(false);
    const later = await afterOneRelease(ports, () => writeTree(site, registry.published));
    expect(later.changed).toBe(true);
    expect(later.bytes).toBeLessThan(20_000);
    await reads(ports, '1.0.0');
  });
});

describe('from a directory', () => {
  it('reads a published tree without any server', async () => {
    const site = join(home.path, 'site');
    await writeTree(site, registry.published);
    const ports = client();
    const added = await registryAdd(ports, { url: site, root: registry.rootId, yes: false });
    expect(added.url).toBe(`file://${site}`);
    expect(await syncOnce(ports)).toMatchObject({ checkpoint: { epoch: 1, version: 1 }, bytes: 0 });
    await reads(ports, '1.0.0');
  });
});

describe('over Git', () => {
  let repository: string;

  beforeEach(async () => {
    repository = join(home.path, 'served', 'registry.git');
    await mkdir(repository, { recursive: true });
    await initRepository(repository);
    await commitIndex(registry, repository);
  });

  it('by HTTP, a later sync after one release transfers a fraction of the first', async () => {
    await grow();
    await commitIndex(registry, repository);
    const ports = client();
    const source = await overHttp();
    await registryAdd(ports, { url: source, root: registry.rootId, yes: false });
    const [clone = ''] = await readdir(join(home.path, 'git'));
    const first = Number(
      /size-pack: (\d+)/.exec(await git(join(home.path, 'git', clone), 'count-objects', '-v'))?.[1],
    );
    const later = await afterOneRelease(ports, () => commitIndex(registry, repository));
    expect(later).toMatchObject({ changed: true, checkpoint: { version: 3 } });
    expect(later.bytes).toBeGreaterThan(0);
    expect(later.bytes).toBeLessThan(25_000);
    expect(later.bytes).toBeLessThan((first * 1024) / 4);
    await reads(ports, '1.0.0');
  });

  it('by path and by file URL through the git of this machine', async () => {
    for (const url of [repository, `file://${repository}#index`]) {
      const ports = client();
      const added = await registryAdd(ports, { url, root: registry.rootId, yes: false });
      expect(added.url).toBe(`file://${repository}#index`);
      const later = await afterOneRelease(ports, () => commitIndex(registry, repository));
      expect(later.changed).toBe(true);
      expect(later.bytes).toBeLessThan(20_000);
      await reads(ports, '1.0.0');
    }
  });

  it('never checks anything out and fetches the first time without history', async () => {
    for (let n = 0; n < 3; n += 1) {
      registry.now += HOUR;
      await registry.publish();
      await commitIndex(registry, repository);
    }
    const ports = client();
    await registryAdd(ports, { url: await overHttp(), root: registry.rootId, yes: false });
    const [clone = ''] = await readdir(join(home.path, 'git'));
    const gitdir = join(home.path, 'git', clone);
    expect(await readdir(gitdir)).not.toContain('index.json');
    expect(await git(gitdir, 'rev-list', '--count', 'index')).toBe('1');
  });

  it('reads a repository whose HEAD names a branch that was never pushed', async () => {
    await git(repository, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    const ports = client();
    const added = await registryAdd(ports, { url: await overHttp(), root: registry.rootId, yes: false });
    expect(added.rootId).toBe(registry.rootId);
    await reads(ports, '1.0.0');
  });

  it('names a branch that is not there, and an address that is no repository', async () => {
    const ports = client();
    const add = (url: string): Promise<unknown> =>
      registryAdd(ports, { url, root: registry.rootId, yes: false });
    const source = await overHttp();
    await expect(add(`${source}#nowhere`)).rejects.toMatchObject({ code: 'SHEAF_NOT_A_REGISTRY' });
    await expect(add(`${repository}#nowhere`)).rejects.toMatchObject({ code: 'SHEAF_NOT_A_REGISTRY' });
    await expect(add(source.replace('registry.git', 'other.git'))).rejects.toMatchObject({
      code: 'SHEAF_NOT_A_REGISTRY',
    });
    await expect(add(join(home.path, 'nothing-here'))).rejects.toMatchObject({
      code: 'SHEAF_NOT_A_REGISTRY',
    });
  });

  it('starts anew with a shallow clone when packs have piled up', async () => {
    const source = opener()(await overHttp());
    await source.refresh();
    const [clone = ''] = await readdir(join(home.path, 'git'));
    const packs = join(home.path, 'git', clone, 'objects', 'pack');
    for (let n = 0; n < 51; n += 1) await writeFile(join(packs, `pack-${n}.pack`), '');
    await source.refresh();
    expect((await readdir(packs)).filter((name) => name.endsWith('.pack'))).toHaveLength(1);
    expect(await source.readFile('latest', 32)).toBeDefined();
  });

  it('leaves no process behind and keeps none waiting', async () => {
    const child = await bundle(new URL('support/git-source-child.ts', import.meta.url));
    const { stdout } = await execFileAsync(
      process.execPath,
      [child, await overHttp(), join(home.path, 'c'), worker],
      {
        timeout: 240_000,
      },
    );
    expect(stdout).toBe('1-1\n');
  });

  describe('a hostile repository', () => {
    it('has its links, programs and directories read as if they were not there', async () => {
      await symlink('latest', join(repository, 'link'));
      await writeFile(join(repository, 'program'), 'x', { mode: 0o755 });
      await git(repository, 'add', '--all');
      await git(repository, 'commit', '--quiet', '--message=hostile');
      const source = opener()(await overHttp());
      await source.refresh();
      for (const path of ['link', 'program', 'root', 'latest/x', 'nothing', '../latest', '']) {
        expect(await source.readFile(path, 1000)).toBeUndefined();
      }
      expect(await source.readFile('latest', 32)).toBeDefined();
    });

    it('cannot send more than was asked for', async () => {
      const source = opener()(await overHttp());
      await source.refresh();
      await expect(source.readFile('index.json', 10)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    });

    it('cannot exhaust the memory: a small pack that unpacks to gigabytes ends its own process only', async () => {
      await git(repository, 'config', 'core.bigFileThreshold', '4g');
      await writeFile(join(repository, 'bomb'), Buffer.alloc(300 * 1024 * 1024));
      await git(repository, 'add', '--all');
      await git(repository, 'commit', '--quiet', '--message=bomb');
      const source = limited(await overHttp(), 200 * 1024 * 1024);
      await expect(source.refresh()).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
      expect(await readdir(home.path)).not.toContain('hostile');
    });
  });
});
