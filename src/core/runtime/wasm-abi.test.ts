import { describe, expect, it } from 'vitest';
import { assemble, specimen } from '../../../test/support/runner-world.ts';
import { readInterface, requireCommands } from './wasm-abi.ts';
import { judgeCapabilities, requireDeclared } from './wasm-capabilities.ts';
import { readWasmModule } from './wasm-module.ts';

const interfaceOf = (bytes: Uint8Array) => readInterface(readWasmModule(bytes, 'It'), 'It');
const call = '(param i32 i32) (result i64)';
const importing = (...imports: string[]) => specimen({ imports: imports.join('\n') });
const refused = (clause: string) =>
  expect.objectContaining({ code: 'SHEAF_ABI', message: expect.stringContaining(clause) as string });

describe('readInterface', () => {
  it('finds commands by their type, and capabilities by imports', async () => {
    const bytes = await specimen({
      imports: `(import "query" "run" (func ${call})) (import "query" "stop" (func ${call}))
        (import "read-graph" "load" (func ${call}))
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))`,
      more: `(func (export "second") ${call} (i64.const 0)) (func (export "init") ${call} (i64.const 0))
        (func (export "reset")) (func (export "other") (param i32))`,
    });
    const found = interfaceOf(bytes);
    expect(found.commands).toEqual(['run', 'second']);
    expect([...found.capabilities].map(([id, names]) => [id, [...names]])).toEqual([
      ['query', ['run', 'stop']],
      ['read-graph', ['load']],
    ]);
  });

  it.each([
    [
      'exports no memory',
      '(module (func (export "alloc") (param i32) (result i32) (i32.const 0)))',
      'memory',
    ],
    ['exports no alloc', '(module (memory (export "memory") 1))', '"alloc"'],
    [
      'has an alloc of another type',
      '(module (memory (export "memory") 1) (func (export "alloc") (param i64) (result i32) (i32.const 0)))',
      'exports "alloc", which is not a function (i32) -> i32',
    ],
    [
      'calls something else alloc',
      '(module (memory (export "memory") 1) (global (export "alloc") i32 (i32.const 0)))',
      'alloc',
    ],
  ])('refuses a module that %s', async (_what, text, clause) => {
    const bytes = await assemble(text);
    expect(() => interfaceOf(bytes)).toThrowError(refused(clause));
  });

  it.each([
    ['a global', '(import "query" "base" (global i32))', 'which is no function'],
    ['a function of another type', '(import "query" "run" (func (param i32)))', 'as (i32) -> ()'],
    ['env.abort', '(import "env" "abort" (func (param i32 i32 i32 i32)))', 'as (i32, i32, i32, i32) -> ()'],
    [
      'a capability of an impossible name',
      `(import "Query!" "run" (func ${call}))`,
      'no function of a capability',
    ],
    [
      'a function with a dot in its name',
      `(import "query" "a.b" (func ${call}))`,
      'no function of a capability',
    ],
    ['a file of WASI', '(import "wasi_snapshot_preview1" "path_open" (func))', 'which no plugin gets'],
    ['a WASI function as another type', '(import "wasi_snapshot_preview1" "fd_write" (func))', 'where it is'],
    [
      'what every object inherits',
      `(import "wasi_snapshot_preview1" "toString" (func ${call}))`,
      'no plugin gets',
    ],
  ])('refuses to link %s', async (_what, text, clause) => {
    const bytes = await importing(text);
    expect(() => interfaceOf(bytes)).toThrowError(refused(clause));
  });

  it('names the commands that a manifest provides and the module has not', async () => {
    const found = interfaceOf(await specimen());
    expect(() => requireCommands(found, ['run'], 'It')).not.toThrow();
    expect(() => requireCommands(found, ['run', 'walk'], 'It')).toThrowError(
      refused('does not export "walk"'),
    );
  });
});

describe('capabilities', () => {
  const place = { file: 'sheaf.plugin.toml' };
  const declared = (...ids: string[]) => ids.map((id) => ({ id, optional: false }));

  it('must be declared when they are imported, and should be imported when they are declared', async () => {
    const found = interfaceOf(await importing(`(import "query" "run" (func ${call}))`));
    expect(judgeCapabilities(found, declared('query'), place)).toEqual([]);
    expect(judgeCapabilities(found, declared('network'), place)).toMatchObject([
      {
        rule: 'undeclared-capability',
        severity: 'error',
        message: expect.stringContaining('"query"') as string,
      },
      {
        rule: 'unused-capability',
        severity: 'warning',
        message: expect.stringContaining('"network"') as string,
      },
    ]);
    expect(() => requireDeclared(found, declared('query'), 'It')).not.toThrow();
    expect(() => requireDeclared(found, declared('network'), 'It')).toThrowError(
      expect.objectContaining({
        code: 'SHEAF_CAPABILITY_UNDECLARED',
        details: { capabilities: ['query'] },
      }),
    );
  });
});
