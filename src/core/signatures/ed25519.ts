import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { SheafError } from '../errors.ts';
import { isStrictPoint, isStrictSignature } from './ed25519-encoding.ts';

// RFC 8410 §4 and §7: everything of a DER key but its last 32 bytes.
const SPKI_BYTES = 12;
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Whether the signature (64 bytes) over the message was made by the public key (32 bytes): Ed25519 by
 * RFC 8032 §5.1.7 without the cofactor, and stricter where it leaves a choice (`isStrictPoint`,
 * `isStrictSignature`). False for input of any other length; never throws.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrictPoint(publicKey) || !isStrictSignature(signature)) return false;
  // RFC 8037 §2. Of a JWK Node takes the 32 bytes as they are; its DER decoder costs as much as the verification.
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

/**
 * The public key, 32 bytes, of a seed: the 32 bytes that RFC 8032 §5.1.5 calls the private key.
 *
 * @throws SheafError `SHEAF_INTERNAL` for a seed of another length.
 */
export function ed25519KeyFromSeed(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(signingKey(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(SPKI_BYTES));
}

/**
 * The signature, 64 bytes, of the seed over the message; the same input gives the same signature. The bytes of
 * a seed that has signed must not be changed.
 *
 * Takes no public key: a signer that accepts one from outside can be made to give away its seed.
 *
 * @throws SheafError `SHEAF_INTERNAL` for a seed that has not 32 bytes.
 */
export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, signingKey(seed)));
}

const signingKeys = new WeakMap<Uint8Array, KeyObject>();

/** Decoding a private key costs as much as several signatures, so a seed is decoded once while it is in use. */
function signingKey(seed: Uint8Array): KeyObject {
  const known = signingKeys.get(seed);
  if (known !== undefined) return known;
  if (seed.byteLength !== 32) {
    throw new SheafError('SHEAF_INTERNAL', `An Ed25519 seed has 32 bytes, not ${seed.byteLength}.`);
  }
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  signingKeys.set(seed, key);
  return key;
}
