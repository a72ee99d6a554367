import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault } from '../documents/strict-json.ts';

/** A place in bytes that are being read; `context` names them in errors. */
export interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
  readonly context: JsonContext;
}

/** The most bytes that {@link putVarint} writes for a number below 2^35. */
export const VARINT_BYTES = 5;

/** Writes a whole number below 2^35 as LEB128, little-endian groups of seven bits; returns where it ends. */
export function putVarint(bytes: Uint8Array, offset: number, value: number): number {
  let rest = value;
  let position = offset;
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[position++] = rest;
  return position;
}

/**
 * Reads a number as {@link putVarint} writes it.
 *
 * @throws SheafError with the code of the context.
 */
export function takeVarint(cursor: Cursor): number {
  let value = 0;
  let unit = 1;
  // Five groups hold 35 bits, enough for every 32-bit number; a sixth is an attack or damage.
  for (let group = 0; group < VARINT_BYTES; group++) {
    const byte = cursor.bytes[cursor.offset++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * unit;
    if (byte < 0x80) return value;
    unit *= 128;
  }
  throw jsonFault(cursor.context, 'has a malformed number');
}

/** The next `length` bytes, not copied. */
export function takeBytes(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.offset + length;
  if (end > cursor.bytes.length) throw jsonFault(cursor.context, 'breaks off within an entry');
  const part = cursor.bytes.subarray(cursor.offset, end);
  cursor.offset = end;
  return part;
}
