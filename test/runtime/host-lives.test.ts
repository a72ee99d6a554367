import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { SheafError } from '../../src/core/errors.ts';
import { whyNoBubblewrap } from '../../src/host/bubblewrap-sandbox.ts';
import { addAdvisory, publishNext } from '../support/advisories.ts';
import { buildRunner } from '../support/built-runner.ts';
import { hostOf } from '../support/host-world.ts';
import {
  manifestToml,
  nextState,
  refusalOf,
  release,
  statesOf,
  userWith,
} from '../support/installed-plugins.ts';
import { childProcesses, openDescriptors } from '../support/process-census.ts';
import { specimen } from '../support/runner-world.ts';

/** How lives of plugins end, and that nothing stays of them: real runners, real sandboxes. */

const why = await whyNoBubblewrap();
if (why !== undefined) console.warn(`skipped: what the system has to isolate, because ${why}`);

let runner: string;
beforeAll(async () => {
  runner = await buildRunner();
});

describe('the kill switch', () => {
  it('refuses to load what must not run, and unloads it where it runs already, with all that needs it', async () => {
    const user = await userWith(
      await release('top', { dependencies: { 'graph-lens': '^1' } }),
      await release('graph-lens'),
      await release('users'),
    );
    const host = await hostOf(user, runner, { banCheckTime: 25 });
    await host.preload(['top', 'users']);
    const unloaded = nextState(host, 'unloaded');
    addAdvisory(user.registry, { id: 'MAL-2026-0001', about: 'graph-lens', summary: 'Sends keys away' });
    await publishNext(user.registry);
    await user.does('sync');
    const { plugin, cause } = await unloaded;
    expect(plugin).toBe('top');
    expect(cause).toMatchObject({
      code: 'SHEAF_REVOKED',
      message: expect.stringMatching(/^graph-lens 1\.0\.0 is malware/) as string,
    });
    await host.enforceBans();
    const states = Object.fromEntries((await host.discover()).map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({ top: 'unloaded', 'graph-lens': 'unloaded', users: 'registered' });
    expect(await refusalOf(host.load('graph-lens'))).toMatchObject({ code: 'SHEAF_REVOKED' });
    expect(await refusalOf(host.init('top'))).toMatchObject({ code: 'SHEAF_REVOKED' });
  });
});

describe('what goes wrong in a plugin', () => {
  it('fails it alone, and it may be loaded again only so often', async () => {
    const user = await userWith(
      await release('crasher', { module: await specimen({ body: 'unreachable' }) }),
      await release('users'),
    );
    const host = await hostOf(user, runner);
    await host.init('users');
    // Once at once, and not so soon a second time; a machine that is busy may reach the limit instead.
    let crashes = 0;
    let refused: SheafError;
    for (;;) {
      const failed = nextState(host, 'failed');
      refused = await refusalOf(host.execute('crasher', 'run'));
      if (refused.code !== 'SHEAF_CRASHED') break;
      crashes++;
      await failed;
    }
    expect(crashes).toBeGreaterThanOrEqual(2);
    expect(crashes).toBeLessThanOrEqual(4);
    expect(refused).toMatchObject({ code: 'SHEAF_STATE', cause: { code: 'SHEAF_CRASHED' } });
    expect(refused.details['retryAfterMs']).toBeGreaterThan(0);
    expect((await host.execute('users', 'run')).output).toBe(1);
  });

  it('is not counted when it was the caller who gave up', async () => {
    const user = await userWith(
      await release('spinner', { module: await specimen({ body: '(loop $on (br $on)) unreachable' }) }),
    );
    const host = await hostOf(user, runner);
    const plugin = await host.init('spinner');
    for (let time = 0; time < 4; time++) {
      const unloaded = nextState(host, 'unloaded');
      const patience = new AbortController();
      host.on('state', ({ to }) => to === 'active' && setTimeout(() => patience.abort(), 5));
      expect(await refusalOf(plugin.execute('run', null, { signal: patience.signal }))).toMatchObject({
        code: 'SHEAF_INTERRUPTED',
      });
      expect((await unloaded).cause).toMatchObject({ code: 'SHEAF_INTERRUPTED' });
    }
  });
});

/** Protocol 1 in a few lines: what a plugin of the native tier is. */
const NATIVE = `
  import { createInterface } from 'node:readline';
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: { protocol: 1, commands: ['run'] } });
    if (method === 'execute') say({ id, result: params.input + 1 });
    if (method === 'shutdown') process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: null }) + '\\n', () => process.exit(0));
  });
`;

describe.skipIf(why !== undefined)('a plugin of the native tier', () => {
  it('runs only where the system isolates it, unless the application says in so many words that less will do', async () => {
    const user = await userWith(await release('graph-lens'));
    const folder = user.at('work');
    await mkdir(folder);
    await chmod(folder, 0o755);
    const toml = manifestToml('draft', []).replace('tier = "wasm"', 'tier = "native"');
    await writeFile(`${folder}/sheaf.plugin.toml`, toml);
    await writeFile(`${folder}/draft.mjs`, NATIVE);
    const host = await hostOf(user, runner);
    const plugin = await host.loadFromDir(folder);
    expect(await plugin.execute('run', 41)).toMatchObject({ output: 42, isolation: 'os' });
    await host.unload('draft');
  });
});

describe.skipIf(why !== undefined)('the level high', () => {
  it('runs a module under the isolation of the system', async () => {
    const user = await userWith(await release('graph-lens', { security: { level: 'high' } }));
    const host = await hostOf(user, runner);
    expect(await host.execute('graph-lens', 'run')).toMatchObject({ output: 1, isolation: 'os' });
  });
});

describe('many lives', () => {
  // SHEAF_CYCLES=1000 for the whole proof; a few are enough to see a leak.
  const cycles = Number(process.env['SHEAF_CYCLES'] ?? 40);

  it(`leave no descriptor, process or listener behind, ${cycles} times`, { timeout: 600_000 }, async () => {
    const user = await userWith(await release('graph-lens'));
    const host = await hostOf(user, runner, { warmRunners: 1 });
    const census = () => ({
      descriptors: openDescriptors(),
      children: childProcesses().length,
      listeners: process.listenerCount('exit'),
    });
    const live = async (times: number): Promise<void> => {
      for (let cycle = 0; cycle < times; cycle++) {
        expect((await host.execute('graph-lens', 'run')).output).toBe(1);
        await host.unload('graph-lens');
      }
    };
    // Connections that the installation kept open would end some time.
    await Promise.all([user.index.stop(), user.artifacts.stop()]);
    await live(3);
    const before = census();
    await live(cycles);
    // The pipe through which the blank runner got its filter may be about to close.
    await vi.waitFor(
      () => {
        const after = census();
        expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
        expect({ ...after, descriptors: 0 }).toEqual({ ...before, descriptors: 0 });
      },
      { timeout: 10_000 },
    );
    await host.close();
    expect(childProcesses()).toEqual([]);
    expect(process.listenerCount('exit')).toBeLessThanOrEqual(before.listeners);
  });

  it('obey the lifecycle in real processes, too, whatever is asked in whatever order', async () => {
    const names = ['top', 'middle', 'crasher'];
    const user = await userWith(
      await release('top', { dependencies: { middle: '^1' } }),
      await release('middle'),
      await release('crasher', { module: await specimen({ body: 'unreachable' }) }),
    );
    const action = record({
      kind: constantFrom('load', 'init', 'execute', 'execute', 'unload'),
      name: constantFrom(...names),
    });
    await assert(
      asyncProperty(array(action, { minLength: 4, maxLength: 16 }), async (actions) => {
        const host = await hostOf(user, runner, { warmRunners: 1 });
        const states = statesOf(host);
        const work = actions.map(({ kind, name }) => {
          if (kind === 'execute') return host.execute(name, 'run');
          return host[kind](name);
        });
        for (const end of await Promise.allSettled(work)) {
          const code = end.status === 'fulfilled' ? 'ok' : (end.reason as SheafError).code;
          expect(['ok', 'SHEAF_STATE', 'SHEAF_CRASHED', 'SHEAF_IN_USE']).toContain(code);
        }
        await host.close();
        const last = new Map<string, string>();
        for (const { plugin, from, to } of states) {
          expect(from, `${plugin} → ${to}`).toBe(last.get(plugin) ?? 'discovered');
          last.set(plugin, to);
        }
        expect([...last.values()].filter((state) => state !== 'unloaded')).toEqual([]);
        expect(childProcesses()).toEqual([]);
      }),
      { seed: 20_261_120, numRuns: 8 },
    );
  });
});
