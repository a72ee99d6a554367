import type { CheckpointId } from '../index/checkpoint.ts';
import type { RevokedKey } from '../signatures/revoked.ts';
import { type SshPublicKey, sameKey } from '../signatures/ssh-key.ts';
import { compareCheckpointIds } from './trust.ts';

/**
 * All keys of both lists. A key in both is distrusted from the earlier of the two checkpoints: a later list can
 * revoke more, never less, because the file is not signed by anybody who may give power back.
 */
export function mergeRevoked(
  before: readonly RevokedKey[],
  now: readonly RevokedKey[],
): readonly RevokedKey[] {
  const merged = [...before];
  for (const entry of now) {
    const index = merged.findIndex((other) => sameKey(other.key, entry.key));
    const known = merged[index];
    if (known === undefined) merged.push(entry);
    else if (revokesMore(entry, known)) merged[index] = entry;
  }
  return merged;
}

/**
 * The revocation that forbids a release signed by `key`; undefined when there is none.
 *
 * @param lockedAt the checkpoint at which a lock file recorded exactly this release; a key that was revoked
 *   from a later checkpoint on keeps such a release installable.
 */
export function revocationOf(
  revoked: readonly RevokedKey[],
  key: SshPublicKey,
  lockedAt: CheckpointId | undefined,
): RevokedKey | undefined {
  const entry = revoked.find((other) => sameKey(other.key, key));
  if (entry?.from === undefined || lockedAt === undefined) return entry;
  return compareCheckpointIds(lockedAt, entry.from) < 0 ? undefined : entry;
}

function revokesMore(a: RevokedKey, b: RevokedKey): boolean {
  if (b.from === undefined) return false;
  return a.from === undefined || compareCheckpointIds(a.from, b.from) < 0;
}
