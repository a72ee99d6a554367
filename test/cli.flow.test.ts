import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import { RegistrySimulator, writeTree } from '../src/testkit/index.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** The commands of a user and of an operator, from the words that are typed to files on the disk. */

const SCHEMA = JSON.parse(
  readFileSync(new URL('../schemas/cli-output.schema.json', import.meta.url), 'utf8'),
) as object;
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, schemas: [SCHEMA] });

/** A machine of its own with a project, and a registry published in a directory. */
async function world() {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-flow-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(directory, ...path);
  await mkdir(at('project'));
  const registry = new RegistrySimulator({ id: 'acme', now: Math.floor(Date.now() / 1000) * 1000 });
  registry.addOwner('author');
  const environment = { SHEAF_HOME: at('home'), PATH: process.env['PATH'] };
  const sheaf = (...argv: string[]) => runSheaf(['--project', at('project'), ...argv], { environment });
  return {
    at,
    registry,
    sheaf,
    /** Publishes the registry; its artifacts come with a mirror, here the cache of the machine. */
    publish: async () => {
      await registry.publish();
      await writeTree(at('published'), registry.published);
      const artifacts = [...registry.artifacts.values()].map((bytes) => [sha256(bytes), bytes] as const);
      const paths = artifacts.map(([digest, bytes]) => [`${digest.slice(0, 2)}/${digest}`, bytes] as const);
      await writeTree(at('home/cache/objects'), new Map(paths));
    },
    /** The data of a command that must succeed, after its document was checked against the schema. */
    data: async (definition: string, ...argv: string[]) => {
      const { stdout, stderr } = await sheaf(...argv, '--json');
      const document = JSON.parse(stdout) as { ok: boolean; data: Record<string, unknown> };
      const validate = ajv.getSchema(`cli-output.schema.json#/$defs/${definition}`);
      await validate?.(document);
      expect(validate?.errors).toBe(null);
      expect(stderr).toBe('');
      return document.data;
    },
  };
}

describe('a user', () => {
  it('is told what a named plugin may do before it is fetched, and by an update is asked', async () => {
    const { at, registry, sheaf, publish } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0', capabilities: ['query'] });
    await publish();
    await sheaf('registry', 'add', at('published'), '--root', `sha256:${registry.rootId}`);
    const told = 'New capabilities for graph-lens 1.0.0: query\n';
    await sheaf('cache', 'clean');
    const unfetched = await sheaf('install', 'graph-lens');
    expect(unfetched).toMatchObject({ status: 7, stdout: '' });
    expect(unfetched.stderr.startsWith(`${told}error: `)).toBe(true);
    await publish();
    expect(await sheaf('install', 'graph-lens')).toMatchObject({ status: 0, stderr: told });

    registry.addRelease({ name: 'graph-lens', version: '1.1.0', capabilities: ['query', 'read-graph'] });
    await publish();
    expect(await sheaf('update', '--yes')).toMatchObject({
      status: 9,
      stderr: expect.stringContaining(
        'Nobody agreed to the new capabilities of graph-lens 1.1.0: read-graph.',
      ),
    });
  });

  it('who wants nothing needs no lock file, and gets none', async () => {
    const { at, registry, sheaf, publish } = await world();
    await publish();
    await sheaf('registry', 'add', at('published'), '--root', `sha256:${registry.rootId}`);
    for (const options of [[], ['--locked'], ['--frozen']]) {
      expect(await sheaf('install', ...options)).toMatchObject({
        status: 0,
        stdout: 'Nothing to do: everything is as it should be.\n',
      });
    }
    await expect(readFile(at('project/sheaf.lock'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('adds a registry, installs, looks, updates, goes back and removes', async () => {
    const { at, registry, sheaf, data, publish } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.9.0', dependencies: { users: '^1.0.0' } });
    registry.addRelease({ name: 'users', version: '1.0.0', capabilities: ['query'] });
    await publish();

    const root = `sha256:${registry.rootId}`;
    expect(await data('registry-add', 'registry', 'add', at('published'), '--root', root)).toMatchObject({
      alias: 'acme',
      pinned: true,
    });
    expect(await data('registry-list', 'registry', 'list')).toMatchObject({
      registries: [{ alias: 'acme' }],
    });
    expect(await data('info', 'info', 'graph-lens')).toMatchObject({ version: '1.9.0', installed: null });

    const dry = await data('install', 'install', 'graph-lens', '--dry-run');
    expect(dry).not.toHaveProperty('generation');
    const done = await data('install', 'install', 'graph-lens');
    expect(done.plan).toEqual(dry.plan);
    expect(await readFile(at('project/sheaf.toml'), 'utf8')).toContain('graph-lens = "^1.9.0"');
    expect(await data('list', 'list')).toMatchObject({
      plugins: [
        { name: 'graph-lens', version: '1.9.0', wanted: true },
        { name: 'users', version: '1.0.0', wanted: false, capabilities: ['query'] },
      ],
    });
    expect((await sheaf('install', 'graph-lens')).stdout).toBe(
      'Nothing to do: everything is as it should be.\n',
    );
    expect(await data('verify', 'verify')).toMatchObject({ plugins: [{ faults: [] }, { faults: [] }] });

    registry.addRelease({ name: 'graph-lens', version: '1.10.0', dependencies: { users: '^1.0.0' } });
    await publish();
    expect(await data('sync', 'sync')).toMatchObject({ registries: [{ alias: 'acme', changed: true }] });
    expect(await data('outdated', 'outdated')).toMatchObject({
      plugins: [{ name: 'graph-lens', installed: '1.9.0', allowed: '1.10.0' }],
    });
    const updated = await data('update', 'update');
    expect(updated).toMatchObject({ plan: { update: [{ from: '1.9.0', version: '1.10.0' }] } });
    expect(await data('rollback', 'rollback')).toMatchObject({
      plan: { update: [{ from: '1.10.0', version: '1.9.0' }] },
    });

    const needed = await sheaf('remove', 'users');
    expect(needed).toMatchObject({ status: 1, stdout: '' });
    expect(needed.stderr).toContain('users is needed by graph-lens');
    expect(await data('remove', 'remove', 'graph-lens')).toMatchObject({
      plan: { remove: [{ name: 'graph-lens' }, { name: 'users' }] },
    });
    expect((await sheaf('list')).stdout).toBe('No plugins are installed here.\n');
  });

  it('is not asked without a terminal, and nothing is trusted then', async () => {
    const { at, registry, sheaf, publish, data } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await publish();
    const refused = await sheaf('registry', 'add', at('published'));
    expect(refused.status).toBe(3);
    expect(refused.stderr).toContain('--yes');
    expect(await data('registry-list', 'registry', 'list')).toEqual({ registries: [] });
    expect(await data('registry-add', 'registry', 'add', at('published'), '--yes')).toMatchObject({
      pinned: false,
    });
    expect(await data('registry-remove', 'registry', 'remove', 'acme')).toEqual({
      alias: 'acme',
      id: 'acme',
    });
  });

  it('gets the exit status that scripts rely on', async () => {
    const { at, registry, sheaf, publish } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    registry.addRelease({ name: 'users', version: '1.0.0' });
    registry.addRelease({ name: 'users', version: '2.0.0' });
    registry.addRelease({ name: 'old-view', version: '1.0.0', dependencies: { users: '^1.0.0' } });
    registry.addRelease({ name: 'new-view', version: '1.0.0', dependencies: { users: '^2.0.0' } });
    await publish();
    const statusOf = async (...argv: string[]): Promise<number> => (await sheaf(...argv)).status;
    expect(await statusOf('registry', 'add', at('published'), '--root', `sha256:${'0'.repeat(64)}`)).toBe(5);
    expect(await statusOf('registry', 'add', at('absent'), '--yes')).not.toBe(0);
    expect(await statusOf('registry', 'add', at('published'), '--yes')).toBe(0);
    expect(await statusOf('install', 'graph-lnes')).toBe(6);
    expect((await sheaf('info', 'graph-lnes')).stderr).toContain('Did you mean graph-lens?');
    expect(await statusOf('install', 'graph-lens@^2')).toBe(6);
    expect(await statusOf('install', 'old-view', 'new-view')).toBe(8);
    expect(await statusOf('install', 'Not A Name')).toBe(2);
    expect(await statusOf('remove', 'graph-lens')).toBe(6);
    expect(await statusOf('rollback')).toBe(6);
    expect(await statusOf('sync', 'nobody')).toBe(6);
    await writeFile(at('project/sheaf.toml'), '[plugins]\ngraph-lens = "^1.0.0"\n');
    expect(await statusOf('install', '--locked')).toBe(10);
  });

  it('installs in CI only what was locked', async () => {
    const { at, registry, publish } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await publish();
    const environment = { SHEAF_HOME: at('home'), CI: 'true' };
    await runSheaf(['registry', 'add', at('published'), '--yes'], { environment });
    await writeFile(at('project/sheaf.toml'), '[plugins]\ngraph-lens = "^1.0.0"\n');
    const install = ['--project', at('project'), 'install'];
    expect((await runSheaf(install, { environment })).status).toBe(10);
    expect((await runSheaf(install, { environment: { SHEAF_HOME: at('home') } })).status).toBe(0);
    expect((await runSheaf(install, { environment })).status).toBe(0);
  });

  it('keeps settings, a cache and a diagnosis', async () => {
    const { at, registry, sheaf, data, publish } = await world();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await publish();
    await data('config-set', 'config', 'set', 'policy.tiers', 'wasm');
    expect(await data('config-get', 'config', 'get', 'policy.tiers')).toEqual({
      key: 'policy.tiers',
      value: 'wasm',
    });
    expect(await data('config-list', 'config', 'list')).toEqual({
      settings: [{ key: 'policy.tiers', value: 'wasm' }],
    });
    await data('config-unset', 'config', 'unset', 'policy.tiers');
    expect(await data('config-get', 'config', 'get', 'policy.tiers')).toMatchObject({ value: null });
    expect((await sheaf('config', 'set', 'policy.teirs', 'wasm')).status).toBe(2);
    expect((await data('config-path', 'config', 'path')).path).toContain(at('home'));

    expect((await data('cache-path', 'cache', 'path')).path).toBe(at('home/cache/objects'));
    const { objects } = await data('cache-list', 'cache', 'list');
    expect(objects).toBe(1);
    expect(await data('cache-clean', 'cache', 'clean', '--dry-run')).toMatchObject({
      objects: 1,
      dryRun: true,
    });
    expect(await data('cache-clean', 'cache', 'clean')).toMatchObject({ objects: 1, dryRun: false });
    expect(await data('cache-list', 'cache', 'list')).toMatchObject({ objects: 0 });

    expect(await data('doctor', 'doctor')).toMatchObject({ healthy: true });
  });
});

describe('an operator', () => {
  let operator: Awaited<ReturnType<typeof publishedRegistry>>;
  beforeAll(async () => {
    operator = await publishedRegistry();
    return () => rm(operator.directory, { recursive: true, force: true });
  });

  it('makes a registry, signs it as it is told to, and publishes what a client accepts', async () => {
    const { at, sheaf } = operator;
    expect(await readdir(at('served'))).toContain('latest');
    const again = await sheaf('index', 'publish', at('public'), '--to', at('served'));
    expect(again.stdout).toContain('already');
    const added = await sheaf('registry', 'add', at('served'), '--yes');
    expect(added).toMatchObject({ status: 0 });
    expect((await sheaf('sync')).stdout).toContain('acme 1-1 unchanged');
  });

  it('shows with index verify that nothing was invented', async () => {
    const { at, sheaf } = operator;
    const { status, stdout } = await sheaf('index', 'verify', at('served'), '--source', at('acme'));
    expect(status).toBe(0);
    expect(stdout).toContain('is what its source says');
  });

  it('cannot sign with a key that the root does not allow to', async () => {
    const { at, sheaf } = operator;
    const { status } = await sheaf('index', 'sign', at('public'), '--key', at('alice'));
    expect(status).toBe(5);
  });

  it('cannot publish what nobody signed', async () => {
    const { at, sheaf } = operator;
    await sheaf('index', 'build', at('acme'), '--out', at('unsigned'), '--previous', at('served'));
    const { status } = await sheaf('index', 'publish', at('unsigned'), '--to', at('served'));
    expect(status).toBe(5);
  });
});

/** A registry made by nothing but the printed commands. */
async function publishedRegistry() {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-operator-'));
  const at = (...path: string[]): string => join(directory, ...path);
  const environment = { SHEAF_HOME: at('home'), PATH: process.env['PATH'] };
  const sheaf = (...argv: string[]) => runSheaf(argv, { environment });
  const mustRun = async (...argv: string[]) => {
    const result = await sheaf(...argv);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    return result.stdout;
  };
  await mustRun('key', 'create', at('alice'));
  await mustRun('key', 'create', at('ci'));
  const keys = ['--root-key', at('alice.pub'), '--ci-key', at('ci.pub')];
  const said = await mustRun('registry', 'init', at('acme'), ...keys);
  const printed = said.split('\n').filter((line) => line.startsWith('  sheaf '));
  expect(printed).toHaveLength(4);
  for (const line of printed) {
    const words = line.trim().split(' ').slice(1);
    await mustRun(...words.map((word) => (word === 'public' ? at('public') : word)).map(toServed));
  }
  return { directory, at, sheaf };

  function toServed(word: string): string {
    return word === 'DIRECTORY-OR-GIT-URL' ? at('served') : word;
  }
}
