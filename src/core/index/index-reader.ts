import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { type BundleFiles, bundleObject, readBundle } from './bundle.ts';
import type { Checkpoint } from './checkpoint.ts';
import { locateLeaf } from './document-id.ts';
import {
  type FetchObject,
  type FileKind,
  fileObject,
  type IndexHead,
  type RunKind,
  readIndexHead,
  type TreeKind,
} from './index-head.ts';
import { headObject } from './index-objects.ts';
import {
  type GrantsRecord,
  type OwnerRecord,
  type PluginRecord,
  type ReleasesRecord,
  readGrantsRecord,
  readOwnerRecord,
  readPluginRecord,
  readReleasesRecord,
} from './records.ts';
import { runsBetween } from './runs.ts';
import { readLeaf } from './tree.ts';

/**
 * Looks things up in one verified index, fetching only the objects on the way: head, node, leaf. Everything
 * it returns hangs below a trusted checkpoint by digest; what the checkpoint key may say alone, and what needs
 * an owner's signature besides, is for core/trust/release-trust.ts to tell.
 */
export interface IndexReader {
  readonly head: IndexHead;
  /** What results show of a plugin; undefined when the registry has none of that name. */
  plugin(name: PluginName): Promise<PluginRecord | undefined>;
  /** What resolution needs of a plugin; undefined when the registry has none of that name. */
  releases(name: PluginName): Promise<ReleasesRecord | undefined>;
  /** The key files of an owner; undefined when the registry has none of that name. */
  owner(name: string): Promise<OwnerRecord | undefined>;
  /** The tiers that a plugin was granted, exact texts by path; empty for most. */
  grants(name: PluginName): Promise<GrantsRecord['files']>;
  /** One of the small files, exact bytes. */
  file(kind: FileKind): Promise<Uint8Array>;
  /** The runs in which keys from `first` up to but not including `end` lie, in order. */
  runs(kind: RunKind, first: string, end?: string): Promise<readonly Uint8Array[]>;
  /** A bundle of signed files, by its position in the record. */
  bundle(record: ReleasesRecord, position: number): Promise<BundleFiles>;
}

/**
 * Reads the head that a checkpoint names.
 *
 * @throws SheafError `SHEAF_INDEX` when it is malformed or of another registry, `SHEAF_SIZE`, and what
 *   `fetchObject` throws.
 */
export async function readHead(checkpoint: Checkpoint, fetchObject: FetchObject): Promise<IndexHead> {
  const object = headObject(checkpoint);
  if (object.size > LIMITS.indexHeadBytes) {
    throw new SheafError('SHEAF_SIZE', `The index head of ${checkpoint.registry} has ${object.size} bytes.`);
  }
  const head = readIndexHead(await fetchObject(object), `The index head of ${checkpoint.registry}`);
  if (head.registry === checkpoint.registry) return head;
  throw new SheafError(
    'SHEAF_INDEX',
    `The checkpoint of ${checkpoint.registry} names the index of ${JSON.stringify(head.registry)}.`,
  );
}

/** A reader of the index below `head`. */
export function createIndexReader(head: IndexHead, fetchObject: FetchObject): IndexReader {
  async function lookUp<T>(kind: TreeKind, key: string, read: (line: string) => T): Promise<T | undefined> {
    const leaf = await locateLeaf(kind, head.trees[kind], key, fetchObject);
    const line = readLeaf(await fetchObject(leaf), leaf.path).get(key);
    return line === undefined ? undefined : read(line);
  }

  return {
    head,
    plugin: async (name) => named(name, await lookUp('plugins', name, readPluginRecord), (one) => one.name),
    releases: async (name) =>
      named(name, await lookUp('releases', name, readReleasesRecord), (one) => one.name),
    owner: async (name) => named(name, await lookUp('owners', name, readOwnerRecord), (one) => one.owner),
    async grants(name) {
      const found = named(name, await lookUp('grants', name, readGrantsRecord), (one) => one.name);
      return found?.files ?? {};
    },
    file: (kind) => fetchObject(fileObject(head, kind)),
    async runs(kind, first, end) {
      const objects = await runsBetween(kind, head.runs[kind], first, end, fetchObject);
      return Promise.all(objects.map((object) => fetchObject(object)));
    },

    async bundle(record, position) {
      const object = bundleObject(record, position);
      if (object === undefined) {
        throw new SheafError(
          'SHEAF_INDEX',
          `The index names a bundle of ${record.name} that it does not have.`,
        );
      }
      return readBundle(await fetchObject(object), record.name, object.sha256);
    },
  };
}

/** JSON lets a key stand twice in one object: what a line says of itself must be the key it was found under. */
function named<T>(key: string, record: T | undefined, nameOf: (record: T) => string): T | undefined {
  if (record === undefined || nameOf(record) === key) return record;
  throw new SheafError('SHEAF_INDEX', `The index has something else than ${key} under that name.`);
}
