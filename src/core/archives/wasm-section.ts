import { SheafError } from '../errors.ts';

/** How every WebAssembly module begins: `\0asm` and version 1 (WebAssembly Core 2.0 §5.5.16). */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
const CUSTOM = 0;

/** Whether bytes begin like a WebAssembly module. */
export function isWasmModule(bytes: Uint8Array): boolean {
  return PREAMBLE.every((byte, index) => bytes[index] === byte);
}

/**
 * The contents of the first custom section of that name; undefined when the module has none. Sections are only
 * stepped over, never interpreted, so this reads modules of any feature set.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_ARCHIVE` when a section reaches beyond the end of the module.
 */
export function customSection(module: Uint8Array, name: string, what: string): Uint8Array | undefined {
  const reader: Reader = { bytes: module, at: PREAMBLE.length, what };
  while (reader.at < module.byteLength) {
    const id = module[reader.at++];
    const size = readSize(reader);
    const end = reader.at + size;
    if (end > module.byteLength) throw truncated(what);
    if (id === CUSTOM) {
      const length = readSize(reader);
      const start = reader.at + length;
      if (start > end) throw truncated(what);
      const found = new TextDecoder().decode(module.subarray(reader.at, start));
      if (found === name) return module.subarray(start, end);
    }
    reader.at = end;
  }
  return undefined;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly what: string;
}

/** An unsigned 32-bit number in LEB128 (WebAssembly Core 2.0 §5.2.2): at most five bytes. */
function readSize(reader: Reader): number {
  let value = 0;
  for (let position = 0; position < 5; position++) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * position);
    if (byte < 0x80) return value;
  }
  throw truncated(reader.what);
}

function truncated(what: string): SheafError {
  return new SheafError('SHEAF_ARCHIVE', `${what} is no whole WebAssembly module: a section is cut off.`, {
    hint: 'Build it again.',
  });
}
