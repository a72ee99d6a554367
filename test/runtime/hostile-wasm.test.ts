import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningPlugin } from '../../src/host/running-plugin.ts';
import { isThere, openDescriptors } from '../support/process-census.ts';
import { assemble, createRunnerWorld, type RunnerWorld, specimen } from '../support/runner-world.ts';

let world: RunnerWorld;
let bystander: RunningPlugin;
let descriptors: number;

beforeAll(async () => {
  world = await createRunnerWorld();
  bystander = await world.start(await specimen({ data: '{"ok":"well"}' }), { name: 'bystander' });
  descriptors = openDescriptors();
});

afterAll(async () => {
  await world.close();
});

/** What a call of a hostile module comes to; then the module is gone, and its neighbour is not. */
async function outcome(module: Uint8Array, memoryMb = 10): Promise<unknown> {
  const plugin = await world.start(module, { memoryMb, budgetUs: 10_000 });
  const error = await plugin.execute('run', { some: 'input' }).catch((thrown: unknown) => thrown);
  expect((await bystander.execute('run', null)).output).toBe('well');
  await plugin.dispose();
  expect(openDescriptors()).toBeLessThanOrEqual(descriptors);
  return error;
}

const failure = (code: string, text = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string });

describe('a hostile module', () => {
  it('that never ends is ended, and its process is gone', async () => {
    const error = await outcome(await specimen({ body: '(loop $on (br $on)) (i64.const 0)' }));
    expect(error).toEqual(failure('SHEAF_TIMEOUT', 'took longer than 200 ms'));
    expect(isThere(world.pids.at(-1) ?? 0)).toBe(false);
  });

  it.each([
    [
      'grows without end and gives up',
      '(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable',
    ],
    [
      'writes behind what it could not get',
      '(drop (memory.grow (i32.const 159))) (i64.store (i32.const 10485757) (i64.const 1)) (i64.const 0)',
    ],
  ])('that %s ran out of memory', async (_what, body) => {
    expect(await outcome(await specimen({ body }))).toEqual(failure('SHEAF_MEMORY', '10485760 bytes'));
  });

  it('gets no more than its cap, and can live with that', async () => {
    const body = `(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (i64.const 8)`;
    const plugin = await world.start(await specimen({ body }), { memoryMb: 3 });
    const { output, metrics } = await plugin.execute('run', null);
    expect([output, metrics.memoryBytes]).toEqual([1, 3 * 1_048_576]);
    await plugin.dispose();
  });

  it('that fills tables gets 65,536 elements', async () => {
    const module = await specimen({
      more: '(table $t 1 funcref)',
      body: `(if (i32.ne (table.grow $t (ref.null func) (i32.const 65536)) (i32.const -1)) (then unreachable))
        (loop $on (br_if $on (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1))))
        (if (i32.ne (table.size $t) (i32.const 65536)) (then unreachable))
        (i64.const 8)`,
    });
    const plugin = await world.start(module);
    expect((await plugin.execute('run', null)).output).toBe(1);
    await plugin.dispose();
  });

  it.each([
    ['recurses without end', { body: '(call $deep)', more: '(func $deep (result i64) (call $deep))' }],
    ['traps', { body: 'unreachable' }],
    ['divides by zero', { body: '(i64.div_s (i64.const 1) (i64.const 0))' }],
    ['reads outside its memory', { body: '(i64.load (i32.const -1))' }],
    ['traps in alloc', { alloc: 'unreachable' }],
  ])('that %s has crashed', async (_what, parts) => {
    expect(await outcome(await specimen(parts))).toEqual(failure('SHEAF_CRASHED'));
  });

  it.each([
    ['allocates outside its memory', { alloc: '(i32.const 65535)' }, 'allocates at 65535'],
    ['allocates at a negative address', { alloc: '(i32.const -8)' }, 'allocates at 4294967288'],
    ['answers from outside its memory', { body: '(i64.const 0x0000fffc00000008)' }, 'outside its memory'],
    ['answers with a length that reaches outside', { body: '(i64.const 0x10001)' }, 'outside its memory'],
    [
      'answers from the end of all addresses',
      { body: '(i64.const 0xffffffff00000002)' },
      'outside its memory',
    ],
    ['answers with no bytes', { body: '(i64.const 0)' }, 'not JSON'],
    [
      'answers with text that is not UTF-8',
      { body: '(i64.store8 (i32.const 2) (i64.const 0xff)) (i64.const 8)' },
      'not UTF-8',
    ],
    ['answers with text that is not JSON', { data: '{"ok":' }, 'not JSON'],
    ['answers with neither ok nor error', { data: '{"yes":1}' }, 'neither'],
    ['answers with both', { data: '{"ok":1,"error":{"code":"A","message":"b"}}' }, 'neither'],
    ['answers with a list', { data: '[1]' }, 'neither'],
    ['answers with an error without a code', { data: '{"error":{"message":"b"}}' }, 'neither'],
  ])('that %s breaks the ABI', async (_what, parts, text) => {
    expect(await outcome(await specimen(parts))).toEqual(failure('SHEAF_ABI', text));
  });

  it('that lets its input overwrite its answer only harms itself', async () => {
    const error = await outcome(await specimen({ alloc: '(i32.const 0)', body: '(i64.const 8)' }));
    expect(error).toEqual(failure('SHEAF_ABI', 'not JSON'));
  });

  it('that answers more than a message holds gets an error, and goes on', async () => {
    const plugin = await world.start(await specimen({ memory: '40', body: '(i64.const 0x200000)' }));
    const big = await plugin.execute('run', null).catch((error: unknown) => error);
    expect(big).toMatchObject({ code: 'SHEAF_PLUGIN', details: { code: 'OUTPUT_TOO_LARGE' } });
    const again = await plugin.execute('run', null).catch((error: unknown) => error);
    expect(again).toMatchObject({ code: 'SHEAF_PLUGIN' });
    await plugin.dispose();
  });

  it('whose answer nests without end breaks the ABI', async () => {
    const depth = 20_000;
    const data = `{"ok":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(await outcome(await specimen({ data }))).toEqual(failure('SHEAF_ABI', 'nests too deep'));
  });

  it('that ends itself by WASI has crashed', async () => {
    const imports = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
    const error = await outcome(await specimen({ imports, body: '(call $exit (i32.const 0)) unreachable' }));
    expect(error).toEqual(failure('SHEAF_CRASHED', 'ended itself with status 0'));
  });

  it('that is given up while it runs is ended, and says so ever after', async () => {
    const plugin = await world.start(await specimen({ body: '(loop $on (br $on)) (i64.const 0)' }));
    const given = new AbortController();
    const call = plugin.execute('run', null, { signal: given.signal }).catch((error: unknown) => error);
    setImmediate(() => given.abort());
    expect(await call).toEqual(failure('SHEAF_INTERRUPTED'));
    await plugin.dispose();
    expect(await plugin.execute('run', null).catch((error: unknown) => error)).toEqual(
      failure('SHEAF_STATE', 'not running any more'),
    );
  });
});

describe('a module that is hostile from its beginning', () => {
  const start = (body: string) => specimen({ more: `(func $start ${body}) (start $start)` });
  const begin = async (module: Uint8Array) => {
    const error = await world.start(module).catch((thrown: unknown) => thrown);
    expect((await bystander.execute('run', null)).output).toBe('well');
    return error;
  };

  it('cannot be initialized when its start section traps', async () => {
    expect(await begin(await start('unreachable'))).toEqual(failure('SHEAF_INIT', 'unreachable'));
  });

  it('is ended when its start section never ends', async () => {
    expect(await begin(await start('(loop $on (br $on))'))).toEqual(failure('SHEAF_TIMEOUT', '"initialize"'));
  });

  it('cannot be initialized when its start section calls the host', async () => {
    const imports = '(import "query" "run" (func $ask (param i32 i32) (result i64)))';
    const more = '(func $start (drop (call $ask (i32.const 0) (i32.const 0)))) (start $start)';
    const module = await specimen({ imports, more });
    const error = await world.start(module, { capabilities: ['query'] }).catch((thrown: unknown) => thrown);
    expect(error).toEqual(failure('SHEAF_INIT', 'calls the host'));
  });

  it('cannot be initialized when its init refuses', async () => {
    const module = await specimen({
      data: '{"error":{"code":"NO","message":"Not today."}}',
      more: '(func (export "init") (param i32 i32) (result i64) (i64.const 46))',
    });
    expect(await begin(module)).toEqual(failure('SHEAF_INIT', 'NO: Not today'));
  });

  it('is refused before anything is started when it imports what its manifest does not declare', async () => {
    const started = world.processes.length;
    const imports = '(import "network" "fetch" (func (param i32 i32) (result i64)))';
    expect(await begin(await specimen({ imports }))).toEqual(
      failure('SHEAF_CAPABILITY_UNDECLARED', '"network"'),
    );
    expect(await begin(await specimen({ memory: '5000' }))).toEqual(failure('SHEAF_MEMORY', '5000 pages'));
    expect(await begin(await assemble('(module)'))).toEqual(failure('SHEAF_ABI', 'memory'));
    const other = await world.start(await specimen(), { abi: '2' }).catch((thrown: unknown) => thrown);
    expect(other).toEqual(failure('SHEAF_ABI', 'wasm ABI "2"'));
    expect(world.processes.length).toBe(started);
  });

  it('breaks the ABI when its code does not compile', async () => {
    const module = await specimen();
    const code = module.lastIndexOf(0x42, module.length); // i64.const of "run"
    module[code] = 0xff;
    expect(await begin(module)).toEqual(failure('SHEAF_ABI', 'does not compile'));
  });

  it('is bounded when it is made to compile for long', async () => {
    const calls = '(drop (i32.add (i32.const 1) (i32.const 2)))'.repeat(2_000);
    const bomb = await specimen({ more: `(func ${calls})`.repeat(200) });
    const plugin = await world.start(bomb).catch((thrown: unknown) => thrown);
    expect((await bystander.execute('run', null)).output).toBe('well');
    await (plugin as RunningPlugin).dispose();
    const tooLong = new Uint8Array(33_554_433);
    tooLong.set(bomb);
    expect(await begin(tooLong)).toEqual(failure('SHEAF_ABI', 'longer than 33554432 bytes'));
  });
});

it('none of them has left a process behind, and their neighbour is well', async () => {
  expect((await bystander.execute('run', null)).output).toBe('well');
  await bystander.dispose();
  await Promise.all(world.processes.map(({ ended }) => ended));
  expect(world.pids.length).toBeGreaterThan(30);
  expect(world.pids.filter(isThere)).toEqual([]);
});
