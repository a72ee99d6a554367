import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  record,
  type Scheduler,
  scheduler,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { pluginName } from '../core/plugin-name.ts';
import type { FoundPlugin } from '../core/runtime/found-plugin.ts';
import { DEFAULT_POLICY } from '../core/runtime/host-policy.ts';
import type { Version, VersionRange } from '../core/version.ts';
import { foundInterpreter } from './core-plugin.ts';
import { createHost, type HostParts } from './host.ts';
import type { StateEvent } from './host-events.ts';
import type { Ban } from './load-checks.ts';
import type { PluginHost } from './plugin-host.ts';
import type { RunningPlugin } from './running-plugin.ts';

/** Plugins that are no processes: they start, answer, crash and end when the test says so. */
interface FakeWorld {
  readonly host: PluginHost;
  readonly events: readonly StateEvent[];
  /** How many of each are there now. */
  readonly running: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  readonly bans: Ban[];
  /** Starts of these fail. */
  readonly broken: Set<string>;
  now: number;
  crash(name: string): void;
}

/** `c` needs `b`, and `b` needs `a`. */
const NAMES = ['plugin-a', 'plugin-b', 'plugin-c'] as const;
const NEEDS: Readonly<Record<string, string>> = { 'plugin-b': 'plugin-a', 'plugin-c': 'plugin-b' };

function fakePlugin(name: string, needed: string | undefined, pause: () => Promise<void>): FoundPlugin {
  const interpreter = foundInterpreter();
  const manifest = interpreter.manifest!;
  const dependencies =
    needed === undefined ? {} : { [needed]: { range: '*' as VersionRange, optional: false } };
  return {
    ...interpreter,
    name: pluginName(name),
    version: '1.0.0' as Version,
    registry: 'acme',
    manifest: { ...manifest, name: pluginName(name), dependencies },
    async code() {
      await pause();
      return { kind: 'script', code: new Uint8Array() };
    },
  };
}

async function fakeWorld(
  pause: () => Promise<void> = () => Promise.resolve(),
  needs: Readonly<Record<string, string>> = NEEDS,
): Promise<FakeWorld> {
  const running = new Map<string, number>();
  const crashes = new Map<string, () => void>();
  const faults: string[] = [];
  const bans: Ban[] = [];
  const broken = new Set<string>();
  const events: StateEvent[] = [];
  const world = { now: 0 };
  const parts: HostParts = {
    source: {
      find: () => Promise.resolve(NAMES.map((name) => fakePlugin(name, needs[name], pause))),
      findInFolder: () => Promise.reject(new Error('there are no folders')),
      async bans() {
        await pause();
        return bans;
      },
      findProgram: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
    },
    runtime: {
      available: () => Promise.resolve({ level: 'process' }),
      async start({ manifest: { name } }): Promise<RunningPlugin> {
        const needed = needs[name];
        if (needed !== undefined && !running.has(needed)) faults.push(`${name} starts before ${needed}`);
        await pause();
        if (broken.has(name)) throw new SheafError('SHEAF_INIT', `${name} does not start.`);
        running.set(name, (running.get(name) ?? 0) + 1);
        if (running.get(name) !== 1) faults.push(`${name} runs twice`);
        let settle: (error: SheafError | undefined) => void = () => {};
        const closed = new Promise<SheafError | undefined>((resolve) => {
          settle = resolve;
        });
        let isThere = true;
        const end = (error: SheafError | undefined): void => {
          if (isThere) running.set(name, (running.get(name) ?? 0) - 1);
          isThere = false;
          settle(error);
        };
        crashes.set(name, () => end(new SheafError('SHEAF_CRASHED', `${name} ended.`)));
        return {
          commands: ['execute'],
          closed,
          async execute() {
            await pause();
            if (!isThere) throw new SheafError('SHEAF_STATE', `${name} is not running any more.`);
            return { output: name, metrics: { us: 1, wallUs: 2, memoryBytes: 3 }, isolation: 'process' };
          },
          async dispose() {
            await pause();
            end(undefined);
          },
        };
      },
      close: () => Promise.resolve(),
    },
    own: { first: [], last: [] },
    policy: DEFAULT_POLICY,
    capabilities: [],
    admits: () => true,
    engines: {},
    executors: {},
    now: () => world.now,
    banCheckTime: LIMITS.banCheckTime,
  };
  const host = await createHost(parts);
  host.on('state', (event) => events.push(event));
  return Object.assign(world, {
    host,
    events,
    running,
    faults,
    bans,
    broken,
    crash: (name: string) => crashes.get(name)?.(),
  });
}

const ban = (name: string): Ban => ({
  name: pluginName(name),
  version: '1.0.0' as Version,
  registry: 'acme',
  cause: new SheafError('SHEAF_REVOKED', `${name} is quarantined.`),
});

const alive = ({ running }: FakeWorld): readonly string[] =>
  NAMES.filter((name) => (running.get(name) ?? 0) > 0);

/** The plugins that, by what the host told, are there. */
function upIn(events: readonly StateEvent[]): readonly string[] {
  const last = new Map<string, string>(events.map(({ plugin, to }) => [plugin, to]));
  return NAMES.filter((name) => ['registered', 'active'].includes(last.get(name) ?? ''));
}

/** The ways of core/runtime/lifecycle.ts, `failed` from everywhere. */
const WAYS = new Set([
  'discovered loaded',
  'loaded initialized',
  'initialized registered',
  'registered active',
  'loaded unloaded',
  'registered unloaded',
  'active unloaded',
  'unloaded loaded',
  'failed loaded',
  'failed unloaded',
]);

function expectLawful(world: FakeWorld): void {
  expect(world.faults).toEqual([]);
  const last = new Map<string, string>();
  for (const { plugin, from, to } of world.events) {
    expect(from, `${plugin} → ${to}`).toBe(last.get(plugin) ?? 'discovered');
    expect(to === 'failed' || WAYS.has(`${from} ${to}`), `${plugin}: ${from} → ${to}`).toBe(true);
    last.set(plugin, to);
  }
}

const action = record({
  kind: constantFrom(
    'load',
    'init',
    'execute',
    'execute',
    'unload',
    'crash',
    'ban',
    'pardon',
    'break',
    'mend',
    'wait',
  ),
  name: constantFrom(...NAMES),
  ms: integer({ min: 0, max: 10_000 }),
});
type Action = typeof action extends { generate: unknown }
  ? { kind: string; name: string; ms: number }
  : never;

/** How an API may refuse what is asked for here. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  'SHEAF_STATE',
  'SHEAF_INIT',
  'SHEAF_REVOKED',
  'SHEAF_IN_USE',
  'SHEAF_CRASHED',
]);

/** Does one thing; throws when it is refused in a way that the API does not have. */
async function perform(world: FakeWorld, { kind, name, ms }: Action): Promise<void> {
  const { host, bans, broken } = world;
  const work: Readonly<Record<string, () => unknown>> = {
    load: () => host.load(name),
    init: () => host.init(name),
    execute: () => host.execute(name, 'execute'),
    unload: () => host.unload(name),
    crash: () => world.crash(name),
    ban: () => {
      bans.push(ban(name));
      return host.enforceBans();
    },
    pardon: () => bans.splice(0),
    break: () => broken.add(name),
    mend: () => broken.clear(),
    wait: () => {
      world.now += ms;
    },
  };
  try {
    await work[kind]?.();
  } catch (error) {
    if (!(error instanceof SheafError) || !REFUSALS.has(error.code)) throw error;
  }
}

describe('a host', () => {
  it('obeys the lifecycle in every interleaving, also while it is closed, and leaves nothing behind', async () => {
    const closeAt = integer({ min: 0, max: 40 });
    await assert(
      asyncProperty(
        scheduler(),
        array(action, { maxLength: 40 }),
        closeAt,
        async (order: Scheduler, actions, closeAt) => {
          let isScheduled = true;
          const pause = (): Promise<void> =>
            isScheduled ? order.schedule(Promise.resolve()) : Promise.resolve();
          const starting = fakeWorld(pause);
          const world = await order.waitFor(starting);
          const work = actions.slice(0, closeAt).map((one) => perform(world, one));
          const late = actions.length > closeAt;
          if (late) work.push(world.host.close());
          work.push(...actions.slice(closeAt).map((one) => perform(world, one)));
          await order.waitFor(Promise.all(work));
          expectLawful(world);
          const up = late ? [] : upIn(world.events);
          expect(alive(world)).toEqual(up);
          isScheduled = false;
          await world.host.close();
          expect(alive(world)).toEqual([]);
          expectLawful(world);
        },
      ),
      { seed: 20_261_120, numRuns: 300 },
    );
  });

  it('is, after one thing at a time, in the state that a simple model predicts', async () => {
    await assert(
      asyncProperty(array(action, { maxLength: 40 }), async (actions) => {
        const world = await fakeWorld();
        for (const one of actions) {
          await perform(world, one);
          // A crash is noticed a moment after it happened.
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
          const states = Object.fromEntries(
            (await world.host.discover()).map(({ name, state }) => [name, state]),
          );
          for (const name of NAMES) {
            const isUp = ['initialized', 'registered', 'active'].includes(states[name]!);
            expect(isUp, `${name} is ${states[name]}`).toBe((world.running.get(name) ?? 0) === 1);
            expect(isUp && one.kind === 'ban' && one.name === name).toBe(false);
          }
          expectLawful(world);
        }
        await world.host.close();
        expect(alive(world)).toEqual([]);
      }),
      { seed: 20_261_120, numRuns: 150 },
    );
  });

  it('unloads what needs a plugin before the plugin itself when it is banned', async () => {
    const world = await fakeWorld();
    await world.host.init('plugin-c');
    world.bans.push(ban('plugin-a'));
    await world.host.enforceBans();
    const unloaded = world.events.filter(({ to }) => to === 'unloaded');
    expect(unloaded.map(({ plugin, cause }) => `${plugin} ${cause?.message}`)).toEqual(
      ['plugin-c', 'plugin-b', 'plugin-a'].map((name) => `${name} plugin-a is quarantined.`),
    );
    await world.host.close();
  });

  it('refuses plugins that need each other, whoever asks, instead of waiting for ever', async () => {
    const { host } = await fakeWorld(undefined, { ...NEEDS, 'plugin-a': 'plugin-c' });
    const asked = [
      host.load('plugin-a'),
      host.execute('plugin-b', 'execute'),
      host.getExecutor('javascript').execute({}, 'javascript', '1'),
    ];
    const ends = await Promise.allSettled(asked);
    const codes = ends.map((end) => end.status === 'rejected' && (end.reason as SheafError).code);
    expect(codes).toEqual(asked.map(() => 'SHEAF_RESOLUTION'));
    await host.close();
  });

  it('shares one load between all who ask at the same time', async () => {
    const world = await fakeWorld();
    await Promise.all(Array.from({ length: 50 }, () => world.host.execute('plugin-c', 'execute')));
    expect(world.events.filter(({ to }) => to === 'loaded')).toHaveLength(3);
    expect(world.host.stats).toEqual({
      calls: 50,
      failures: 0,
      overBudget: 0,
      us: 50,
      wallUs: 100,
      peakMemoryBytes: 3,
    });
    await world.host.close();
  });

  it('loads and unloads a thousand times', async () => {
    const world = await fakeWorld();
    for (let cycle = 0; cycle < 1_000; cycle++) {
      await world.host.execute('plugin-a', 'execute');
      await world.host.unload('plugin-a');
    }
    expect(alive(world)).toEqual([]);
    expect(world.events).toHaveLength(5_000);
    await world.host.close();
  });

  it('ends all that was started when it is closed while things are under way', async () => {
    const world = await fakeWorld();
    const under = [world.host.init('plugin-c'), world.host.execute('plugin-b', 'execute')];
    await world.host.close();
    const ends = await Promise.allSettled(under);
    for (const end of ends) {
      expect(end.status === 'fulfilled' || (end.reason as SheafError).code === 'SHEAF_STATE').toBe(true);
    }
    expect(alive(world)).toEqual([]);
  });
});
