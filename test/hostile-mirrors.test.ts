import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import type { ErrorCode, SheafError } from '../src/core/errors.ts';
import { objectPath } from '../src/core/index/index-head.ts';
import { DAY, HOUR } from '../src/core/instant.ts';
import type { PluginName } from '../src/core/plugin-name.ts';
import type { ClientPorts } from '../src/core/ports.ts';
import { createHttp } from '../src/io/http/http.ts';
import { createSources } from '../src/io/sources.ts';
import { install } from '../src/ops/plugins/install.ts';
import { registryAdd } from '../src/ops/registries/registry-add.ts';
import { type SyncedRegistry, sync } from '../src/ops/registries/sync.ts';
import {
  answeringPrompt,
  memoryPorts,
  memorySource,
  RegistrySimulator,
  recordingReporter,
  serveGit,
} from '../src/testkit/index.ts';
import { connectClient } from '../src/wiring/client.ts';
import { bundle } from './support/bundle.ts';
import { commitIndex, git, initRepository } from './support/index-branch.ts';
import { jsonOf } from './support/json-output.ts';
import { type Host, startHost, type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** Long enough for an honest host on a busy machine, and short enough for a test. */
const PATIENCE = { connectTimeout: 300, stallTime: 1200 };

type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** What one host does to every request. */
const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  'breaks off': (_, response) => void response.destroy(),
  'takes the request and says nothing': () => undefined,
  'begins to answer and says no more': (_, response) => {
    response.writeHead(200, { 'content-length': 30 });
    response.write('1');
  },
  'drips bytes': (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  },
  'never ends': (_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(65_536, 'x');
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  },
  'sends little that unpacks to much': (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(BOMB);
  },
  'ends before the length it stated': (_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write('not all of it', () => response.destroy());
  },
  'answers everything with a page of its own': (_, response) => void response.end('<html>Sign in</html>'),
  'answers everything with nothing': (_, response) => void response.end(),
  'has a fault': (_, response) => void response.writeHead(500).end('sorry'),
  'asks for credentials': (_, response) => void response.writeHead(401).end(),
  'has nothing': (_, response) => void response.writeHead(404).end(),
  'redirects in circles': ({ url = '/' }, response) =>
    void response.writeHead(302, { location: `${url}x` }).end(),
  'redirects to the disk': (_, response) =>
    void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  'redirects to plain HTTP elsewhere': (_, response) =>
    void response.writeHead(302, { location: 'http://plugins.example/' }).end(),
};

const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024));

const RELEASES = [
  { name: 'graph-lens', version: '1.0.0', dependencies: { 'csv-tools': '^1.0.0' } },
  { name: 'csv-tools', version: '1.0.0' },
];

/** A user whose honest index host also has all artifacts. */
async function honestWorld(): Promise<UserOfRegistry> {
  const user = await userOfRegistry(RELEASES);
  for (const bytes of user.registry.artifacts.values()) {
    user.registry.published.set(objectPath(sha256(bytes)), bytes);
  }
  return user;
}

/** Makes these the addresses of the registry, in this order, and forgets what was fetched from others. */
async function useAddresses(user: UserOfRegistry, ...urls: readonly string[]): Promise<void> {
  const file = user.at('home', 'config', 'config.toml');
  const list = urls.map((url) => JSON.stringify(url)).join(', ');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^url = .*$/m, `url = [${list}]`));
}

function clientOf(user: UserOfRegistry): ClientPorts {
  return connectClient({
    project: user.at('project'),
    global: false,
    offline: false,
    environment: { ...user.environment, SHEAF_HOME: user.at('home') },
    prompt: answeringPrompt('nobody'),
    reporter: recordingReporter(),
    patience: PATIENCE,
  });
}

function installGraphLens(ports: ClientPorts): Promise<unknown> {
  return install(ports, {
    plugins: [{ name: 'graph-lens' as PluginName }],
    force: false,
    dryRun: false,
    locked: false,
    acceptCapabilities: false,
    allowStale: false,
    prereleases: false,
  });
}

async function installed(user: UserOfRegistry): Promise<readonly string[]> {
  const list = JSON.parse(await user.does('list', '--json')) as { data: { plugins: { name: string }[] } };
  return list.data.plugins.map(({ name }) => name);
}

async function hostile(misbehaviour: Misbehaviour): Promise<Host> {
  const host = await startHost(() => undefined);
  host.misbehave = (_, request, response) => {
    misbehaviour(request, response);
    return true;
  };
  return host;
}

async function refusalOf(work: Promise<unknown>): Promise<SheafError> {
  return (await work.then(
    () => {
      throw new Error('It went well.');
    },
    (error: unknown) => error,
  )) as SheafError;
}

describe.each(Object.entries(MISBEHAVIOURS))('a host that %s', (_, misbehaviour) => {
  it('as the first address of the index costs no install, and is asked last the next time', async () => {
    const user = await honestWorld();
    const { url } = await hostile(misbehaviour);
    await useAddresses(user, url, user.index.url);
    const ports = clientOf(user);
    await installGraphLens(ports);
    expect(await installed(user)).toEqual(['csv-tools', 'graph-lens']);
    expect(await ports.health.order([url, user.index.url])).toEqual([user.index.url, url]);
  });

  it('as the host of the artifacts costs no install either', async () => {
    const user = await honestWorld();
    user.artifacts.misbehave = (_, request, response) => {
      misbehaviour(request, response);
      return true;
    };
    await installGraphLens(clientOf(user));
    expect(await installed(user)).toEqual(['csv-tools', 'graph-lens']);
  });
});

describe('a mirror without an honest one', () => {
  const EXPECTED: Readonly<Record<string, readonly [ErrorCode, RegExp]>> = {
    'takes the request and says nothing': ['SHEAF_NETWORK', /sent next to nothing/],
    'never ends': ['SHEAF_SIZE', /sent more than the 65536 bytes/],
    'sends little that unpacks to much': ['SHEAF_SIZE', /sent more than the 65536 bytes/],
    'ends before the length it stated': ['SHEAF_SIZE', /sent more than the 65536 bytes/],
    'answers everything with a page of its own': ['SHEAF_ROOT', /is no trust root/],
    'has a fault': ['SHEAF_NETWORK', /answered with an error \(500\)/],
    'asks for credentials': ['SHEAF_AUTHENTICATION', /asks for credentials/],
    'has nothing': ['SHEAF_NOT_A_REGISTRY', /has no signed checkpoint/],
    'redirects in circles': ['SHEAF_NETWORK', /redirects more than 5 times/],
    'redirects to the disk': ['SHEAF_NETWORK', /not on the web/],
    'redirects to plain HTTP elsewhere': ['SHEAF_NETWORK', /plain HTTP/],
  };

  it.each(Object.entries(EXPECTED))('that %s: says so in one sentence', async (name, [code, sentence]) => {
    const user = await honestWorld();
    const { url } = await hostile(MISBEHAVIOURS[name]!);
    await useAddresses(user, url);
    const before = await user.belongings();
    const error = await refusalOf(sync(clientOf(user), { aliases: [], full: false }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) as string });
    expect(error.message).not.toContain('\n');
    expect(await user.belongings()).toMatchObject(before);
  });

  it('is not held against anybody when nobody at all was reached', async () => {
    const user = await honestWorld();
    const { url } = await hostile(MISBEHAVIOURS['breaks off']!);
    await user.index.stop();
    await useAddresses(user, url, user.index.url);
    const ports = clientOf(user);
    await refusalOf(sync(ports, { aliases: [], full: false }));
    expect(await ports.health.list()).toEqual([]);
  });
});

it('sheaf doctor shows who is asked last, why, and until when', async () => {
  const user = await honestWorld();
  const { url } = await hostile(MISBEHAVIOURS['has a fault']!);
  await useAddresses(user, url, user.index.url);
  await user.does('sync');
  const { data } = await jsonOf(user, 'doctor', 'doctor');
  expect(data['healthy']).toBe(true);
  expect(data['diagnoses']).toContainEqual({
    subject: `address ${url}`,
    status: 'warning',
    message: expect.stringMatching(
      /was of no use at .*: 127\.0\.0\.1:\d+ answered with an error \(500\)\.$/,
    ) as string,
    fix: expect.stringMatching(/^Others are asked first until /) as string,
  });
});

describe('a mirror that lies', () => {
  /** A host with a changed copy of what is published. */
  async function liar(
    user: UserOfRegistry,
    change: (path: string, bytes: Uint8Array) => Uint8Array | undefined,
  ): Promise<Host> {
    return startHost((path) => {
      const bytes = user.registry.published.get(path);
      return bytes === undefined ? undefined : change(path, bytes);
    });
  }

  const flipped = (bytes: Uint8Array): Uint8Array =>
    Uint8Array.from(bytes, (byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));

  it.each([
    ['about every object', (path: string) => path.startsWith('o/')],
    ['about its checkpoint', (path: string) => path.endsWith('.json')],
    ['about a signature', (path: string) => path.endsWith('.json.sig')],
    ['about what is the latest', (path: string) => path === 'latest'],
  ])('%s is passed over and asked last', async (_, isChanged) => {
    const user = await honestWorld();
    const host = await liar(user, (path, bytes) => (isChanged(path) ? flipped(bytes) : bytes));
    await useAddresses(user, host.url, user.index.url);
    // What is in the cache already would never be asked for.
    const ports = { ...clientOf(user), store: memoryPorts(0, () => memorySource(new Map())).store };
    const [synced] = await sync(ports, { aliases: [], full: true });
    expect(synced?.checkpoint).toEqual({ epoch: 1, version: 1 });
    expect(await ports.health.order([host.url, user.index.url])).toEqual([user.index.url, host.url]);
  });

  it('by holding back the objects is helped out by the next one', async () => {
    const user = await honestWorld();
    const host = await liar(user, (path, bytes) => (path.startsWith('o/') ? undefined : bytes));
    await useAddresses(user, host.url, user.index.url);
    const ports = { ...clientOf(user), store: memoryPorts(0, () => memorySource(new Map())).store };
    const [synced] = await sync(ports, { aliases: [], full: true });
    expect(synced).toMatchObject({ source: host.url, passedOver: [] });
  });

  it('by holding back the objects, alone, is told apart from one that cannot be reached', async () => {
    const user = await honestWorld();
    const host = await liar(user, (path, bytes) => (path.startsWith('o/') ? undefined : bytes));
    await user.index.stop();
    await useAddresses(user, host.url, user.index.url);
    const ports = { ...clientOf(user), store: memoryPorts(0, () => memorySource(new Map())).store };
    const error = await refusalOf(sync(ports, { aliases: [], full: true }));
    expect(error.message).toContain('which its index names');
  });
});

describe('a mirror that is behind', () => {
  it('what this machine has seen is passed over', async () => {
    const user = await honestWorld();
    const old = user.registry.snapshot();
    user.registry.now += 1000;
    await user.registry.publish();
    await user.does('sync');
    const host = await startHost((path) => old.get(path));
    await useAddresses(user, host.url, user.index.url);
    expect(await sync(clientOf(user), { aliases: [], full: false })).toMatchObject([
      { source: user.index.url, passedOver: [{ url: host.url, code: 'SHEAF_ROLLBACK' }] },
    ]);
  });

  /** Two addresses, the first of them behind although all that it has is validly signed. */
  async function behind(
    age: number,
  ): Promise<{ ports: ReturnType<typeof memoryPorts>; synced: SyncedRegistry }> {
    const registry = new RegistrySimulator();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await registry.publish();
    const old = registry.snapshot();
    registry.now += age - HOUR;
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
    await registry.publish();
    const ports = memoryPorts(registry.now + HOUR, (url) =>
      memorySource(url === 'old' ? old : registry.published, url),
    );
    await registryAdd(ports, { url: 'old', root: registry.rootId, yes: false });
    ports.user.config = Buffer.from(
      Buffer.from(ports.user.config!)
        .toString()
        .replace(/^url = .*$/m, 'url = ["old", "new"]'),
    );
    const [synced] = await sync(ports, { aliases: [], full: false });
    return { ports, synced: synced! };
  }

  it('for longer than a registry leaves between two signatures is not believed to be all', async () => {
    const { ports, synced } = await behind(3 * DAY);
    expect(synced).toMatchObject({
      checkpoint: { version: 2 },
      source: 'new',
      passedOver: [{ url: 'old', code: 'SHEAF_ROLLBACK' }],
    });
    expect(await ports.health.order(['old', 'new'])).toEqual(['new', 'old']);
  });

  it('by less is good enough: the others are not asked each time', async () => {
    expect((await behind(DAY)).synced).toMatchObject({ checkpoint: { version: 1 }, source: 'old' });
  });
});

describe('over Git', () => {
  let worker: string;
  beforeAll(async () => {
    worker = await bundle(new URL('../src/io/git/git-worker.ts', import.meta.url));
  });

  /** A client with nothing in its cache that has these addresses. */
  async function gitClient(user: UserOfRegistry, ...urls: readonly string[]) {
    const openSource = createSources({
      http: createHttp({ offline: false, environment: {}, ...PATIENCE }),
      gitDirectory: user.at('clones'),
      environment: process.env,
      offline: false,
      gitWorker: new URL(`file://${worker}`),
    });
    const ports = memoryPorts(Date.now() + 1000, openSource);
    await registryAdd(ports, { url: user.index.url, root: user.registry.rootId, yes: false });
    const list = urls.map((url) => JSON.stringify(url)).join(', ');
    const config = Buffer.from(ports.user.config!)
      .toString()
      .replace(/^url = .*$/m, `url = [${list}]`);
    ports.user.config = Buffer.from(config);
    ports.store.objects.clear();
    return ports;
  }

  async function served(
    user: UserOfRegistry,
  ): Promise<{ readonly url: string; readonly repository: string }> {
    const repository = user.at('served', 'acme.git');
    await mkdir(repository, { recursive: true });
    await initRepository(repository);
    await commitIndex(user.registry, repository);
    const server = await serveGit(user.at('served'));
    onTestFinished(() => server.close());
    return { url: `git+${server.url}acme.git/.git`, repository };
  }

  it('an honest branch answers for static hosts that do not', async () => {
    const user = await honestWorld();
    const { url } = await served(user);
    for (const name of ['breaks off', 'answers everything with a page of its own', 'has nothing']) {
      const host = await hostile(MISBEHAVIOURS[name]!);
      const ports = await gitClient(user, host.url, url);
      expect(await sync(ports, { aliases: [], full: true })).toMatchObject([{ source: url }]);
    }
  });

  it('an honest branch has the objects that a static host holds back, although it was not asked before', async () => {
    const user = await honestWorld();
    const { url } = await served(user);
    const host = await startHost((path) =>
      path.startsWith('o/') ? undefined : user.registry.published.get(path),
    );
    const ports = await gitClient(user, host.url, url);
    expect(await sync(ports, { aliases: [], full: true })).toMatchObject([{ source: host.url }]);
  });

  it('a branch with other bytes under the same paths is helped out by a static host', async () => {
    const user = await honestWorld();
    const { url, repository } = await served(user);
    await writeFile(join(repository, 'index.json'), '{}\n');
    await git(repository, 'add', '--all');
    await git(repository, 'commit', '--quiet', '--message=lie');
    const ports = await gitClient(user, url, user.index.url);
    expect(await sync(ports, { aliases: [], full: true })).toMatchObject([{ source: url }]);
    expect(await ports.health.order([url, user.index.url])).toEqual([user.index.url, url]);
  });

  it('a repository that is gone costs nothing but the attempt', async () => {
    const user = await honestWorld();
    const { url } = await served(user);
    const ports = await gitClient(user, url.replace('acme', 'gone'), user.index.url);
    expect(await sync(ports, { aliases: [], full: false })).toMatchObject([
      { source: user.index.url, passedOver: [{ code: 'SHEAF_NOT_A_REGISTRY' }] },
    ]);
  });
});
