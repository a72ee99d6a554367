import type { ObjectRef, Sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { Instant } from '../instant.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { History } from './history.ts';
import { appendHistory, emptyHistory, writeHistory } from './history.ts';
import type { BuiltObject } from './index-head.ts';

/** What a checkpoint continues. */
export interface CheckpointBefore {
  readonly checkpoint: Checkpoint;
  /** Digest of its bytes. */
  readonly sha256: Sha256;
  readonly history: History;
}

/** What the next checkpoint says. */
export interface CheckpointPlan {
  readonly root: { readonly registry: string; readonly version: number; readonly epoch: number };
  readonly previous: CheckpointBefore | undefined;
  readonly index: ObjectRef;
  readonly source: Checkpoint['source'];
  readonly issued: Instant;
  readonly expires: Instant;
}

/**
 * The checkpoint after the previous one, with the history objects that it needs besides those already there. A
 * root of a new epoch begins a new count: that is how a stolen checkpoint key is left behind.
 *
 * @throws SheafError `SHEAF_ROLLBACK` or `SHEAF_CLOCK` when clients would refuse it after the previous one.
 */
export function nextCheckpoint(plan: CheckpointPlan): {
  readonly checkpoint: Checkpoint;
  readonly objects: readonly BuiltObject[];
} {
  const { root, previous, index, source, issued, expires } = plan;
  if (previous !== undefined) refuseStepBack(previous.checkpoint, plan);
  const before = previous?.checkpoint.epoch === root.epoch ? previous : undefined;
  const { history, block } =
    before === undefined
      ? { history: emptyHistory(root.epoch), block: undefined }
      : appendHistory(before.history, before.sha256);
  const written = writeHistory(history);
  const checkpoint: Checkpoint = {
    registry: root.registry,
    epoch: root.epoch,
    version: (before?.checkpoint.version ?? 0) + 1,
    root: root.version,
    issued,
    expires,
    history: { sha256: written.sha256, size: written.size },
    source,
    index: { sha256: index.sha256, size: index.size },
  };
  return { checkpoint, objects: block === undefined ? [written] : [block, written] };
}

function refuseStepBack(previous: Checkpoint, { root, issued }: CheckpointPlan): void {
  if (root.epoch < previous.epoch || root.version < previous.root) {
    throw new SheafError(
      'SHEAF_ROLLBACK',
      `The source has root ${root.version} of epoch ${root.epoch}, older than root ${previous.root} of epoch ${previous.epoch} that the previous index was made under.`,
      { hint: 'Build from the newest commit of the registry.' },
    );
  }
  if (issued < previous.issued) {
    throw new SheafError('SHEAF_CLOCK', 'The previous checkpoint was issued later than it is now.', {
      hint: 'Set the clock of this machine.',
    });
  }
}
