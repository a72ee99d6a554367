import type { Checkpoint } from '../../core/index/checkpoint.ts';
import { checkpointPath, LATEST_PATH, writeCheckpoint, writeLatest } from '../../core/index/checkpoint.ts';
import type { BuiltObject, FetchObject, IndexObject } from '../../core/index/index-head.ts';
import { objectPath } from '../../core/index/index-head.ts';
import { indexObjects } from '../../core/index/index-objects.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';

/** What a published tree consists of. */
export interface TreeContent {
  readonly checkpoint: Checkpoint;
  /** Objects that were just built. */
  readonly fresh: readonly BuiltObject[];
  /** Where all others are. */
  readonly fetchObject: FetchObject;
  readonly rootFiles: readonly PublishedFile[];
}

/**
 * The files of a published tree, unsigned, named as on a static host and in an order that is safe to write: an
 * object after those it refers to, `latest` last.
 *
 * @param has tells which objects the receiver has, with everything below them; they are left out.
 */
export async function* publishedTree(
  { checkpoint, fresh, fetchObject, rootFiles }: TreeContent,
  has: (object: IndexObject) => Promise<boolean> = () => Promise.resolve(false),
): AsyncIterable<PublishedFile> {
  const byDigest = new Map(fresh.map((object) => [object.sha256, object.bytes]));
  const fetch: FetchObject = async (object) => byDigest.get(object.sha256) ?? fetchObject(object);
  const written = new Set<string>();
  for await (const object of indexObjects(checkpoint, fetch, { known: has })) {
    // Equal objects, such as empty leaves, are one file here.
    if (written.has(object.sha256)) continue;
    written.add(object.sha256);
    yield { path: objectPath(object.sha256), bytes: await fetch(object) };
  }
  yield* rootFiles;
  yield { path: checkpointPath(checkpoint), bytes: writeCheckpoint(checkpoint) };
  yield { path: LATEST_PATH, bytes: writeLatest(checkpoint) };
}
