import { sha256, verifiedBytes } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Checkpoint } from '../../core/index/checkpoint.ts';
import { checkpointPath, LATEST_PATH, readCheckpoint, readLatest } from '../../core/index/checkpoint.ts';
import { type History, historyObject, readHistory } from '../../core/index/history.ts';
import { type FetchObject, type IndexHead, readIndexHead } from '../../core/index/index-head.ts';
import { headObject } from '../../core/index/index-objects.ts';
import type { CheckpointBefore } from '../../core/index/next-checkpoint.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexSource } from '../../core/ports.ts';

/** A published tree as far as operators read it: by file and by object. */
export type PublishedTree = Pick<IndexSource, 'url' | 'readFile' | 'readObject'>;

/** The newest checkpoint of a published tree, as bytes and read. */
export interface PublishedCheckpoint {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly checkpoint: Checkpoint;
}

/** A published index to continue. */
export interface PreviousIndex extends CheckpointBefore {
  readonly head: IndexHead;
  readonly fetchObject: FetchObject;
}

/** The checkpoint that `latest` names; undefined when nothing was published there yet. */
export async function readPublishedCheckpoint(tree: PublishedTree): Promise<PublishedCheckpoint | undefined> {
  const latest = await tree.readFile(LATEST_PATH, LIMITS.latestBytes);
  if (latest === undefined) return undefined;
  const id = readLatest(latest);
  const path = id === undefined ? undefined : checkpointPath(id);
  const bytes = path === undefined ? undefined : await tree.readFile(path, LIMITS.checkpointBytes);
  if (id === undefined || path === undefined || bytes === undefined) {
    throw new SheafError('SHEAF_INDEX', `${tree.url} has no checkpoint where its file "latest" points.`, {
      hint: 'The tree is damaged; publish it again.',
    });
  }
  const checkpoint = readCheckpoint(bytes, path);
  if (checkpoint.epoch !== id.epoch || checkpoint.version !== id.version) {
    throw new SheafError(
      'SHEAF_CHECKPOINT',
      `${path} of ${tree.url} holds another checkpoint than its name says.`,
    );
  }
  return { path, bytes, checkpoint };
}

/**
 * Reads the index to continue from.
 *
 * @throws SheafError `SHEAF_NOT_A_REGISTRY` when there is none: a history that silently began anew would look
 *   like a rollback to every client.
 */
export async function readPreviousIndex(tree: PublishedTree): Promise<PreviousIndex> {
  const published = await readPublishedCheckpoint(tree);
  if (published === undefined) {
    throw new SheafError('SHEAF_NOT_A_REGISTRY', `There is no published index at ${tree.url}.`, {
      hint: 'Leave --previous out to build the first index of a registry.',
    });
  }
  const fetchObject = objectsOf(tree);
  const { checkpoint } = published;
  const history: History = readHistory(await fetchObject(historyObject(checkpoint.history)));
  const head = readIndexHead(await fetchObject(headObject(checkpoint)));
  return { checkpoint, sha256: sha256(published.bytes), history, head, fetchObject };
}

/** The objects of a published tree, each checked against its digest. */
export function objectsOf(tree: PublishedTree): FetchObject {
  return async (object) => {
    if (object.size > LIMITS.indexObjectBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${object.path} would have ${object.size} bytes, more than is allowed.`,
      );
    }
    const bytes = await tree.readObject(object);
    if (bytes === undefined) {
      throw new SheafError('SHEAF_INDEX', `${tree.url} lacks the object ${object.path}.`, {
        hint: 'The tree is incomplete; build it again without --previous.',
        details: { sha256: object.sha256 },
      });
    }
    return verifiedBytes(bytes, object, `${object.path} of ${tree.url}`);
  };
}
