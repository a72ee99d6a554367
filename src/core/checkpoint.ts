import type { ObjectRef } from './digest.ts';
import type { Instant } from './instant.ts';

/**
 * The signed head of the index: `checkpoints/<epoch>-<version>.json`, signed as bytes in the namespace
 * `checkpoint@sheaf` by a key that the root gives that role.
 */
export interface Checkpoint {
  readonly registry: string;
  readonly epoch: number;
  /** Grows by one with each checkpoint of the epoch. */
  readonly version: number;
  /** Version of the root that was current when it was made. */
  readonly root: number;
  readonly issued: Instant;
  readonly expires: Instant;
  /** The object that reaches the digests of all earlier checkpoints of this epoch (core/history.ts). */
  readonly history: ObjectRef;
  /** Git commits of the two trees the index was built from; null where there was no clean commit. */
  readonly source: { readonly commit: string | null; readonly facts: string | null };
  /** The index head (core/index-head.ts). */
  readonly index: ObjectRef;
}

/** A position in the sequence of checkpoints. */
export interface CheckpointId {
  readonly epoch: number;
  readonly version: number;
}
