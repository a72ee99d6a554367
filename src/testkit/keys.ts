import { createHash } from 'node:crypto';
import { privateKeyFromSeed, type SshPrivateKey } from '../core/signatures/ssh-key.ts';

/** The key of that name: the same in every run, so that fixtures and failures can be compared. Never secret. */
export function testKey(name: string): SshPrivateKey {
  return privateKeyFromSeed(createHash('sha256').update(`sheaf testkit key: ${name}`).digest(), name);
}
