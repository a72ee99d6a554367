import type { ObjectRef, Sha256 } from '../object-ref.ts';
import { type Cursor, putVarint, takeBytes, takeVarint, VARINT_BYTES } from './varint.ts';

/**
 * References in binary, half of what they take as text: the 32 bytes of the digest, then the size as a varint. The
 * pages and nodes that list them are most of what a lookup fetches and of what a change rewrites.
 */
export const REF_BYTES: number = 32 + VARINT_BYTES;

/** Writes a reference at an offset; returns where it ends. */
export function putRef(bytes: Uint8Array, offset: number, { sha256, size }: ObjectRef): number {
  for (let index = 0; index < 32; index++) {
    bytes[offset + index] = Number.parseInt(sha256.slice(index * 2, index * 2 + 2), 16);
  }
  return putVarint(bytes, offset + 32, size);
}

/**
 * Reads a reference as {@link putRef} writes it.
 *
 * @throws SheafError with the code of the context.
 */
export function takeRef(cursor: Cursor): ObjectRef {
  let sha256 = '';
  for (const byte of takeBytes(cursor, 32)) sha256 += HEX[byte] ?? '';
  return { sha256: sha256 as Sha256, size: takeVarint(cursor) };
}

/** Goes past a reference without reading it. */
export function skipRef(cursor: Cursor): void {
  takeBytes(cursor, 32);
  takeVarint(cursor);
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
