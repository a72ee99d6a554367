import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isStrictPoint, isStrictSignature } from './ed25519-encoding.ts';
import { SheafError } from './errors.ts';

// RFC 8410 §4 and §7: everything of a DER key but its last 32 bytes.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Whether the signature (64 bytes) over the message was made by the public key (32 bytes): Ed25519 by
 * RFC 8032 §5.1.7 without the cofactor, and stricter where it leaves a choice (`isStrictPoint`,
 * `isStrictSignature`). False for input of any other length; never throws.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrictPoint(publicKey) || !isStrictSignature(signature)) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
}

/**
 * The public key, 32 bytes, of a seed: the 32 bytes that RFC 8032 §5.1.5 calls the private key.
 *
 * @throws SheafError `SHEAF_INTERNAL` for a seed of another length.
 */
export function ed25519KeyFromSeed(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(signingKey(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(SPKI.byteLength));
}

/**
 * The signature, 64 bytes, of the seed over the message; the same input gives the same signature.
 *
 * Takes no public key: a signer that accepts one from outside can be made to give away its seed.
 *
 * @throws SheafError `SHEAF_INTERNAL` for a seed that has not 32 bytes.
 */
export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, signingKey(seed)));
}

function signingKey(seed: Uint8Array): KeyObject {
  if (seed.byteLength !== 32) {
    throw new SheafError('SHEAF_INTERNAL', `An Ed25519 seed has 32 bytes, not ${seed.byteLength}.`);
  }
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}
