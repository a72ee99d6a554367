import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningPlugin } from '../../src/host/running-plugin.ts';
import { createRunnerWorld, type RunnerWorld } from '../support/runner-world.ts';

let world: RunnerWorld;
beforeAll(async () => {
  world = await createRunnerWorld();
});
afterAll(() => world.close());

const failureOf = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown);

describe('a plugin written in JavaScript', () => {
  const start = (source: string, plugin = {}) => world.start(source, { kind: 'javascript', ...plugin });

  it('has the functions that it exports as commands, and keeps its state', async () => {
    const plugin = await start(`
      let calls = 0;
      export const count = () => ++calls;
      export async function greet({ name }) { await null; return { text: 'Hello ' + name }; }
      export { greet as 'greet-twice' };
      export const version = 3;
      export default () => 1;`);
    expect(plugin.commands.toSorted()).toEqual(['count', 'greet', 'greet-twice']);
    expect((await plugin.execute('greet', { name: 'Ada' })).output).toEqual({ text: 'Hello Ada' });
    expect((await plugin.execute('count', null)).output).toBe(1);
    expect((await plugin.execute('count', null)).output).toBe(2);
    await plugin.dispose();
  });

  it('calls granted capabilities by the global host, and finds no other', async () => {
    const plugin = await start(
      `export const ask = (question) => host['read-graph'].load(question);
       export const other = () => host.network.fetch();
       export const replaced = () => { JSON.stringify = () => '"fooled"'; return host['read-graph'].load(1); };`,
      {
        capabilities: ['read-graph'],
        handlers: { hostCall: (...call: unknown[]) => Promise.resolve(call.slice(0, 3)) },
      },
    );
    expect((await plugin.execute('ask', { a: 1 })).output).toEqual(['read-graph', 'load', { a: 1 }]);
    expect((await plugin.execute('replaced', null)).output).toEqual(['read-graph', 'load', 1]);
    expect(await failureOf(plugin.execute('other', null))).toMatchObject({ code: 'SHEAF_PLUGIN' });
    await plugin.dispose();
  });

  it('logs, throws with a code, and is initialized', async () => {
    const logged: string[] = [];
    const plugin = await start(
      `let colour;
       export function init({ config }) { colour = config.colour; }
       export function run() { console.warn('it is', colour); throw Object.assign(new Error('No.'), { code: 'NO' }); }`,
      { config: { colour: 'blue' }, handlers: { log: (...entry: string[]) => logged.push(entry.join(' ')) } },
    );
    expect(plugin.commands).toEqual(['run']);
    expect(await failureOf(plugin.execute('run', null))).toMatchObject({
      code: 'SHEAF_PLUGIN',
      details: { code: 'NO', message: 'No.' },
    });
    expect(logged).toEqual(['warn it is blue']);
    await plugin.dispose();
  });

  it.each([
    ['is no JavaScript', 'export function ('],
    ['throws at once', 'throw new Error("no")'],
    ['imports a module of Node', "import 'node:fs'; export const run = () => 1;"],
    ['imports a file', "import './quickjs.wasm'; export const run = () => 1;"],
  ])('cannot be initialized when it %s', async (_what, source) => {
    expect(await failureOf(start(source))).toMatchObject({ code: 'SHEAF_INIT' });
  });

  it('must export what its manifest provides', async () => {
    expect(await failureOf(start('export const run = 1;', { commands: ['run'] }))).toMatchObject({
      code: 'SHEAF_ABI',
    });
  });
});

describe('the javascript executor', () => {
  let executor: RunningPlugin;
  beforeAll(async () => {
    executor = await world.start('', { kind: 'script', memoryMb: 8 });
  });
  const run = (code: string, input?: unknown) => executor.execute('execute', { code, input });
  const output = async (code: string, input?: unknown) => (await run(code, input)).output;

  it('answers the value of the last statement', async () => {
    expect(await output('const a = input.items.map((x) => x * 2); a', { items: [1, 2] })).toEqual([2, 4]);
    expect(await output('Promise.resolve().then(() => 4)')).toBe(4);
    expect(await output('undefined')).toBeNull();
  });

  it('gives each script a world of its own', async () => {
    const code = 'globalThis.seen = (globalThis.seen ?? 0) + 1; Array.prototype.map = null; seen';
    expect([await output(code), await output(code)]).toEqual([1, 1]);
  });

  it('has nothing of Node', async () => {
    const names =
      "['process','require','fetch','setTimeout','Buffer','WebAssembly','std','os','module','global']";
    expect(await output(`${names}.filter((name) => typeof globalThis[name] !== 'undefined')`)).toEqual([]);
    expect(await output("[].constructor.constructor('return typeof process')()")).toBe('undefined');
    expect(await failureOf(run("import('node:fs')"))).toMatchObject({ code: 'SHEAF_PLUGIN' });
  });

  it.each([
    ['a mistake', 'const = 1', 'SyntaxError'],
    ['recursion without end', '(function f() { return f(); })()', 'stack overflow'],
    ['a promise that never settles', 'new Promise(() => {})', 'never settles'],
    ['a value that JSON cannot hold', 'const a = {}; a.a = a; a', 'circular'],
    ['something that cannot be described', 'throw { get code() { throw 1; } }', 'cannot be described'],
  ])('survives %s', async (_what, code, text) => {
    const error = await failureOf(run(code));
    expect(error).toMatchObject({ code: 'SHEAF_PLUGIN', message: expect.stringContaining(text) as string });
    expect(await output('1')).toBe(1);
  });

  it('refuses another language, and what is no code', async () => {
    expect(await failureOf(executor.execute('execute', { code: '1', language: 'lua' }))).toMatchObject({
      details: { code: 'INVALID_INPUT' },
    });
    expect(await failureOf(executor.execute('execute', null))).toMatchObject({
      details: { code: 'INVALID_INPUT' },
    });
  });

  it.each([
    ['loops', 'for (;;);'],
    ['promises', 'const f = () => { Promise.resolve().then(f); }; f()'],
    ['patterns', "/(a+)+$/.test('a'.repeat(50) + 'b')"],
  ])('ends %s that take too long', async (_what, code) => {
    const bounded = await world.start('', { kind: 'script', memoryMb: 8, budgetUs: 25_000 });
    const error = await failureOf(bounded.execute('execute', { code }));
    expect(error).toMatchObject({ code: 'SHEAF_TIMEOUT' });
    await bounded.dispose();
    expect(await output('1')).toBe(1);
  });

  it.each([
    ['loop', 'const a = []; for (;;) a.push(new Array(1000).fill(1))'],
    ['chain of promises', 'const f = () => Promise.resolve().then(f); f()'],
  ])('ends a %s that takes too much memory', async (_what, code) => {
    const bounded = await world.start('', { kind: 'script', memoryMb: 8, budgetUs: 1_000_000 });
    expect(await failureOf(bounded.execute('execute', { code }))).toMatchObject({ code: 'SHEAF_MEMORY' });
    await bounded.dispose();
    expect(await output('1')).toBe(1);
  });
});
