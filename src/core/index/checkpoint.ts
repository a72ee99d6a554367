import type { ObjectRef } from '../digest.ts';
import type { JsonContext } from '../documents/strict-json.ts';
import {
  jsonFault,
  parseJson,
  readCount,
  readObject,
  readRef,
  readText,
  writeJson,
} from '../documents/strict-json.ts';
import type { Instant } from '../instant.ts';
import { formatInstant, parseInstant } from '../instant.ts';

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
  /** The object that reaches the digests of all earlier checkpoints of this epoch (core/index/history.ts). */
  readonly history: ObjectRef;
  /** Git commits of the two trees the index was built from; null where there was no clean commit. */
  readonly source: { readonly commit: string | null; readonly facts: string | null };
  /** The index head (core/index/index-head.ts). */
  readonly index: ObjectRef;
}

/** A position in the sequence of checkpoints. */
export interface CheckpointId {
  readonly epoch: number;
  readonly version: number;
}

/** The file that names the newest checkpoint; unsigned, only ever a hint. */
export const LATEST_PATH = 'latest';

const SCHEMA = 'sheaf-checkpoint/1';
const KEYS = [
  'schema',
  'registry',
  'epoch',
  'version',
  'root',
  'issued',
  'expires',
  'history',
  'source',
  'index',
] as const;

/**
 * Reads a checkpoint: exactly the known keys, each of the right form. What they must be for a client (epoch of
 * the root, life, floor) is core/trust/trust.ts's business.
 *
 * @param file names it in errors.
 * @throws SheafError `SHEAF_CHECKPOINT`.
 */
export function readCheckpoint(bytes: Uint8Array, file = 'checkpoint'): Checkpoint {
  const context: JsonContext = { what: `The checkpoint ${JSON.stringify(file)}`, code: 'SHEAF_CHECKPOINT' };
  const fields = readObject(parseJson(bytes, context), context, KEYS);
  if (fields['schema'] !== SCHEMA) throw jsonFault(context, `is not of the schema ${SCHEMA}`);
  const source = readObject(fields['source'], context, ['commit', 'facts']);
  return {
    registry: readText(fields['registry'], context),
    epoch: readPosition(fields['epoch'], context),
    version: readPosition(fields['version'], context),
    root: readPosition(fields['root'], context),
    issued: readTime(fields['issued'], context),
    expires: readTime(fields['expires'], context),
    history: readRef(fields['history'], context),
    source: { commit: readCommit(source['commit'], context), facts: readCommit(source['facts'], context) },
    index: readRef(fields['index'], context),
  };
}

/** Writes a checkpoint as {@link readCheckpoint} reads it; these bytes are what is signed. */
export function writeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { registry, epoch, version, root, history, source, index } = checkpoint;
  return writeJson({
    schema: SCHEMA,
    registry,
    epoch,
    version,
    root,
    issued: formatInstant(checkpoint.issued),
    expires: formatInstant(checkpoint.expires),
    history: { sha256: history.sha256, size: history.size },
    source: { commit: source.commit, facts: source.facts },
    index: { sha256: index.sha256, size: index.size },
  });
}

/** Where a published tree keeps a checkpoint; its signature has `.sig` behind it. */
export function checkpointPath(id: CheckpointId): string {
  return `checkpoints/${id.epoch}-${id.version}.json`;
}

/** The position that a path of {@link checkpointPath} names; undefined for any other path. */
export function parseCheckpointPath(path: string): CheckpointId | undefined {
  return parseId(/^checkpoints\/(.*)\.json$/.exec(path)?.[1]);
}

/** The content of `latest`: `<epoch>-<version>` and a newline. */
export function writeLatest(id: CheckpointId): Uint8Array {
  return new TextEncoder().encode(`${id.epoch}-${id.version}\n`);
}

/** Reads `latest`; undefined when it is malformed. The final newline may be missing. */
export function readLatest(bytes: Uint8Array): CheckpointId | undefined {
  return parseId(new TextDecoder().decode(bytes).replace(/\n$/, ''));
}

function parseId(text: string | undefined): CheckpointId | undefined {
  const match = /^([1-9]\d{0,14})-([1-9]\d{0,14})$/.exec(text ?? '');
  return match === null ? undefined : { epoch: Number(match[1]), version: Number(match[2]) };
}

function readPosition(value: unknown, context: JsonContext): number {
  const count = readCount(value, context);
  if (count === 0) throw jsonFault(context, 'counts from 0 where sheaf counts from 1');
  return count;
}

function readTime(value: unknown, context: JsonContext): Instant {
  const instant = parseInstant(readText(value, context));
  if (instant === undefined) throw jsonFault(context, 'has a time that is not RFC 3339 in UTC');
  return instant;
}

function readCommit(value: unknown, context: JsonContext): string | null {
  if (value === null) return null;
  const commit = readText(value, context);
  // SHA-1 and SHA-256 repositories (gitformat-hash-function-transition).
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw jsonFault(context, 'names no Git commit');
  return commit;
}
