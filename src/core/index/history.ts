import type { ObjectRef, Sha256 } from '../digest.ts';
import { isSha256, refOf, verifiedBytes } from '../digest.ts';
import type { JsonContext } from '../documents/strict-json.ts';
import {
  jsonFault,
  pairOf,
  parseJson,
  readArray,
  readCount,
  readObject,
  readPair,
  readText,
  writeJson,
} from '../documents/strict-json.ts';
import { LIMITS } from '../limits.ts';
import type { CheckpointId } from './checkpoint.ts';
import type { BuiltObject, FetchObject, IndexObject } from './index-head.ts';

/**
 * The digests of all earlier checkpoints of an epoch, in version order: full blocks of
 * `LIMITS.historyBlock`, then the rest. Checkpoint N names the history of 1 to N − 1, so "the head I saw is an
 * ancestor of this one" costs this object and at most one block, however long ago it was seen, and old
 * checkpoints need not be kept to answer it.
 */
export interface History {
  readonly epoch: number;
  /** Block i holds the digests of versions i × 256 + 1 to (i + 1) × 256. */
  readonly blocks: readonly ObjectRef[];
  /** The digests after the last full block; fewer than a block. */
  readonly tail: readonly Sha256[];
}

const SCHEMA = 'sheaf-history/1';

/** The history of the first checkpoint of an epoch. */
export function emptyHistory(epoch: number): History {
  return { epoch, blocks: [], tail: [] };
}

/** How many checkpoints a history holds, which is the version of the newest of them. */
export function historyLength(history: History): number {
  return history.blocks.length * LIMITS.historyBlock + history.tail.length;
}

/** The object that a checkpoint names as `history`. */
export function historyObject(ref: ObjectRef): IndexObject {
  return { sha256: ref.sha256, size: ref.size, path: 'history/history.json' };
}

/** A full block of a history. */
export function historyBlock(history: History, block: number): IndexObject | undefined {
  const ref = history.blocks[block];
  return ref === undefined ? undefined : { ...ref, path: blockPath(history.epoch, block) };
}

/**
 * Reads a history.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readHistory(bytes: Uint8Array): History {
  const context: JsonContext = { what: 'The checkpoint history', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJson(bytes, context), context, ['schema', 'epoch', 'blocks', 'tail']);
  if (fields['schema'] !== SCHEMA) throw jsonFault(context, `is not of the schema ${SCHEMA}`);
  const tail = readArray(fields['tail'], context, readDigest);
  if (tail.length >= LIMITS.historyBlock) throw jsonFault(context, 'keeps a full block in its tail');
  return {
    epoch: readCount(fields['epoch'], context),
    blocks: readArray(fields['blocks'], context, readPair),
    tail,
  };
}

/** Writes a history as {@link readHistory} reads it. */
export function writeHistory(history: History): BuiltObject {
  const bytes = writeJson({
    schema: SCHEMA,
    epoch: history.epoch,
    blocks: history.blocks.map(pairOf),
    tail: history.tail,
  });
  return { ...historyObject(refOf(bytes)), bytes };
}

/**
 * A history with one more checkpoint, and the block that became full by it. The digest is that of the
 * checkpoint whose version is one more than {@link historyLength}.
 */
export function appendHistory(
  history: History,
  checkpoint: Sha256,
): { readonly history: History; readonly block: BuiltObject | undefined } {
  const tail = [...history.tail, checkpoint];
  if (tail.length < LIMITS.historyBlock) return { history: { ...history, tail }, block: undefined };
  const bytes = writeJson(tail);
  const ref = refOf(bytes);
  return {
    history: { epoch: history.epoch, blocks: [...history.blocks, ref], tail: [] },
    block: { ...ref, path: blockPath(history.epoch, history.blocks.length), bytes },
  };
}

/**
 * Whether a checkpoint is one of those in a history. False for other epochs and for versions that the history
 * does not reach.
 *
 * @throws SheafError `SHEAF_INDEX`, `SHEAF_SIZE` or `SHEAF_DIGEST`, and what `fetchObject` throws.
 */
export async function historyIncludes(
  history: History,
  id: CheckpointId,
  sha256: Sha256,
  fetchObject: FetchObject,
): Promise<boolean> {
  if (id.epoch !== history.epoch) return false;
  const index = id.version - 1;
  const inTail = index - history.blocks.length * LIMITS.historyBlock;
  if (inTail >= 0) return history.tail[inTail] === sha256;
  const block = historyBlock(history, Math.floor(index / LIMITS.historyBlock));
  if (block === undefined) return false;
  const digests = readBlock(verifiedBytes(await fetchObject(block), block, 'A block of the history'));
  return digests[index % LIMITS.historyBlock] === sha256;
}

function readBlock(bytes: Uint8Array): readonly Sha256[] {
  const context: JsonContext = { what: 'A block of the checkpoint history', code: 'SHEAF_INDEX' };
  const digests = readArray(parseJson(bytes, context), context, readDigest);
  if (digests.length !== LIMITS.historyBlock) throw jsonFault(context, 'is not full');
  return digests;
}

function readDigest(value: unknown, context: JsonContext): Sha256 {
  const text = readText(value, context);
  if (!isSha256(text)) throw jsonFault(context, 'has something that is not a SHA-256 where one belongs');
  return text;
}

function blockPath(epoch: number, block: number): string {
  return `history/${epoch}-${block}.json`;
}
