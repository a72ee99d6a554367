declare const sha256Brand: unique symbol;

/** A SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits: the identity of every object. */
export type Sha256 = string & { readonly [sha256Brand]: true };

/** A reference by content: what the bytes must hash to and how long they must be, in bytes. */
export interface ObjectRef {
  readonly sha256: Sha256;
  readonly size: number;
}

/** Whether the text is a SHA-256 as sheaf writes it: 64 lower-case hexadecimal digits. */
export function isSha256(text: unknown): text is Sha256 {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}
