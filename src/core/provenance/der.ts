import type { SheafError } from '../errors.ts';

/** One value of DER (ITU-T X.690 §8.1): its tag and its contents. */
export interface DerValue {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/**
 * The values that follow each other in bytes: those of a certificate, or of what a constructed value holds. Tags of
 * one byte and lengths below 2^24, which is all that certificates need.
 *
 * @param refusal the error for bytes that are something else.
 */
export function derValues(bytes: Uint8Array, refusal: () => SheafError): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const [tag = 0, first = 0] = bytes.subarray(at, at + 2);
    const more = first < 0x80 ? 0 : first - 0x80;
    const start = at + 2 + more;
    if ((tag & 0x1f) === 0x1f || more > 3 || first === 0x80 || start > bytes.byteLength) throw refusal();
    const length =
      more === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    if (start + length > bytes.byteLength) throw refusal();
    values.push({ tag, bytes: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}
