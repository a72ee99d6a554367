import { SheafError } from '../errors.ts';
import type { ReviewFile } from '../formats/review-file.ts';
import type { AllowedSigner } from '../signatures/allowed-signers.ts';
import type { RevokedKey } from '../signatures/revoked.ts';
import { fingerprint, type SshPublicKey, sameKey } from '../signatures/ssh-key.ts';
import { signerOf } from '../signatures/sshsig.ts';

/** A review as it lies in a registry repository. */
export interface SignedReview {
  readonly review: ReviewFile;
  /** The exact bytes that are signed. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array | undefined;
}

/** A review with what a registry makes of its signature. */
export interface JudgedReview {
  readonly review: ReviewFile;
  /** Why it does not count; absent when it does. */
  readonly problem?: string;
}

/** Whose signatures count, and whose do not. */
export interface ReviewTrust {
  /** `registry/trust/reviewers.signers`. */
  readonly reviewers: readonly AllowedSigner[];
  readonly revoked: readonly RevokedKey[];
  readonly owner: string;
  /** Keys of the owner of the plugin: under whatever name they sign, it is no review. */
  readonly ownerKeys: readonly SshPublicKey[];
}

/** Judges whether a review is signed by the reviewer that it names, who must not be the owner of what it is about. */
export function judgeReview({ review, bytes, signature }: SignedReview, trust: ReviewTrust): JudgedReview {
  const problem = problemOf(review, bytes, signature, trust);
  return problem === undefined ? { review } : { review, problem };
}

function problemOf(
  { reviewer }: ReviewFile,
  bytes: Uint8Array,
  signature: Uint8Array | undefined,
  { reviewers, revoked, owner, ownerKeys }: ReviewTrust,
): string | undefined {
  if (reviewer === owner) return 'it is by the owner of the plugin';
  if (signature === undefined) return 'it is not signed';
  const key = keyOf(signature, bytes);
  if (key === undefined) return 'its signature does not match';
  if (ownerKeys.some((own) => sameKey(own, key))) return 'it is signed with a key of the owner of the plugin';
  if (revoked.some((one) => sameKey(one.key, key))) return `the key ${fingerprint(key)} is revoked`;
  return isReviewer(reviewers, reviewer, key)
    ? undefined
    : `the key ${fingerprint(key)} is not one of ${reviewer}`;
}

/** Whether a list of signers lets a key review under a name. */
export function isReviewer(signers: readonly AllowedSigner[], name: string, key: SshPublicKey): boolean {
  return signers.some(
    (signer) =>
      signer.principals.includes(name) &&
      signer.namespaces?.includes('review@sheaf') === true &&
      sameKey(signer.key, key),
  );
}

function keyOf(signature: Uint8Array, bytes: Uint8Array): SshPublicKey | undefined {
  try {
    return signerOf(signature, 'review@sheaf', bytes, 'a review');
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_SIGNATURE') return undefined;
    throw error;
  }
}
