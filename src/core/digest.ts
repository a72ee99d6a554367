import { hash } from 'node:crypto';
import { SheafError } from './errors.ts';
import type { ObjectRef, Sha256 } from './object-ref.ts';
import { isSha256 } from './object-ref.ts';

// What a digest is can be told without hashing; readers that also run in a browser take it from there.
export type { ObjectRef, Sha256 } from './object-ref.ts';
export { isSha256 } from './object-ref.ts';

/** The SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): Sha256 {
  return hash('sha256', bytes, 'hex') as Sha256;
}

/** The reference by which a parent names these bytes. */
export function refOf(bytes: Uint8Array): ObjectRef {
  return { sha256: sha256(bytes), size: bytes.byteLength };
}

/**
 * Reads `sha256:HEX`, the form used on the command line and in configuration.
 *
 * @throws SheafError `SHEAF_USAGE` when it is anything else.
 */
export function parseDigest(text: string): Sha256 {
  const hex = text.startsWith('sha256:') ? text.slice('sha256:'.length) : '';
  if (!isSha256(hex)) {
    throw new SheafError('SHEAF_USAGE', `"${text}" is not a digest.`, {
      hint: 'Write sha256: followed by 64 lower-case hexadecimal digits.',
    });
  }
  return hex;
}

/**
 * Bytes that are what their parent says they are; everything that comes from outside passes through here.
 *
 * @param what names the object in the error: "the release shard of graph-lens".
 * @throws SheafError `SHEAF_SIZE` or `SHEAF_DIGEST`.
 */
export function verifiedBytes(bytes: Uint8Array, ref: ObjectRef, what: string): Uint8Array {
  if (bytes.byteLength !== ref.size) {
    throw new SheafError(
      'SHEAF_SIZE',
      `${what} has ${bytes.byteLength} bytes where ${ref.size} were promised.`,
    );
  }
  const actual = sha256(bytes);
  if (actual !== ref.sha256) {
    throw new SheafError('SHEAF_DIGEST', `${what} does not match its digest.`, {
      details: { expected: ref.sha256, actual },
    });
  }
  return bytes;
}
