import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import { limitWasm, memoryCap } from './wasm-limits.ts';
import { readWasmModule } from './wasm-module.ts';

const MEBIBYTE = 1_048_576;
const limit = (bytes: Uint8Array, memoryBytes: number) =>
  limitWasm(bytes, readWasmModule(bytes, 'It'), memoryBytes, 'it');

interface Grower {
  readonly grow: (pages: number) => number;
  readonly growTable: (elements: number) => number;
}

async function instantiate(sizes: string, memoryBytes: number): Promise<Grower> {
  const bytes = await assemble(`(module ${sizes}
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "growTable") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))`);
  const limited = limit(bytes, memoryBytes);
  return new WebAssembly.Instance(new WebAssembly.Module(limited), {}).exports as unknown as Grower;
}

describe('limitWasm', () => {
  it.each([
    ['has no maximum', '(memory 1) (table 1 funcref)'],
    ['has a greater maximum', '(memory 1 60000) (table 1 90000 funcref)'],
  ])('gives exactly the cap to a module that %s', async (_what, sizes) => {
    const { grow, growTable } = await instantiate(sizes, 10 * MEBIBYTE);
    expect(grow(160)).toBe(-1);
    expect(grow(159)).toBe(1);
    expect(grow(1)).toBe(-1);
    expect(growTable(65_536)).toBe(-1);
    expect(growTable(65_535)).toBe(1);
  });

  it('keeps a maximum that is lower than the cap', async () => {
    const { grow, growTable } = await instantiate('(memory 1 2) (table 1 3 funcref)', 10 * MEBIBYTE);
    expect([grow(2), grow(1), growTable(3), growTable(2)]).toEqual([-1, 1, -1, 1]);
  });

  it('gives no part of a page', async () => {
    const { grow } = await instantiate('(memory 1) (table 1 funcref)', 3 * 65_536 - 1);
    expect([grow(2), grow(1)]).toEqual([-1, 1]);
  });

  it.each([
    ['memory', '(memory 161)', 'The memory of it begins with 161 pages where 160 are allowed.'],
    ['table', '(memory 1) (table 65537 funcref)', 'A table of it begins with 65537 elements'],
  ])('refuses a %s that begins above the cap', async (_what, sizes, sentence) => {
    const bytes = await assemble(`(module ${sizes})`);
    expect(() => limit(bytes, 10 * MEBIBYTE)).toThrowError(
      expect.objectContaining({ code: 'SHEAF_MEMORY', message: expect.stringContaining(sentence) as string }),
    );
  });

  it('changes nothing else', async () => {
    const bytes = await assemble('(module (memory 1 2) (table 1 2 funcref) (data (i32.const 0) "text"))');
    expect(limit(bytes, 10 * MEBIBYTE)).toEqual(bytes);
  });

  it('takes the cap from the manifest, never above what 32 bits address', async () => {
    expect(memoryCap(10)).toBe(10 * MEBIBYTE);
    expect(memoryCap(undefined)).toBe(64 * MEBIBYTE);
    const { memory } = readWasmModule(limit(await assemble('(module (memory 1))'), memoryCap(65_536)), 'It');
    expect(memory?.maximum).toBe(65_536);
  });
});
