import type { SignersFile } from '../signatures/signers.ts';
import type { OwnerChain } from '../trust/owner-chain.ts';

/** The key file of an owner that counts today: the newest of the chain. */
export function currentKeys(chain: OwnerChain): SignersFile {
  return (chain.at(-1) ?? chain[0]).file;
}
