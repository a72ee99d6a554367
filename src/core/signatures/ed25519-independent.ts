import nacl from 'tweetnacl';
import { isStrictPoint, isStrictSignature } from './ed25519-encoding.ts';

/**
 * What `verifyEd25519` answers, by a second implementation that shares no arithmetic with it: for checking
 * one against the other, and for places without `node:crypto`. About a hundred times slower.
 */
export function verifyEd25519Independently(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  // tweetnacl itself accepts S + L, low-order keys and unreduced coordinates, and throws on wrong lengths.
  if (!isStrictPoint(publicKey) || !isStrictSignature(signature)) return false;
  return nacl.sign.detached.verify(message, signature, publicKey);
}
