import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import { openConnection } from '../../src/host/connection.ts';
import { createPlainSandbox } from '../../src/host/plain-sandbox.ts';
import { findRunner } from '../../src/host/runner-pool.ts';
import { compilePlugin } from '../../tools/reference/compile.mjs';
import { isThere } from '../support/process-census.ts';
import { createRunnerWorld, type RunnerWorld, specimen } from '../support/runner-world.ts';

let world: RunnerWorld;
let treemap: Uint8Array;
beforeAll(async () => {
  world = await createRunnerWorld();
  treemap = await compilePlugin('svg-treemap/svg-treemap.ts');
});
afterAll(() => world.close());

const QUERY = '(import "query" "run" (func $ask (param i32 i32) (result i64)))';
const WASI = (name: string, type: string) =>
  `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))`;
/** Asks the capability what it was asked itself, and answers with what it got. */
const asking = () => specimen({ imports: QUERY, body: '(call $ask (local.get $at) (local.get $length))' });

describe('a plugin of the wasm tier', () => {
  it('answers commands, one at a time, and says what each cost', async () => {
    const plugin = await world.start(treemap, { name: 'svg-treemap', commands: ['treemap'], memoryMb: 32 });
    expect(plugin.commands).toEqual(['treemap']);
    const input = { width: 200, height: 100, items: [{ label: 'a', value: 50 }] };
    const calls = await Promise.all([1, 2, 3].map(() => plugin.execute('treemap', input)));
    for (const { output, metrics, isolation } of calls) {
      expect(output).toEqual({ svg: expect.stringContaining('<title>a: 50</title>') as string });
      expect(metrics.us).toBeGreaterThan(0);
      expect(metrics.wallUs).toBeGreaterThanOrEqual(metrics.us);
      expect(metrics.memoryBytes % 65_536).toBe(0);
      expect(isolation).toBe('process');
    }
    await plugin.dispose();
    expect(await plugin.closed).toBeUndefined();
    expect(isThere(world.pids.at(-1) ?? 0)).toBe(false);
  });

  it('passes its own errors on, and lives', async () => {
    const plugin = await world.start(treemap, { commands: ['treemap'] });
    const error = await plugin.execute('treemap', { width: 0 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'INVALID_INPUT' } });
    expect((await plugin.execute('treemap', { items: [] })).output).toHaveProperty('svg');
    const unknown = await plugin.execute('toString', null).catch((thrown: unknown) => thrown);
    expect(unknown).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'UNKNOWN_COMMAND' } });
    await plugin.dispose();
  });

  it('calls a granted capability, whose time is not counted as its own', async () => {
    const asked: unknown[] = [];
    const plugin = await world.start(await asking(), {
      capabilities: ['query'],
      budgetUs: 1_000,
      handlers: {
        hostCall: async (capability, fn, params) => {
          asked.push([capability, fn, params]);
          // Longer than the whole call may take.
          await new Promise((resolve) => setTimeout(resolve, 300));
          return { answer: 42 };
        },
      },
    });
    const { output, metrics } = await plugin.execute('run', { question: 'ä' });
    expect(output).toEqual({ answer: 42 });
    expect(asked).toEqual([['query', 'run', { question: 'ä' }]]);
    expect(metrics.wallUs - metrics.us).toBeGreaterThan(250_000);
    await plugin.dispose();
  });

  it('gets CAPABILITY_DENIED from an optional capability that was not granted, and the host is not asked', async () => {
    const plugin = await world.start(await asking(), {
      capabilities: [{ id: 'query', optional: true }],
      granted: [],
      handlers: { hostCall: () => Promise.reject(new Error('asked')) },
    });
    const error = await plugin.execute('run', null).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'CAPABILITY_DENIED' } });
    await plugin.dispose();
  });

  it.each([
    ['a refusal of the host', new SheafError('SHEAF_POLICY', 'Not for you.'), 'POLICY', 'Not for you.'],
    [
      'a fault of the host, without what it says',
      new Error('secret'),
      'HOST_ERROR',
      'could not answer query',
    ],
  ])('gets %s', async (_what, thrown, code, text) => {
    const plugin = await world.start(await asking(), {
      capabilities: ['query'],
      handlers: { hostCall: () => Promise.reject(thrown) },
    });
    const error = await plugin.execute('run', null).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'SHEAF_PLUGIN',
      details: { code, message: expect.stringContaining(text) as string },
    });
    await plugin.dispose();
  });

  it('is initialized with its configuration, reset after each call, and disposed of', async () => {
    const logged: string[] = [];
    const plugin = await world.start(
      await specimen({
        imports: WASI('fd_write', '(param i32 i32 i32 i32) (result i32)'),
        data: '{"ok":0} config   reset    dispose  ',
        body: '(i64.const 8)',
        more: `
          (func $log (param $at i32) (param $length i32)
            (i32.store (i32.const 2048) (local.get $at)) (i32.store (i32.const 2052) (local.get $length))
            (drop (call $fd_write (i32.const 1) (i32.const 2048) (i32.const 1) (i32.const 2056))))
          (func (export "init") (param i32 i32) (result i64)
            (call $log (local.get 0) (local.get 1)) (i64.const 8))
          (func (export "reset") (call $log (i32.const 18) (i32.const 9)))
          (func (export "dispose") (call $log (i32.const 27) (i32.const 9)))`,
      }),
      {
        config: { colour: 'blue' },
        handlers: { log: (level, message) => logged.push(`${level}: ${message}`) },
      },
    );
    expect((await plugin.execute('run', null)).output).toBe(0);
    await plugin.dispose();
    expect(logged).toEqual(['info: {"config":{"colour":"blue"}}', 'info: reset', 'info: dispose']);
  });

  it('gets nothing of the system by WASI but random numbers and a log', async () => {
    const plugin = await world.start(
      await specimen({
        imports: [
          WASI('clock_time_get', '(param i32 i64 i32) (result i32)'),
          WASI('fd_read', '(param i32 i32 i32 i32) (result i32)'),
          WASI('environ_sizes_get', '(param i32 i32) (result i32)'),
          WASI('random_get', '(param i32 i32) (result i32)'),
        ].join('\n'),
        more: '(func $expect (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))',
        body: `
          (call $expect (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 1024)) (i32.const 76))
          (call $expect (call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 8))
          (i32.store (i32.const 1024) (i32.const 9))
          (call $expect (call $environ_sizes_get (i32.const 1024) (i32.const 1028)) (i32.const 0))
          (call $expect (i32.load (i32.const 1024)) (i32.const 0))
          (call $expect (call $random_get (i32.const 1024) (i32.const 32)) (i32.const 0))
          (call $expect (i32.eqz (i32.or (i32.load (i32.const 1024)) (i32.load (i32.const 1040)))) (i32.const 0))
          (i64.const 8)`,
      }),
    );
    expect((await plugin.execute('run', null)).output).toBe(1);
    await plugin.dispose();
  });

  it('takes and gives a megabyte, and is not asked for more', async () => {
    const capabilities = ['query'];
    const handlers = { hostCall: (_: string, __: string, params: unknown) => Promise.resolve(params) };
    const module = await specimen({
      imports: QUERY,
      memory: '64',
      alloc: '(global.set $next (i32.add (global.get $next) (i32.const 1048576))) (global.get $next)',
      more: '(global $next (mut i32) (i32.const 0)) (func (export "reset") (global.set $next (i32.const 0)))',
      body: '(call $ask (local.get $at) (local.get $length))',
    });
    const plugin = await world.start(module, { capabilities, handlers });
    const text = 'x'.repeat(1_048_000);
    expect((await plugin.execute('run', text)).output).toBe(text);
    const tooLong = await plugin.execute('run', `${text}${text}`).catch((thrown: unknown) => thrown);
    expect(tooLong).toMatchObject({ code: 'SHEAF_SIZE' });
    expect((await plugin.execute('run', 'short')).output).toBe('short');
    await plugin.dispose();
  });
});

describe('a pool of blank runners', () => {
  it('hands each out once, keeps its number, and leaves none behind', async () => {
    const warm = await createRunnerWorld({ warm: 2 });
    warm.pool.warm();
    expect(warm.processes).toHaveLength(2);
    const [first, second] = await Promise.all([warm.start(await specimen()), warm.start(await specimen())]);
    const used = warm.pids.slice(0, 2);
    expect(await Promise.all([first.execute('run', null), second.execute('run', null)])).toHaveLength(2);
    await Promise.all([first.dispose(), second.dispose()]);
    expect(used.filter(isThere)).toEqual([]);
    expect(warm.processes).toHaveLength(4);
    expect(warm.pids.slice(2).every(isThere)).toBe(true);
    await warm.close();
    expect(warm.pids.filter(isThere)).toEqual([]);
    expect(() => warm.pool.take()).toThrowError(expect.objectContaining({ code: 'SHEAF_STATE' }));
  });

  it('is not found where sheaf was not built', () => {
    expect(() => findRunner()).toThrowError(expect.objectContaining({ code: 'SHEAF_TOOL' }));
  });
});

it('a native plugin that somebody else wrote speaks the same protocol', async () => {
  const script = fileURLToPath(
    new URL('../../examples/plugins/ci-annotations/ci-annotations.mjs', import.meta.url),
  );
  const started = createPlainSandbox().spawn({
    command: [process.execPath, script],
    readOnly: [],
    environment: {},
    workdirBytes: 0,
    network: false,
  });
  const connection = openConnection(
    started,
    { hostCall: () => Promise.resolve(null), log: () => {} },
    { plugin: 'ci-annotations', capabilities: [], cancel: 'ask' },
  );
  expect(await connection.initialize({}, 65_536)).toEqual(['annotate', 'code-quality']);
  const findings = [{ rule: 'r', message: 'm', place: { file: 'f' } }];
  const { output } = await connection.execute('annotate', { findings }, { deadlineMs: 30_000 });
  expect(output).toEqual({ text: '::notice file=f,title=r::m\n' });
  const refused = await connection
    .execute('annotate', {}, { deadlineMs: 30_000 })
    .catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'INVALID_INPUT' } });
  await connection.shutdown();
});
