import { bundleObject } from './bundle.ts';
import type { Checkpoint } from './checkpoint.ts';
import { historyBlock, historyObject, readHistory } from './history.ts';
import type { FetchObject, IndexObject, RunKind, RunsRef, TreeKind, TreeRef } from './index-head.ts';
import { FILE_KINDS, fileObject, HEAD_PATH, RUN_KINDS, readIndexHead, TREE_KINDS } from './index-head.ts';
import { readBundleRefs } from './records.ts';
import { pageRuns, runPages } from './runs.ts';
import { nodeLeaves, readLeaf, rootObject, treeNodes } from './tree.ts';

/** The object a checkpoint names as `index`. */
export function headObject(checkpoint: Checkpoint): IndexObject {
  return { sha256: checkpoint.index.sha256, size: checkpoint.index.size, path: HEAD_PATH };
}

/**
 * Every object that a checkpoint reaches, each one after those it refers to, so that whoever copies in this
 * order never has a parent without its children. The order is the same for the same index.
 *
 * @param known tells that an object and everything below it need not be walked: the receiver has them.
 * @param bundles whether the manifest bundles are wanted too; they are most of the objects.
 */
export async function* indexObjects(
  checkpoint: Checkpoint,
  fetchObject: FetchObject,
  { known = () => false, bundles = true }: WalkOptions = {},
): AsyncIterable<IndexObject> {
  const history = historyObject(checkpoint.history);
  if (!(await known(history))) {
    const parsed = readHistory(await fetchObject(history));
    for (const position of parsed.blocks.keys()) {
      const block = historyBlock(parsed, position);
      if (block !== undefined && !(await known(block))) yield block;
    }
    yield history;
  }
  const top = headObject(checkpoint);
  if (await known(top)) return;
  const head = readIndexHead(await fetchObject(top));
  for (const kind of TREE_KINDS) {
    yield* treeObjects(kind, head.trees[kind], fetchObject, { known, bundles });
  }
  for (const kind of RUN_KINDS) yield* runObjects(kind, head.runs[kind], fetchObject, known);
  for (const kind of FILE_KINDS) {
    const file = fileObject(head, kind);
    if (!(await known(file))) yield file;
  }
  yield top;
}

/** What a walk leaves out. */
export interface WalkOptions {
  readonly known?: (object: IndexObject) => boolean | Promise<boolean>;
  readonly bundles?: boolean;
}

async function* treeObjects(
  kind: TreeKind,
  tree: TreeRef,
  fetchObject: FetchObject,
  { known, bundles }: Required<WalkOptions>,
): AsyncIterable<IndexObject> {
  const root = rootObject(kind, tree);
  if (await known(root)) return;
  const leafObjects = async function* (leaf: IndexObject): AsyncIterable<IndexObject> {
    if (await known(leaf)) return;
    if (kind === 'releases' && bundles) {
      for (const object of bundlesOf(await fetchObject(leaf), leaf.path)) {
        if (!(await known(object))) yield object;
      }
    }
    yield leaf;
  };
  if (tree.bits === 0) {
    yield* leafObjects(root);
    return;
  }
  for (const [hi, node] of (await treeNodes(kind, tree, fetchObject)).entries()) {
    if (await known(node)) continue;
    for (const leaf of await nodeLeaves(kind, tree.bits, { hi, node }, fetchObject)) yield* leafObjects(leaf);
    yield node;
  }
  yield root;
}

function bundlesOf(leaf: Uint8Array, what: string): readonly IndexObject[] {
  return [...readLeaf(leaf, what).values()].flatMap((line) => {
    const record = readBundleRefs(line);
    return record.bundles.flatMap((_, position) => bundleObject(record, position) ?? []);
  });
}

async function* runObjects(
  kind: RunKind,
  runs: RunsRef,
  fetchObject: FetchObject,
  known: Required<WalkOptions>['known'],
): AsyncIterable<IndexObject> {
  const pages = runPages(kind, runs);
  for (const page of runs.paged ? pages.keys() : [0]) {
    const listing = pages[page];
    if (listing !== undefined && (await known(listing))) continue;
    for (const { object } of await pageRuns(kind, runs, page, fetchObject)) {
      if (!(await known(object))) yield object;
    }
    if (listing !== undefined) yield listing;
  }
}
