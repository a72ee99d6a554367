import { leb } from '../archives/leb.ts';
import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { SECTION, type WasmModule, type WasmSize } from './wasm-module.ts';

/** A page of linear memory (WebAssembly Core 2.0 §4.2.8), and how many of them 32 bits address. */
export const WASM_PAGE = 65_536;
const MOST_PAGES = 65_536;
const MEBIBYTE = 1_048_576;

/** The memory cap of a plugin in bytes: what its manifest states, or `LIMITS.pluginMemoryBytes`. */
export function memoryCap(maxMemoryMb: number | undefined): number {
  return maxMemoryMb === undefined ? LIMITS.pluginMemoryBytes : maxMemoryMb * MEBIBYTE;
}

/**
 * The module with the maximum of its memory lowered to the cap and that of each table to
 * `LIMITS.wasmTableElements`, so that the engine itself keeps to them, exactly and at no cost: `memory.grow`
 * beyond it answers −1. Everything else stays as it is, byte for byte.
 *
 * @param bytes of which `module` was read.
 * @param memoryBytes the cap; whole pages of it are given.
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_MEMORY` when the module begins above a cap.
 */
export function limitWasm(
  bytes: Uint8Array,
  module: WasmModule,
  memoryBytes: number,
  what: string,
): Uint8Array {
  const pages = Math.min(Math.floor(memoryBytes / WASM_PAGE), MOST_PAGES);
  const parts: Uint8Array[] = [];
  let copied = 0;
  const replace = (id: number, entries: readonly (readonly number[])[]): void => {
    const section = module.sections.find((candidate) => candidate.id === id);
    if (section === undefined) return;
    const body = [...leb(entries.length), ...entries.flat()];
    parts.push(bytes.subarray(copied, section.start), Uint8Array.from([id, ...leb(body.length), ...body]));
    copied = section.end;
  };
  // In the order in which the sections stand.
  replace(
    SECTION.table,
    module.tables.map((table) => [
      table.elementType,
      ...limited(table, LIMITS.wasmTableElements, `A table of ${what}`, 'elements'),
    ]),
  );
  replace(
    SECTION.memory,
    module.memory === undefined ? [] : [limited(module.memory, pages, `The memory of ${what}`, 'pages')],
  );
  return concatenate([...parts, bytes.subarray(copied)]);
}

function limited(size: WasmSize, cap: number, what: string, unit: string): number[] {
  if (size.initial > cap) {
    throw new SheafError(
      'SHEAF_MEMORY',
      `${what} begins with ${size.initial} ${unit} where ${cap} are allowed.`,
      { hint: 'Lower its initial size, or state a greater max_memory_mb in the manifest.' },
    );
  }
  return [1, ...leb(size.initial), ...leb(Math.min(size.maximum ?? cap, cap))];
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
