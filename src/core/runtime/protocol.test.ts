import { anything, assert, constantFrom, dictionary, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hardLimit } from './hard-limit.ts';
import { readHostMessage, readInitializeResult, readPluginMessage, writeMessage } from './protocol.ts';
import { readRunnerLoad, writeRunnerLoad } from './runner-load.ts';

const fromPlugin = (message: object) => readPluginMessage(JSON.stringify({ jsonrpc: '2.0', ...message }));
const fromHost = (message: object) => readHostMessage(JSON.stringify({ jsonrpc: '2.0', ...message }));
const initialize = {
  protocol: 1,
  plugin: 'lens',
  config: {},
  capabilities: ['query'],
  limits: { memory_bytes: 65_536 },
};

describe('messages of a plugin', () => {
  it('call capabilities, whose ids may have dots', () => {
    expect(fromPlugin({ id: 'a', method: 'host/graph.read.load_all', params: [1] })).toEqual({
      kind: 'call',
      id: 'a',
      capability: 'graph.read',
      fn: 'load_all',
      params: [1],
    });
  });

  it('log, in messages that are cut', () => {
    expect(fromPlugin({ method: 'log', params: { level: 'warn', message: 'm'.repeat(5_000) } })).toEqual({
      kind: 'log',
      level: 'warn',
      message: 'm'.repeat(4_096),
    });
  });

  it('answer, with figures that are dropped when they are none', () => {
    const metrics = { us: 1.5, memory_bytes: 65_536 };
    expect(fromPlugin({ id: 1, result: null, metrics })).toEqual({
      kind: 'result',
      id: 1,
      result: null,
      metrics,
    });
    expect(fromPlugin({ id: 1, result: 2, metrics: { us: -1, memory_bytes: 1 } })).toEqual({
      kind: 'result',
      id: 1,
      result: 2,
    });
    const error = { code: -32_000, message: 'No.', data: { code: 'NO' } };
    expect(fromPlugin({ id: 1, error })).toEqual({ kind: 'error', id: 1, error });
  });

  it.each([
    ['not JSON', '{"jsonrpc":', -32_700],
    ['a list', '[]', -32_600],
    ['another version', '{"jsonrpc":"1.0","id":1,"result":1}', -32_600],
    [
      'both an answer and an error',
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}',
      -32_600,
    ],
    ['an answer to nothing', '{"jsonrpc":"2.0","result":1}', -32_600],
    ['a fractional id', '{"jsonrpc":"2.0","id":1.5,"result":1}', -32_600],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"execute"}', -32_601],
    ['an unknown notification', '{"jsonrpc":"2.0","method":"progress"}', -32_601],
    ['a call that wants no answer', '{"jsonrpc":"2.0","method":"host/query.run"}', -32_601],
    ['a log of no level', '{"jsonrpc":"2.0","method":"log","params":{"message":"m"}}', -32_602],
  ])('are refused when they are %s', (_what, line, code) => {
    expect(readPluginMessage(line)).toMatchObject({ kind: 'unreadable', error: { code } });
  });
});

describe('messages of a host', () => {
  it('initialize, execute, cancel and shut down', () => {
    expect(fromHost({ id: 1, method: 'initialize', params: initialize })).toEqual({
      kind: 'initialize',
      id: 1,
      params: initialize,
    });
    const params = { command: 'run', input: null, deadline_ms: 100 };
    expect(fromHost({ id: 2, method: 'execute', params })).toEqual({ kind: 'execute', id: 2, params });
    expect(fromHost({ method: 'cancel', params: { id: 2 } })).toEqual({ kind: 'cancel', request: 2 });
    expect(fromHost({ id: 3, method: 'shutdown' })).toEqual({ kind: 'shutdown', id: 3 });
  });

  it.each([
    ['initialize', { ...initialize, protocol: 2 }],
    ['initialize', { ...initialize, capabilities: 'query' }],
    ['initialize', { ...initialize, limits: {} }],
    ['execute', { command: 1, deadline_ms: 1 }],
    ['execute', { command: 'run', deadline_ms: Number.NaN }],
  ])('are refused when the parameters of %s are wrong', (method, params) => {
    expect(fromHost({ id: 1, method, params })).toMatchObject({
      kind: 'unreadable',
      id: 1,
      error: { code: -32_602 },
    });
  });
});

it('refuses messages that nest deeper than anybody could walk through', () => {
  const line = (depth: number) =>
    `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(readPluginMessage(line(255)).kind).toBe('result');
  expect(readPluginMessage(line(256))).toMatchObject({ kind: 'unreadable', error: { code: -32_600 } });
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: `\\"${'['.repeat(1_000)}` });
  expect(readPluginMessage(text).kind).toBe('result');
});

it('reads the answer to initialize strictly', () => {
  expect(readInitializeResult({ protocol: 1, commands: ['run'] })).toEqual({
    protocol: 1,
    commands: ['run'],
  });
  for (const wrong of [
    null,
    {},
    { protocol: 2, commands: [] },
    { protocol: 1, commands: [1] },
    { protocol: 1 },
  ]) {
    expect(readInitializeResult(wrong)).toBeUndefined();
  }
  expect(readInitializeResult({ protocol: 1, commands: Array(257).fill('run') })).toBeUndefined();
});

it('never throws at a line, whatever it is', () => {
  const keys = constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error', 'metrics');
  const values = oneof(
    constantFrom('2.0', 'initialize', 'log', 'host/a.b', 1, { code: 1, message: '' }),
    anything(),
  );
  const line = oneof(
    string(),
    dictionary(keys, values).map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '{}';
      }
    }),
  );
  const kinds = new Set([
    'call',
    'log',
    'result',
    'error',
    'unreadable',
    'initialize',
    'execute',
    'shutdown',
    'cancel',
  ]);
  assert(
    property(line, (text) => {
      expect(kinds).toContain(readPluginMessage(text).kind);
      expect(kinds).toContain(readHostMessage(text).kind);
    }),
    { numRuns: 2_000 },
  );
});

it('writes what it reads, one line each', () => {
  const line = writeMessage({ id: 7, result: 'a\nb' });
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(readPluginMessage(line)).toEqual({ kind: 'result', id: 7, result: 'a\nb' });
  const load = { load: 'wasm', bytes: 12, memory: 65_536 } as const;
  expect(readRunnerLoad(writeRunnerLoad(load))).toEqual(load);
  for (const wrong of [
    '',
    'null',
    '{}',
    '{"load":"exe","bytes":1,"memory":1}',
    '{"load":"wasm","bytes":-1,"memory":1}',
  ]) {
    expect(readRunnerLoad(wrong)).toBeUndefined();
  }
});

it.each([
  [undefined, 30_000],
  [1, 100],
  [800, 100],
  [5_000, 100],
  [5_001, 101],
  [1_000_000, 20_000],
])('ends a call with a budget of %s µs after %s ms', (budget, limit) => {
  expect(hardLimit(budget)).toBe(limit);
});
