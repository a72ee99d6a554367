/** The prime of the field and the order of the base point (RFC 8032 §5.1). */
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/**
 * The y coordinates of the eight points whose order divides 8. With either sign bit, and with the two values
 * that also fit below 2^255 unreduced, they give the 14 encodings of low order.
 */
const LOW_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

const SIGN_BIT = 2n ** 255n;

/**
 * Whether 32 bytes encode a point canonically (RFC 8032 §5.1.3) and the point is not of low order.
 *
 * RFC 8032 leaves verifiers free here, and they differ: under a public key of low order one signature fits
 * many messages, and a second encoding of a point makes a second key or a second signature out of one.
 */
export function isStrictPoint(encoding: Uint8Array): boolean {
  if (encoding.byteLength !== 32) return false;
  const y = littleEndian(encoding) % SIGN_BIT;
  return y < P && !LOW_ORDER.has(y);
}

/**
 * Whether 64 bytes have the one form a signature may have: a strict R, then S below L. Without the bound
 * on S, S + L is a second signature that nobody made (RFC 8032 §8.4).
 */
export function isStrictSignature(signature: Uint8Array): boolean {
  return (
    signature.byteLength === 64 &&
    isStrictPoint(signature.subarray(0, 32)) &&
    littleEndian(signature.subarray(32)) < L
  );
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
