import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import { SheafError } from '../errors.ts';
import { limitWasm } from './wasm-limits.ts';
import { readWasmModule } from './wasm-module.ts';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const module = (...sections: number[][]) => Uint8Array.from([...PREAMBLE, ...sections.flat()]);
const section = (id: number, ...body: number[]) => [id, body.length, ...body];
const refused = (clause: string | RegExp) =>
  expect.objectContaining({ code: 'SHEAF_ABI', message: expect.stringMatching(clause) as string });

/** Everything that a module of WebAssembly 2.0 can have on its outside. */
const RICH = `(module
  (type $call (func (param i32 i32) (result i64)))
  (import "query" "run" (func $ask (type $call)))
  (import "env" "base" (global $base i32))
  (table $t 2 5 funcref)
  (table 1 externref)
  (memory (export "memory") 1 100)
  (global (export "count") (mut i64) (i64.const 7))
  (export "table" (table $t))
  (elem (table $t) (i32.const 0) func $run $many)
  (func $start)
  (start $start)
  (func $run (export "run") (type $call) (call $ask (local.get 0) (local.get 1)))
  (func $many (export "many") (param f32 f64 v128 externref) (result i32 i32) (i32.const 1) (i32.const 2))
  (data (i32.const 8) "text"))`;

describe('readWasmModule', () => {
  let rich: Uint8Array;
  beforeAll(async () => {
    rich = await assemble(RICH);
  });

  it('reads imports, exports, memory, tables and the start section', () => {
    expect(readWasmModule(rich, 'It')).toMatchObject({
      imports: [
        { module: 'query', name: 'run', kind: 'function', type: '(i32, i32) -> i64' },
        { module: 'env', name: 'base', kind: 'global' },
      ],
      exports: [
        { name: 'memory', kind: 'memory' },
        { name: 'count', kind: 'global' },
        { name: 'table', kind: 'table' },
        { name: 'run', kind: 'function', type: '(i32, i32) -> i64' },
        { name: 'many', kind: 'function', type: '(f32, f64, v128, externref) -> (i32, i32)' },
      ],
      memory: { initial: 1, maximum: 100 },
      tables: [{ initial: 2, maximum: 5 }, { initial: 1 }],
      hasStart: true,
    });
  });

  it.each([
    ['no module', Uint8Array.of(1, 2, 3), 'no WebAssembly module'],
    [
      'another version of the format',
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0),
      'no WebAssembly module',
    ],
    ['a section beyond the end', module([1, 9, 1]), 'cut off'],
    ['a section that WebAssembly 2.0 does not know', module(section(13, 0)), 'kind 13'],
    ['a section twice', module(section(1, 0), section(1, 0)), 'twice or out of order'],
    ['sections out of order', module(section(5, 0), section(1, 0)), 'twice or out of order'],
    ['bytes behind the end of a section', module(section(1, 0, 0)), 'behind the end of section 1'],
    ['a number of more than 32 bits', module([1, 0xff, 0xff, 0xff, 0xff, 0x1f]), 'more than 32 bits'],
    ['a number that never ends', module([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]), 'more than 32 bits'],
    ['a list that is longer than allowed', module(section(1, 0xff, 0xff, 0x7f)), 'more than 65536 types'],
    ['a type of the garbage collector', module(section(1, 1, 0x5f, 0)), 'no function type'],
    ['a typed reference', module(section(1, 1, 0x60, 1, 0x64, 0x70, 0)), 'value type'],
    ['a name that is not UTF-8', module(section(0, 1, 0xff)), 'not UTF-8'],
    ['an imported memory', module(section(2, 1, 1, 97, 1, 98, 2, 0, 1)), 'imports the memory "a" "b"'],
    ['an imported table', module(section(2, 1, 1, 97, 1, 98, 1, 0x70, 0, 1)), 'imports the table "a" "b"'],
    ['an imported tag', module(section(2, 1, 1, 97, 1, 98, 4, 0, 0)), 'of kind 4'],
    ['a function of a type that is not there', module(section(2, 1, 1, 97, 1, 98, 0, 3)), 'type 3'],
    ['a shared memory', module(section(5, 1, 3, 1, 2)), 'memory that is shared'],
    ['a memory of 64 bits', module(section(5, 1, 4, 1)), 'of 64 bits'],
    ['several memories', module(section(5, 2, 0, 1, 0, 1)), 'several memories'],
    ['a maximum below the initial size', module(section(5, 1, 1, 2, 1)), 'below its initial size'],
    ['a table of unknown elements', module(section(4, 1, 0x40, 0, 0x70, 0, 1)), 'table of elements'],
    ['an export of a function that is not there', module(section(7, 1, 1, 97, 0, 0)), 'exports "a"'],
  ])('refuses %s', (_what, bytes, clause) => {
    expect(() => readWasmModule(bytes, 'It')).toThrowError(refused(clause));
  });

  it('refuses more sections than any compiler writes', () => {
    const bytes = module(...Array.from({ length: 1_025 }, () => section(0, 0)));
    expect(() => readWasmModule(bytes, 'It')).toThrowError(refused('more than 1024 sections'));
  });

  it('sees what the engine sees, or refuses, whatever is changed in a module', () => {
    const change = record({
      at: nat(),
      kind: constantFrom('set', 'insert', 'remove', 'cut'),
      byte: nat(255),
    });
    let accepted = 0;
    assert(
      property(array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const bytes = changes.reduce(changed, rich);
        const outcome = readAndLimit(bytes);
        if (outcome === undefined || !WebAssembly.validate(bytes)) return;
        const { read, limited } = outcome;
        accepted++;
        expect(WebAssembly.validate(limited)).toBe(true);
        const engine = new WebAssembly.Module(limited);
        const kindOnly = (extern: object) => ({ ...extern, type: undefined });
        expect(read.imports.map(kindOnly)).toEqual(WebAssembly.Module.imports(engine));
        expect(read.exports.map(kindOnly)).toEqual(WebAssembly.Module.exports(engine));
        const again = readWasmModule(limited, 'It');
        expect(again.memory?.maximum ?? 0).toBeLessThanOrEqual(10);
        expect(again.tables.every(({ maximum = Infinity }) => maximum <= 65_536)).toBe(true);
      }),
      { numRuns: 10_000, seed: 20_261_120 },
    );
    expect(accepted).toBeGreaterThan(200);
  });
});

/** Undefined for a module that is refused; whatever else is thrown fails the test. */
function readAndLimit(bytes: Uint8Array) {
  try {
    const read = readWasmModule(bytes, 'It');
    return { read, limited: limitWasm(bytes, read, 640 * 1024, 'It') };
  } catch (error) {
    if (error instanceof SheafError) return undefined;
    throw error;
  }
}

function changed(
  bytes: Uint8Array,
  { at, kind, byte }: { readonly at: number; readonly kind: string; readonly byte: number },
): Uint8Array {
  const place = at % bytes.byteLength || 0;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (kind === 'cut') return before;
  const rest = kind === 'insert' ? after : after.subarray(1);
  return Uint8Array.from([...before, ...(kind === 'remove' ? [] : [byte]), ...rest]);
}
