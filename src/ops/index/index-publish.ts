import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { LATEST_PATH, writeLatest } from '../../core/index/checkpoint.ts';
import { historyIncludes, historyObject, readHistory } from '../../core/index/history.ts';
import type { FetchObject, IndexHead } from '../../core/index/index-head.ts';
import { objectPath } from '../../core/index/index-head.ts';
import { indexObjects } from '../../core/index/index-objects.ts';
import { readHead } from '../../core/index/index-reader.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock, IndexSource } from '../../core/ports.ts';
import type { IndexTarget, PublishedFile } from '../../core/publishing-ports.ts';
import {
  acceptCheckpoint,
  compareCheckpointIds,
  formatCheckpointId,
  requireLiveRoot,
  type SeenCheckpoint,
} from '../../core/trust/trust.ts';
import { followRoots, readFirstRoot } from '../registries/root-chain.ts';
import { objectsOf, readPublishedCheckpoint } from './previous-index.ts';

export interface IndexPublishPorts {
  /** The built and signed index. */
  readonly tree: IndexSource;
  readonly target: IndexTarget;
  readonly clock: Clock;
}

export interface IndexPublishOptions {
  /** Publish although many plugins are gone. */
  readonly allowShrink?: boolean;
  /** Judge only; write nothing. */
  readonly dryRun?: boolean;
}

/** What was published. */
export interface PublishedIndex {
  readonly registry: string;
  readonly epoch: number;
  readonly version: number;
  readonly plugins: number;
  readonly releases: number;
  /** Files written, or that would be written. */
  readonly files: number;
  readonly bytes: number;
  /** Whether the target had this very checkpoint already. */
  readonly unchanged: boolean;
}

/**
 * Publishes a signed index: judges it as a client will, by the same rules, reads every object it consists of,
 * and writes what the target lacks so that no reader ever sees a part of it.
 *
 * @throws SheafError what a client would refuse it with; `SHEAF_ROLLBACK` when it isn't newer than what is
 *   published, `SHEAF_FORK` when it doesn't continue it, `SHEAF_POLICY` when more than 5 % and more than five of
 *   the plugins are gone, `SHEAF_INDEX` when an object is missing, `SHEAF_EXISTS` when somebody else published
 *   at the same time.
 */
export async function publishIndex(
  ports: IndexPublishPorts,
  options: IndexPublishOptions = {},
): Promise<PublishedIndex> {
  const { tree, target } = ports;
  const rootPaths: PublishedFile[] = [];
  const next = await acceptBuilt(recording(tree, rootPaths), ports.clock.now());
  const { value: checkpoint } = next;
  const fetchObject = objectsOf(tree);
  const head = await readHead(checkpoint, fetchObject);
  const unchanged = await refuseStepBack(ports, next, head, fetchObject, options.allowShrink ?? false);
  const total = { files: 0, bytes: 0 };
  if (!unchanged) {
    const files = counted(publication(target, next, head, fetchObject, rootPaths), total);
    if (options.dryRun === true) for await (const _ of files);
    else await target.publish(files, checkpoint.issued);
  }
  const { registry, epoch, version } = checkpoint;
  return { registry, epoch, version, plugins: head.plugins, releases: head.releases, ...total, unchanged };
}

/** Accepts the checkpoint as a client does that has seen nothing yet. */
async function acceptBuilt(tree: IndexSource, now: number): Promise<SeenCheckpoint> {
  const trust = await followRoots(tree, await readFirstRoot(tree), () => Promise.resolve());
  requireLiveRoot(trust, now);
  const built = await readPublishedCheckpoint(tree);
  if (built === undefined) {
    throw new SheafError('SHEAF_NOT_A_REGISTRY', `There is no built index at ${tree.url}.`, {
      hint: 'Build it first: sheaf index build REGISTRY --out DIR.',
    });
  }
  const signature = await tree.readFile(`${built.path}.sig`, LIMITS.signatureBytes);
  if (signature === undefined) {
    throw new SheafError('SHEAF_SIGNATURE', `The checkpoint of ${built.checkpoint.registry} is not signed.`, {
      hint: 'Sign it first: sheaf index sign DIR --key KEY.',
    });
  }
  return acceptCheckpoint(trust, { bytes: built.bytes, signature, now });
}

/** Keeps the root files that were read, which are exactly those that a client reads. */
export function recording(tree: IndexSource, files: PublishedFile[]): IndexSource {
  return {
    url: tree.url,
    get bytesReceived() {
      return tree.bytesReceived;
    },
    refresh: () => tree.refresh(),
    readObject: (object) => tree.readObject(object),
    async readFile(path, maxBytes) {
      const bytes = await tree.readFile(path, maxBytes);
      if (bytes !== undefined && path.startsWith('root/')) files.push({ path, bytes });
      return bytes;
    },
  };
}

/** @returns whether the target has this very checkpoint already. */
async function refuseStepBack(
  { tree, target }: IndexPublishPorts,
  next: SeenCheckpoint,
  head: IndexHead,
  fetchObject: FetchObject,
  allowShrink: boolean,
): Promise<boolean> {
  const current = await readPublishedCheckpoint(target);
  if (current === undefined) return false;
  const { checkpoint: last } = current;
  if (last.registry !== next.value.registry) {
    throw new SheafError(
      'SHEAF_CHECKPOINT',
      `${target.url} has the index of ${JSON.stringify(last.registry)}, not of ${JSON.stringify(next.value.registry)}.`,
      { hint: 'Publish to another place; clients of that registry would be locked out.' },
    );
  }
  await refuseOtherRoot(tree, target);
  const digest = sha256(current.bytes);
  const order = compareCheckpointIds(next, last);
  if (order === 0 && digest === next.sha256) {
    return (await target.readFile(`${current.path}.sig`, LIMITS.signatureBytes)) !== undefined;
  }
  if (order <= 0) {
    throw new SheafError(
      'SHEAF_ROLLBACK',
      `${target.url} has checkpoint ${formatCheckpointId(last)}, so ${formatCheckpointId(next)} is not newer.`,
      { hint: `Build again with --previous ${target.url}.` },
    );
  }
  if (last.epoch === next.epoch) {
    const history = readHistory(await fetchObject(historyObject(next.value.history)));
    if (!(await historyIncludes(history, last, digest, fetchObject))) {
      throw new SheafError(
        'SHEAF_FORK',
        `Checkpoint ${formatCheckpointId(next)} does not continue ${formatCheckpointId(last)} at ${target.url}.`,
        { hint: `Every client would raise an alarm. Build again with --previous ${target.url}.` },
      );
    }
  }
  const before = await readHead(last, objectsOf(target));
  if (!allowShrink) refuseShrinking(before.plugins, head.plugins);
  return false;
}

/** Another first root makes another registry to all who pinned this one. */
async function refuseOtherRoot(tree: IndexSource, target: IndexTarget): Promise<void> {
  const path = 'root/1.signers';
  const [ours, theirs] = await Promise.all(
    [tree, target].map((place) => place.readFile(path, LIMITS.signersBytes)),
  );
  if (ours === undefined || theirs === undefined || sha256(ours) === sha256(theirs)) return;
  throw new SheafError('SHEAF_ROOT', `${target.url} begins with another root than ${tree.url}.`, {
    hint: 'Restore root/1.signers; no client could follow otherwise.',
  });
}

/** A build from the wrong directory, or a thief of the checkpoint key, must not empty a registry unnoticed. */
function refuseShrinking(before: number, now: number): void {
  const gone = before - now;
  if (gone <= Math.max(before * 0.05, 5)) return;
  throw new SheafError(
    'SHEAF_POLICY',
    `The new index has ${now} plugins where ${before} are published: ${gone} are gone.`,
    { hint: 'If that is right, publish with --allow-shrink.', details: { before, now } },
  );
}

/** What a target lacks of an index, in the order in which it must be written. */
export async function* publication(
  target: IndexTarget,
  next: SeenCheckpoint,
  head: IndexHead,
  fetchObject: FetchObject,
  rootFiles: readonly PublishedFile[],
): AsyncIterable<PublishedFile> {
  const byPath = target.naming === 'path';
  const walk = indexObjects(next.value, fetchObject, {
    known: (object) => target.has(object),
    bundles: !byPath || head.bundles === 'everywhere',
  });
  const written = new Set<string>();
  for await (const object of walk) {
    const path = byPath ? object.path : objectPath(object.sha256);
    if (written.has(path)) continue;
    written.add(path);
    yield { path, bytes: await fetchObject(object) };
  }
  yield* rootFiles;
  const path = `checkpoints/${formatCheckpointId(next)}.json`;
  // The signature first: a checkpoint that can be seen can be verified.
  yield { path: `${path}.sig`, bytes: next.signature };
  yield { path, bytes: next.bytes };
  yield { path: LATEST_PATH, bytes: writeLatest(next) };
}

/** The same files, counted as they pass. */
export async function* counted(
  files: AsyncIterable<PublishedFile>,
  total: { files: number; bytes: number },
): AsyncIterable<PublishedFile> {
  for await (const file of files) {
    total.files += 1;
    total.bytes += file.bytes.byteLength;
    yield file;
  }
}
