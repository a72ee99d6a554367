import { appendFile, chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import type { LogRecord, MetricEvent } from '../../src/host/host-events.ts';
import { publishNext } from '../support/advisories.ts';
import { buildRunner } from '../support/built-runner.ts';
import { hostOf } from '../support/host-world.ts';
import {
  asking,
  manifestToml,
  QUERIES,
  refusalOf,
  release,
  statesOf,
  userWith,
} from '../support/installed-plugins.ts';
import type { UserOfRegistry } from '../support/registry-on-loopback.ts';
import { specimen } from '../support/runner-world.ts';

/** Applications that load what their users installed: real registries, real runners, real sandboxes. */

let runner: string;
beforeAll(async () => {
  runner = await buildRunner();
});

describe('a host', () => {
  it('finds what is installed, runs it when it is asked for, and leaves nothing behind', async () => {
    const user = await userWith(await release('graph-lens'), await release('users'));
    const host = await hostOf(user, runner);
    const states = statesOf(host);
    const metrics: MetricEvent[] = [];
    host.on('metric', (event) => metrics.push(event));
    expect(await host.discover()).toMatchObject([
      {
        name: 'graph-lens',
        version: '1.0.0',
        tier: 'wasm',
        registry: 'acme',
        verified: true,
        state: 'discovered',
      },
      { name: 'users', state: 'discovered' },
      { name: 'javascript-executor', registry: 'host', languages: ['javascript'] },
    ]);
    const { output, metrics: cost, isolation } = await host.execute('graph-lens', 'run', { any: 'thing' });
    expect(output).toBe(1);
    expect(cost.memoryBytes).toBe(65_536);
    expect(['os', 'process']).toContain(isolation);
    expect(states.map(({ plugin, to }) => `${plugin} ${to}`)).toEqual(
      ['loaded', 'initialized', 'registered', 'active'].map((to) => `graph-lens ${to}`),
    );
    expect(metrics).toEqual([{ plugin: 'graph-lens', command: 'run', ok: true, metrics: cost }]);
    expect(host.stats).toMatchObject({ calls: 1, failures: 0, us: cost.us, peakMemoryBytes: 65_536 });

    const generation = user.at('project/.sheaf/generations/1/.in-use');
    expect(await readdir(generation)).toHaveLength(1);
    await host.close();
    expect(await readdir(generation)).toHaveLength(0);
    const closed = await refusalOf(host.execute('graph-lens', 'run'));
    expect(closed).toMatchObject({ code: 'SHEAF_STATE', message: 'The host has been closed.' });
  });

  it('keeps the set it loads from, and takes up another at the next look', async () => {
    const user = await userWith(await release('graph-lens'));
    const host = await hostOf(user, runner);
    await host.init('graph-lens');
    user.registry.addRelease(
      await release('graph-lens', { version: '1.1.0', module: await specimen({ data: '{"ok":2}' }) }),
    );
    await publishNext(user.registry);
    await user.does('sync');
    await user.does('update');
    const seen = async () => (await host.discover()).find(({ name }) => name === 'graph-lens')?.version;
    expect(await seen()).toBe('1.0.0');
    expect((await host.execute('graph-lens', 'run')).output).toBe(1);
    await host.unload('graph-lens');
    expect(await seen()).toBe('1.1.0');
    expect((await host.execute('graph-lens', 'run')).output).toBe(2);
    expect(await readdir(user.at('project/.sheaf/generations/1/.in-use'))).toHaveLength(1);
  });

  it('says what was probably meant by a name that nothing has', async () => {
    const host = await hostOf(await userWith(await release('graph-lens')), runner);
    expect(await refusalOf(host.execute('grahp-lens', 'run'))).toMatchObject({
      code: 'SHEAF_NOT_INSTALLED',
      hint: 'Did you mean graph-lens?',
    });
  });

  it('brings ten plugins up in parallel, and shares one start between all who ask', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `plugin-${index}`);
    const user = await userWith(...(await Promise.all(names.map((name) => release(name)))));
    const host = await hostOf(user, runner);
    const states = statesOf(host);
    const [preloaded] = await Promise.all([
      host.preload([...names, 'missing'], { parallel: 4 }),
      ...names.map((name) => host.init(name)),
      ...names.map((name) => host.load(name)),
    ]);
    expect(preloaded.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
      ...names.map((name) => `${name} true`),
      'missing false',
    ]);
    expect(states).toHaveLength(30);
    const outputs = await Promise.all(names.map((name) => host.execute(name, 'run')));
    expect(outputs.map(({ output }) => output)).toEqual(names.map(() => 1));
    expect(host.stats.calls).toBe(10);
  });
});

describe('loading', () => {
  it.each<[string, (directory: string, user: UserOfRegistry) => Promise<void>, RegExp]>([
    [
      'a changed module',
      (directory) => change(`${directory}/graph-lens/plugin.wasm`),
      /"plugin\.wasm" was changed/,
    ],
    [
      'a file too many',
      (directory) => writeFile(`${directory}/graph-lens/more.js`, ''),
      /"more\.js" was added/,
    ],
    [
      'a changed manifest',
      (directory) => change(`${directory}/.manifests/graph-lens.toml`),
      /The manifest of graph-lens is not the one/,
    ],
    [
      'digests that are gone',
      (directory) => rm(`${directory}/.manifests/graph-lens.sha256`),
      /digests of the files of graph-lens are missing/,
    ],
  ])('refuses %s', async (_, damage, sentence) => {
    const user = await userWith(await release('graph-lens'));
    await damage(user.at('project/.sheaf/generations/1'), user);
    const host = await hostOf(user, runner);
    const error = await refusalOf(host.load('graph-lens'));
    expect(error).toMatchObject({
      code: 'SHEAF_MODIFIED',
      message: expect.stringMatching(sentence) as string,
    });
    expect((await host.discover()).find(({ name }) => name === 'graph-lens')?.state).toBe('failed');
  });

  it('refuses a module whose digests were forged along with it: the signed one stands in the manifest', async () => {
    const user = await userWith(await release('graph-lens'));
    const directory = user.at('project/.sheaf/generations/1');
    await change(`${directory}/graph-lens/plugin.wasm`);
    const forged = sha256(await readFile(`${directory}/graph-lens/plugin.wasm`));
    await replace(`${directory}/.manifests/graph-lens.sha256`, `${forged}  plugin.wasm\n`);
    const host = await hostOf(user, runner);
    expect(await refusalOf(host.load('graph-lens'))).toMatchObject({ code: 'SHEAF_DIGEST' });
  });

  it('refuses engines, programs and modules that do not fit', async () => {
    const user = await userWith(
      await release('for-others', { engines: { parseltongue: '>=2' } }),
      await release('in-need', { manifest: { requires: { sh: '*' } } }),
      await release('undeclared', { module: await asking() }),
    );
    // The shell was there when it was installed.
    const environment = { ...user.environment, PATH: '' };
    const engines = { parseltongue: '1.4.0' };
    const host = await hostOf(user, runner, { engines, environment });
    expect(await refusalOf(host.load('for-others'))).toMatchObject({
      code: 'SHEAF_ENGINE',
      message: 'for-others 1.0.0 needs parseltongue >=2 where 1.4.0 is present.',
    });
    expect(await refusalOf(host.load('in-need'))).toMatchObject({
      code: 'SHEAF_REQUIREMENT',
      details: { programs: ['sh'] },
    });
    expect(await refusalOf(host.load('undeclared'))).toMatchObject({ code: 'SHEAF_CAPABILITY_UNDECLARED' });
  });

  it('loads what a plugin needs first, and unloads nothing that is needed', async () => {
    const user = await userWith(
      await release('top', { dependencies: { middle: '^1' } }),
      await release('middle', { dependencies: { bottom: '^1' } }),
      await release('bottom'),
    );
    const host = await hostOf(user, runner);
    const states = statesOf(host);
    await host.init('top');
    const loaded = states.filter(({ to }) => to === 'loaded').map(({ plugin }) => plugin);
    const registered = states.filter(({ to }) => to === 'registered').map(({ plugin }) => plugin);
    expect(loaded).toEqual(['bottom', 'middle', 'top']);
    expect(registered).toEqual(['bottom', 'middle', 'top']);
    expect(await refusalOf(host.unload('bottom'))).toMatchObject({
      code: 'SHEAF_IN_USE',
      details: { neededBy: ['middle'] },
    });
    for (const name of ['top', 'middle', 'bottom']) await host.unload(name);
    expect(states.at(-1)).toMatchObject({ plugin: 'bottom', to: 'unloaded' });
  });

  it('refuses a tier that the application does not load', async () => {
    const user = await userWith(await release('graph-lens'));
    const host = await hostOf(user, runner, { policy: { tiers: ['native'] } });
    expect(await refusalOf(host.load('graph-lens'))).toMatchObject({ code: 'SHEAF_POLICY' });
  });

  it('takes a plugin from a folder at its word, and marks it', async () => {
    const user = await userWith(await release('graph-lens'));
    const folder = user.at('work');
    await mkdir(folder);
    await writeFile(`${folder}/sheaf.plugin.toml`, manifestToml('draft', ['query']));
    await writeFile(`${folder}/draft.wasm`, await asking());
    const host = await hostOf(user, runner, { capabilities: { query: QUERIES } });
    const logs: LogRecord[] = [];
    host.on('log', (record) => logs.push(record));
    const plugin = await host.loadFromDir(folder);
    expect(plugin).toMatchObject({ id: 'draft', state: 'loaded', granted: ['query'] });
    expect((await plugin.execute('run', 'x')).output).toEqual({ asked: 'x', by: 'draft' });
    expect(logs).toMatchObject([
      {
        plugin: 'draft',
        by: 'host',
        level: 'warn',
        message: expect.stringContaining('nobody signed it') as string,
      },
    ]);
    expect((await host.discover()).find(({ name }) => name === 'draft')).toMatchObject({ verified: false });
    await host.unload('draft');

    const strict = await hostOf(user, runner, {
      policy: { unverified: false },
      capabilities: { query: QUERIES },
    });
    expect(await refusalOf(strict.loadFromDir(folder))).toMatchObject({
      code: 'SHEAF_POLICY',
      message: expect.stringContaining('unverified') as string,
    });

    const toml = manifestToml('draft', ['query']).replace('tier = "wasm"', 'tier = "core"');
    await writeFile(`${folder}/sheaf.plugin.toml`, toml);
    expect(await refusalOf(host.loadFromDir(folder))).toMatchObject({
      code: 'SHEAF_POLICY',
      message: 'draft is of the tier core, which is never loaded from files.',
    });
  });
});

describe('capabilities', () => {
  const needing = async () => release('asker', { capabilities: ['query'], module: await asking() });

  it('reach the function of the host when all agree', async () => {
    const host = await hostOf(await userWith(await needing()), runner, {
      capabilities: { query: QUERIES },
    });
    expect((await host.execute('asker', 'run', [1])).output).toEqual({ asked: [1], by: 'asker' });
  });

  it.each<[string, Parameters<typeof hostOf>[2], string]>([
    ['the host does not offer', {}, 'is not offered by this host'],
    [
      'the host keeps from the tier',
      { capabilities: { query: { ...QUERIES, tiers: ['core'] } } },
      'is not for plugins of the tier wasm',
    ],
    [
      'its policy excludes',
      { capabilities: { query: QUERIES }, policy: { capabilities: [] } },
      'is excluded by a policy',
    ],
    [
      'only a wildcard names',
      { capabilities: { '*': QUERIES, 'q*': QUERIES } },
      'is not offered by this host',
    ],
  ])('are refused at load when needed and %s', async (_, options, because) => {
    const host = await hostOf(await userWith(await needing()), runner, options);
    expect(await refusalOf(host.load('asker'))).toMatchObject({
      code: 'SHEAF_CAPABILITY_DENIED',
      details: { capabilities: [{ id: 'query', because }] },
    });
  });

  it('are denied at the call when they are optional', async () => {
    const optional = { capabilities: [{ id: 'query', optional: true }] };
    const user = await userWith(await release('asker', { module: await asking(), security: optional }));
    const host = await hostOf(user, runner);
    const error = await refusalOf(host.execute('asker', 'run'));
    expect(error).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'CAPABILITY_DENIED' } });
    expect(host.stats).toMatchObject({ calls: 1, failures: 1 });
  });

  it('never go beyond what the policy of the user admits', async () => {
    const user = await userWith(await needing());
    const toml = await readFile(user.at('project/sheaf.toml'), 'utf8');
    await writeFile(user.at('project/sheaf.toml'), `${toml}\n[policy]\ndeny_capabilities = ["query"]\n`);
    const host = await hostOf(user, runner, { capabilities: { query: QUERIES } });
    expect(await refusalOf(host.load('asker'))).toMatchObject({ code: 'SHEAF_CAPABILITY_DENIED' });
  });
});

describe('configuration', () => {
  it('comes from sheaf.toml, as the schema of the plugin admits it', async () => {
    const schema = JSON.stringify({
      type: 'object',
      properties: { depth: { type: 'integer' } },
      additionalProperties: false,
    });
    const source =
      'let config; export function init(given) { config = given.config; } export function run() { return config; }';
    const files = { 'plugin.js': source, 'config.schema.json': schema };
    const user = await userWith(
      await release('settings', { files, manifest: { configSchema: 'config.schema.json' } }),
    );
    const toml = await readFile(user.at('project/sheaf.toml'), 'utf8');
    const write = (value: string) =>
      writeFile(user.at('project/sheaf.toml'), `${toml}\n[plugin.settings.config]\ndepth = ${value}\n`);
    await write('3');
    const host = await hostOf(user, runner);
    expect((await host.execute('settings', 'run')).output).toEqual({ depth: 3 });
    await host.unload('settings');
    await write('"deep"');
    expect(await refusalOf(host.init('settings'))).toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      place: { file: 'sheaf.toml' },
    });
  });
});

async function change(path: string): Promise<void> {
  await chmod(path, 0o644);
  await appendFile(path, '#');
}

async function replace(path: string, text: string): Promise<void> {
  await chmod(path, 0o644);
  await writeFile(path, text);
}
