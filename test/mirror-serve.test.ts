import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import type { Artifact } from '../src/core/formats/manifest.ts';
import { objectPath } from '../src/core/index/index-head.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import {
  RegistrySimulator,
  type SimulatedRelease,
  type TemporaryDirectory,
  temporaryDirectory,
  writeTree,
} from '../src/testkit/index.ts';
import { startMirrorServer } from '../src/wiring/mirror-server.ts';
import { type BuiltCli, buildCli } from './support/built-cli.ts';
import { expectForm } from './support/json-output.ts';
import { closedPort } from './support/loopback.ts';
import { runSheaf } from './support/run-sheaf.ts';
import { startSheaf } from './support/sheaf-process.ts';

const ADVISORY = {
  schema_version: '1.7.0',
  id: 'PLUG-2026-0001',
  modified: '2026-11-01T00:00:00Z',
  summary: 'Reads outside of the graph',
  affected: [{ package: { ecosystem: 'sheaf:acme', name: 'graph-lens' }, versions: ['1.0.0'] }],
};

let home: TemporaryDirectory;
let dir: string;
let registry: RegistrySimulator;
let url: string;

/** An artifact for one platform, by the bytes of its name. */
function built(platform: string): Artifact {
  const bytes = Buffer.from(`built for ${platform}`);
  return {
    kind: 'wasm',
    platform,
    url: `https://plugins.example/artifacts/native-${platform}.wasm`,
    size: bytes.length,
    sha256: sha256(bytes),
  };
}

const NATIVE: SimulatedRelease = {
  name: 'native-tool',
  version: '1.0.0',
  manifest: { artifacts: [built('linux-x64'), built('win32-x64')], keywords: ['native'] },
};

beforeEach(async () => {
  home = await temporaryDirectory();
  onTestFinished(() => home.remove());
  dir = join(home.path, 'mirror');
  registry = new RegistrySimulator({ id: 'acme', now: Math.floor(Date.now() / 1000) * 1000 });
  const about = { keywords: ['graph'], provides: { languages: ['rust'], commands: [] } };
  registry.addRelease({ name: 'graph-lens', version: '1.0.0', manifest: about });
  registry.addRelease({ name: 'graph-lens', version: '1.1.0', manifest: about });
  registry.addRelease({ name: 'csv-tools', version: '2.0.0', manifest: { keywords: ['csv'] } });
  registry.addRelease(NATIVE);
  registry.source.set(
    'registry/security/advisories/PLUG-2026-0001.json',
    Buffer.from(`${JSON.stringify(ADVISORY, undefined, 2)}\n`),
  );
  await publish();
  const server = await startMirrorServer({ directory: dir, host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  ({ url } = server);
});

async function publish(): Promise<void> {
  registry.now += 1000;
  await registry.publish();
  const artifacts = [...registry.artifacts.values()].map(
    (bytes) => [objectPath(sha256(bytes)), bytes] as const,
  );
  await writeTree(dir, new Map([...registry.published, ...artifacts]));
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks for exactly this target: fetch would tidy it up first. */
function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { path: target, headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The JSON at a path, after it was checked against the shipped schema. */
async function api(path: string, form: string, status = 200): Promise<Record<string, unknown>> {
  const { body, ...answered } = await ask(path);
  expect([path, answered.status]).toEqual([path, status]);
  expect(answered.headers['content-type']).toContain('application/json');
  const value = JSON.parse(body.toString()) as Record<string, unknown>;
  expectForm(`api.schema.json#/$defs/${form}`, value);
  return value;
}

function bytesOf(name: string): Uint8Array {
  const found = [...registry.artifacts].find(([address]) => address.includes(name));
  if (found === undefined) throw new Error(`There is no artifact ${name}.`);
  return found[1];
}

describe('the files of a mirror', () => {
  it('are what a client needs to install from', async () => {
    const sheaf = async (...argv: string[]) => {
      const result = await runSheaf(['--project', join(home.path, 'project'), ...argv], {
        environment: { SHEAF_HOME: join(home.path, 'home'), PATH: process.env['PATH'] },
      });
      expect(result.stderr).not.toContain('error');
      return result.stdout;
    };
    await sheaf('registry', 'add', url, '--root', `sha256:${registry.rootId}`);
    await sheaf('install', 'graph-lens');
    expect(await sheaf('list')).toContain('graph-lens');
  });

  it('are kept by caches for ever when they are named by digest, and never otherwise', async () => {
    const bytes = bytesOf('csv-tools');
    const object = await ask(`/${objectPath(sha256(bytes))}`);
    expect(object.body).toEqual(Buffer.from(bytes));
    expect(object.headers).toMatchObject({ etag: `"${sha256(bytes)}"`, 'x-content-type-options': 'nosniff' });
    expect(object.headers['cache-control']).toContain('immutable');
    expect((await ask('/latest')).headers['cache-control']).toBe('no-cache');
    const again = await ask(`/${objectPath(sha256(bytes))}`, { 'if-none-match': `"${sha256(bytes)}"` });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it.each([
    ['bytes=2-5', 206, [2, 6]],
    ['bytes=5-', 206, [5, undefined]],
    ['bytes=-4', 206, [-4, undefined]],
    ['bytes=2-999999', 206, [2, undefined]],
    ['bytes=999999-', 416, [0, 0]],
    ['bytes=5-2', 200, [0, undefined]],
    ['bytes=0-1,4-5', 200, [0, undefined]],
    ['lines=1-2', 200, [0, undefined]],
  ] as const)('answer the range %s with %i', async (range, status, [from, to]) => {
    const bytes = Buffer.from(bytesOf('csv-tools'));
    const path = `/${objectPath(sha256(bytes))}`;
    const answered = await ask(path, { range });
    expect(answered.status).toBe(status);
    expect(answered.body).toEqual(status === 416 ? Buffer.alloc(0) : bytes.subarray(from, to));
    const other = await ask(path, { range, 'if-range': '"another"' });
    expect(other).toMatchObject({ status: 200, body: bytes });
  });

  it('are compressed where that is asked for and worth it', async () => {
    const [path = '', bytes] =
      [...registry.published].find(([name, { length }]) => name.startsWith('o/') && length > 1000) ?? [];
    const { headers, body } = await ask(`/${path}`, { 'accept-encoding': 'br, gzip' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(headers.etag).toMatch(/^W\//);
    expect(gunzipSync(body)).toEqual(Buffer.from(bytes!));
    expect((await ask(`/${path}`, { 'accept-encoding': 'gzip;q=0' })).body).toEqual(Buffer.from(bytes!));
  });

  it('answer HEAD with the same head and no body', async () => {
    const got = await ask('/latest');
    const { body, headers, status } = await ask('/latest', {}, 'HEAD');
    expect([status, body.length, headers['content-length']]).toEqual([200, 0, String(got.body.length)]);
    expect((await ask('/v1/stats', {}, 'HEAD')).body).toHaveLength(0);
  });

  it('are all that can be read: no path leads out, to hidden files, or to a list of a directory', async () => {
    await writeFile(join(home.path, 'secret'), 'secret');
    await mkdir(join(home.path, 'outside'));
    await writeFile(join(home.path, 'outside', 'file'), 'secret');
    await mkdir(join(dir, '.mirror'), { recursive: true });
    await writeFile(join(dir, '.mirror', 'lock'), 'secret');
    await writeFile(join(dir, '.hidden'), 'secret');
    await symlink(join(home.path, 'secret'), join(dir, 'link'));
    await symlink(join(home.path, 'outside'), join(dir, 'directory'));
    for (const target of [
      '/../secret',
      '/o/../../secret',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/%2e%2e%2fsecret',
      '/..%5csecret',
      '/.mirror/lock',
      '/.hidden',
      '/o/./../.hidden',
      '/link',
      '/directory/file',
      '//etc/passwd',
      '/o',
      '/o/',
      '/',
      '/root',
      '/latest%00',
      `/${'a'.repeat(5000)}`,
    ]) {
      const { status, body } = await ask(target);
      expect([target, status]).toEqual([target, 404]);
      expect(body.toString()).not.toMatch(/^secret|root:/);
      expectForm('api.schema.json#/$defs/error', JSON.parse(body.toString()));
    }
    expect((await ask('/%zz')).status).toBe(400);
    expect((await ask('http://other.example/latest')).status).toBe(400);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuse %s', async (method) => {
    const { status, headers, body } = await ask('/latest', {}, method);
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'SHEAF_USAGE' } });
  });
});

describe('the API', () => {
  const names = (page: Record<string, unknown>): unknown =>
    (page['plugins'] as { name: string }[]).map(({ name }) => name);

  it('lists plugins in pages', async () => {
    const all = await api('/v1/plugins?sort=name', 'pluginPage');
    expect(names(all)).toEqual(['csv-tools', 'graph-lens', 'native-tool']);
    expect(all).toMatchObject({ total: 3, pages: 1, current: 1, hasMore: false });
    const first = await api('/v1/plugins?sort=name&limit=2', 'pluginPage');
    expect(first).toMatchObject({ total: 3, pages: 2, current: 1, hasMore: true });
    const second = await api('/v1/plugins?sort=name&limit=2&page=2', 'pluginPage');
    expect(names(second)).toEqual(['native-tool']);
    expect(await api('/v1/plugins?page=9', 'pluginPage')).toMatchObject({ plugins: [], hasMore: false });
  });

  it('searches by words and narrows by category, tag and author', async () => {
    expect(names(await api('/v1/plugins?q=graph', 'pluginPage'))).toEqual(['graph-lens']);
    expect(names(await api('/v1/plugins?tag=csv', 'pluginPage'))).toEqual(['csv-tools']);
    expect(await api('/v1/plugins?tag=csv&tag=graph', 'pluginPage')).toMatchObject({ total: 2 });
    expect(await api('/v1/plugins?category=integrations', 'pluginPage')).toMatchObject({ total: 3 });
    expect(await api('/v1/plugins?category=executors', 'pluginPage')).toMatchObject({ total: 0 });
    expect(await api('/v1/plugins?author=simulator', 'pluginPage')).toMatchObject({ total: 3 });
    expect(await api('/v1/plugins?author=nobody', 'pluginPage')).toMatchObject({ total: 0, plugins: [] });
  });

  it('shows a plugin, its versions, and a release with the signature that holds', async () => {
    const plugin = await api('/v1/plugins/graph-lens', 'plugin');
    expect(plugin).toMatchObject({ version: '1.1.0', languages: ['rust'], owner: 'author', license: 'MIT' });
    const { versions } = await api('/v1/plugins/graph-lens/versions/index.json', 'versionList');
    expect(versions).toMatchObject([{ version: '1.1.0' }, { version: '1.0.0' }]);
    const version = await api('/v1/plugins/graph-lens/versions/1.0.0', 'version');
    expect(version).toMatchObject({
      file_hash: `sha256:${sha256(bytesOf('graph-lens-1.0.0'))}`,
      download_url: '/v1/plugins/graph-lens/versions/1.0.0/download',
      signed_by: { owner: 'author', version: 1 },
    });
    expect(version['signature']).toMatch(/^-----BEGIN SSH SIGNATURE-----/);
  });

  it('downloads mirrored bytes under a name, the newest release unless one is named', async () => {
    const newest = await ask('/v1/plugins/graph-lens/download');
    expect(newest.body).toEqual(Buffer.from(bytesOf('graph-lens-1.1.0')));
    expect(newest.headers['content-disposition']).toBe('attachment; filename="graph-lens-1.1.0.wasm"');
    const older = await ask('/v1/plugins/graph-lens/versions/1.0.0/download', { range: 'bytes=1-' });
    expect(older.body).toEqual(Buffer.from(bytesOf('graph-lens-1.0.0')).subarray(1));
  });

  it('sends to the release URL what is not mirrored, and what lies there with other bytes', async () => {
    const place = join(dir, objectPath(sha256(bytesOf('csv-tools'))));
    await writeFile(place, 'other bytes');
    const damaged = await ask('/v1/plugins/csv-tools/download');
    expect([damaged.status, damaged.headers.location]).toEqual([
      302,
      'https://plugins.example/artifacts/csv-tools-2.0.0.wasm',
    ]);
    await rm(place);
    expect((await ask('/v1/plugins/csv-tools/download')).status).toBe(302);
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'linux-x64'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', 'win32-x64'],
  ])('chooses the file for %s', async (agent, platform) => {
    const { headers } = await ask('/v1/plugins/native-tool/download', { 'user-agent': agent });
    expect(headers.location).toBe(`https://plugins.example/artifacts/native-${platform}.wasm`);
    const named = await ask('/v1/plugins/native-tool/download?platform=linux-x64', { 'user-agent': agent });
    expect(named.headers.location).toBe('https://plugins.example/artifacts/native-linux-x64.wasm');
  });

  it('tells categories, advisories, the state, and how it is to be used', async () => {
    const { categories } = await api('/v1/categories', 'categories');
    expect(categories).toContainEqual(expect.objectContaining({ id: 'integrations', plugins: 3 }));
    expect(await api('/v1/advisories', 'advisories')).toEqual({ advisories: [ADVISORY] });
    expect(await api('/v1/stats', 'stats')).toMatchObject({
      registry: 'acme',
      plugins: 3,
      releases: 4,
      checkpoint: { epoch: 1, version: 1, expired: false },
    });
    const openapi = JSON.parse((await ask('/openapi.json')).body.toString()) as { paths: object };
    const schema = JSON.parse((await ask('/v1/api.schema.json')).body.toString()) as { $defs: object };
    const referred = [...JSON.stringify(openapi).matchAll(/api\.schema\.json#\/\$defs\/(\w+)/g)];
    expect(Object.keys(schema.$defs)).toEqual(expect.arrayContaining(referred.map(([, name]) => name)));
    for (const path of Object.keys(openapi.paths)) {
      const real = path.replace('{name}', 'graph-lens').replace('{version}', '1.0.0');
      expect([path, (await ask(`/v1${real}`)).status]).toEqual([path, 200]);
    }
  });

  it.each([
    ['/v1/plugins?limit=51', 400, /limit is a whole number from 1 to 50/],
    ['/v1/plugins?limit=0', 400, /limit/],
    ['/v1/plugins?page=-1', 400, /page/],
    ['/v1/plugins?page=1e3', 400, /page/],
    ['/v1/plugins?sort=best', 400, /sort is one of relevance/],
    ['/v1/plugins/graph-lenz', 404, /has no plugin graph-lenz/],
    ['/v1/plugins/graph-lens/versions/9.9.9', 404, /has no graph-lens 9\.9\.9/],
    ['/v1/plugins/graph-lens/download?platform=amiga', 400, /"amiga" is not a platform/],
    ['/v1/plugins/native-tool/download?platform=darwin-x64', 404, /does not run on darwin-x64/],
    ['/v1/plugins/Graph%20Lens', 404, /There is nothing at/],
    ['/v1/plugins/graph-lens/versions/1.0', 404, /There is nothing at/],
    ['/v1/nothing', 404, /There is nothing at/],
    ['/v2/plugins', 404, /There is nothing at/],
  ])('refuses %s with %i and a sentence', async (path, status, sentence) => {
    const { error } = await api(path, 'error', status);
    expect((error as { message: string }).message).toMatch(sentence);
  });

  it('reads no more of a question than it says', async () => {
    const { error } = await api(`/v1/plugins?q=${'x'.repeat(2000)}`, 'error', 400);
    expect(error).toMatchObject({ message: 'q has more than 1024 characters.' });
  });

  it('does not hand out what is quarantined', async () => {
    registry.addStatus({ kind: 'quarantine', plugin: pluginName('csv-tools') });
    await publish();
    expect(await api('/v1/plugins/csv-tools/download', 'error', 410)).toMatchObject({
      error: { code: 'SHEAF_REVOKED' },
    });
    expect((await ask('/v1/plugins/graph-lens/download')).status).toBe(200);
  });

  it('shows what is published meanwhile, and stays with the last state that holds', async () => {
    registry.addRelease({ name: 'new-tool', version: '1.0.0' });
    await publish();
    expect(await api('/v1/plugins/new-tool', 'plugin')).toMatchObject({ version: '1.0.0' });
    const good = await readFile(join(dir, 'latest'));
    await writeFile(join(dir, 'latest'), '1-99\n');
    expect(await api('/v1/plugins/new-tool', 'plugin')).toMatchObject({ version: '1.0.0' });
    await writeFile(join(dir, 'latest'), good);
    expect(await api('/v1/stats', 'stats')).toMatchObject({ checkpoint: { version: 2 } });
  });

  it('answers from no object that has other bytes than its digest', async () => {
    const head = registry.latestCheckpoint().index;
    registry.now += 1000;
    registry.addRelease({ name: 'new-tool', version: '1.0.0' });
    await publish();
    const leaves = [...registry.published].filter(([, bytes]) => Buffer.from(bytes).includes('"new-tool"'));
    expect(leaves.length).toBeGreaterThan(0);
    for (const [path, bytes] of leaves) {
      await writeFile(join(dir, path), Buffer.from(bytes).toString().replaceAll('"new-tool"', '"old-tool"'));
    }
    const { status, body } = await ask('/v1/plugins/new-tool');
    expect(status).toBe(500);
    expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'SHEAF_DIGEST' } });
    expect(head.sha256).not.toBe(registry.latestCheckpoint().index.sha256);
  });
});

describe('sheaf mirror serve', () => {
  let cli: BuiltCli;
  beforeAll(async () => {
    cli = await buildCli();
  });

  it('serves until Ctrl-C, which ends it at once and is no failure', async () => {
    const port = await closedPort();
    const environment = { SHEAF_HOME: join(home.path, 'home'), PATH: process.env['PATH'] };
    const server = startSheaf(cli.main, ['mirror', 'serve', dir, '--port', String(port)], { environment });
    await server.says(`http://127.0.0.1:${port}/`);
    // A connection that is kept open must not hold it up.
    const held = await fetch(`http://127.0.0.1:${port}/latest`);
    expect(await held.text()).toBe('1-1\n');
    server.child.kill('SIGINT');
    expect(await server.ended).toMatchObject({ status: 0, stdout: 'Served 1 request.\n' });
  });

  it('says in one sentence what is in the way', async () => {
    const serve = (...argv: string[]) => runSheaf(['mirror', 'serve', ...argv]);
    const nothing = await serve(home.path);
    expect(nothing).toMatchObject({ status: 6 });
    expect(nothing.stderr).toContain('holds no mirror');
    const port = new URL(url).port;
    expect((await serve(dir, '--port', port)).stderr).toContain(`Port ${port} of 127.0.0.1 is in use.`);
    expect((await serve(dir, '--port', '70000')).stderr).toContain('--port can be at most 65535');
    expect((await serve(dir, '--host', '203.0.113.9')).stderr).toContain('is no address of this machine');
  });
});
