import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Sha256, verifiedBytes } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import type { Checkpoint, CheckpointId } from '../core/index/checkpoint.ts';
import {
  checkpointPath,
  LATEST_PATH,
  parseCheckpointPath,
  readCheckpoint,
  readLatest,
} from '../core/index/checkpoint.ts';
import { type FetchObject, type IndexObject, objectPath } from '../core/index/index-head.ts';
import { indexObjects } from '../core/index/index-objects.ts';
import type { Instant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import { isErrno, readFileIfExists } from './files.ts';

/**
 * Removes checkpoints that were issued more than 30 days before `now`, and the objects that only they reach. By
 * then no client can still be using them, however long a CDN has kept the files above. Artifacts, which a mirror
 * keeps under the same names, are reached by no checkpoint and stay.
 */
export async function pruneDirectory(root: string, now: Instant): Promise<void> {
  const { expired, kept } = await sortCheckpoints(root, now);
  if (expired.length === 0) return;
  const reached = new Set<Sha256>();
  const fetchObject = objectsIn(root);
  for (const checkpoint of kept) {
    for await (const object of walk(checkpoint, fetchObject, reached)) reached.add(object.sha256);
  }
  const gone = new Set<Sha256>();
  for (const checkpoint of expired) {
    try {
      for await (const object of walk(checkpoint, fetchObject, reached)) gone.add(object.sha256);
    } catch (error) {
      // A run that was killed here before took the upper objects already; there is no way to those below.
      if (!(error instanceof SheafError)) throw error;
    }
  }
  // Parents first: an object that is there has everything below it, also when this is interrupted.
  for (const sha256 of [...gone].toReversed()) await rm(join(root, objectPath(sha256)), { force: true });
  for (const checkpoint of expired) await removeCheckpoint(root, checkpoint);
}

function walk(
  checkpoint: Checkpoint,
  fetchObject: FetchObject,
  reached: ReadonlySet<Sha256>,
): AsyncIterable<IndexObject> {
  return indexObjects(checkpoint, fetchObject, { known: (object) => reached.has(object.sha256) });
}

async function sortCheckpoints(
  root: string,
  now: Instant,
): Promise<{ readonly expired: readonly Checkpoint[]; readonly kept: readonly Checkpoint[] }> {
  const latest = await readFileIfExists(join(root, LATEST_PATH), LIMITS.latestBytes);
  const current = latest === undefined ? undefined : readLatest(latest);
  const expired: Checkpoint[] = [];
  const kept: Checkpoint[] = [];
  for (const id of await listCheckpoints(root)) {
    const bytes = await readFileIfExists(join(root, checkpointPath(id)), LIMITS.checkpointBytes);
    if (bytes === undefined) continue;
    const checkpoint = readCheckpoint(bytes, checkpointPath(id));
    const isCurrent = id.epoch === current?.epoch && id.version === current.version;
    const isOld = checkpoint.issued < now - LIMITS.checkpointLife;
    (isOld && !isCurrent ? expired : kept).push(checkpoint);
  }
  return { expired, kept };
}

async function listCheckpoints(root: string): Promise<readonly CheckpointId[]> {
  try {
    const names = await readdir(join(root, 'checkpoints'));
    return names.flatMap((name) => parseCheckpointPath(`checkpoints/${name}`) ?? []);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

async function removeCheckpoint(root: string, id: CheckpointId): Promise<void> {
  const path = join(root, checkpointPath(id));
  await rm(path, { force: true });
  await rm(`${path}.sig`, { force: true });
}

function objectsIn(root: string): FetchObject {
  return async (object) => {
    const bytes = await readFileIfExists(join(root, objectPath(object.sha256)), object.size);
    if (bytes === undefined) {
      throw new SheafError('SHEAF_INDEX', `The published tree lacks the object ${object.path}.`);
    }
    return verifiedBytes(bytes, object, object.path);
  };
}
