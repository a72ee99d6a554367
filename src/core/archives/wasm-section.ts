import { ByteCursor } from '../byte-cursor.ts';
import { SheafError } from '../errors.ts';
import { leb } from './leb.ts';

/** How every WebAssembly module begins: `\0asm` and version 1 (WebAssembly Core 2.0 §5.5.16). */
export const WASM_PREAMBLE: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const CUSTOM = 0;

/** Whether bytes begin like a WebAssembly module. */
export function isWasmModule(bytes: Uint8Array): boolean {
  return WASM_PREAMBLE.every((byte, index) => bytes[index] === byte);
}

/** A custom section of a module. */
export interface CustomSection {
  readonly name: string;
  readonly contents: Uint8Array;
}

/**
 * The contents of the first custom section of that name; undefined when the module has none.
 *
 * @throws SheafError as {@link customSections}.
 */
export function customSection(module: Uint8Array, name: string, what: string): Uint8Array | undefined {
  for (const section of customSections(module, what)) if (section.name === name) return section.contents;
  return undefined;
}

/**
 * The custom sections of a module, in their order. Sections are only stepped over, never interpreted, so this reads
 * modules of any feature set.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_ARCHIVE` when a section reaches beyond the end of the module.
 */
export function* customSections(module: Uint8Array, what: string): Iterable<CustomSection> {
  const cursor = new ByteCursor(module, WASM_PREAMBLE.length, module.byteLength, (clause) => {
    return new SheafError('SHEAF_ARCHIVE', `${what} is no whole WebAssembly module: it ${clause}.`, {
      hint: 'Build it again.',
    });
  });
  while (!cursor.isAtEnd) {
    const id = cursor.byte();
    const section = cursor.part(cursor.u32());
    if (id === CUSTOM) yield { name: section.name(), contents: section.take(section.end - section.at) };
  }
}

/** The module with a custom section at its end (WebAssembly Core 2.0 §5.5.3): id 0, size, name, contents. */
export function withCustomSection(module: Uint8Array, name: string, contents: Uint8Array): Uint8Array {
  const title = new TextEncoder().encode(name);
  const body = [...leb(title.byteLength), ...title];
  const header = [CUSTOM, ...leb(body.length + contents.byteLength), ...body];
  const whole = new Uint8Array(module.byteLength + header.length + contents.byteLength);
  whole.set(module);
  whole.set(header, module.byteLength);
  whole.set(contents, module.byteLength + header.length);
  return whole;
}
