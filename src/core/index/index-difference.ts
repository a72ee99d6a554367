import type { FetchObject, IndexHead, RunKind, TreeKind } from './index-head.ts';
import { FILE_KINDS, RUN_KINDS, TREE_KINDS } from './index-head.ts';
import { readLeaf, treeLeaves } from './tree.ts';

/** An index that can be looked into. */
export interface OpenIndex {
  readonly head: IndexHead;
  readonly fetchObject: FetchObject;
}

/** Where two indexes part. */
export interface IndexDifference {
  /** The part of the index: `plugins`, `terms`, `status`, … or a count of the head. */
  readonly part: string;
  /** The plugin or owner, where the part has one line for each. */
  readonly key?: string;
}

/**
 * The first difference between two indexes, in an order that does not depend on either: counts, trees key by
 * key, runs, files. Undefined when they are equal.
 */
export async function firstDifference(a: OpenIndex, b: OpenIndex): Promise<IndexDifference | undefined> {
  for (const part of ['registry', 'bundles'] as const) if (a.head[part] !== b.head[part]) return { part };
  for (const kind of TREE_KINDS) {
    const difference = await treeDifference(kind, a, b);
    if (difference !== undefined) return difference;
  }
  const count = (['plugins', 'releases', 'owners'] as const).find((part) => a.head[part] !== b.head[part]);
  if (count !== undefined) return { part: `number of ${count}` };
  const run = RUN_KINDS.find((kind) => runsDiffer(kind, a.head, b.head));
  if (run !== undefined) return { part: run };
  const file = FILE_KINDS.find((kind) => a.head.files[kind].sha256 !== b.head.files[kind].sha256);
  return file === undefined ? undefined : { part: file };
}

async function treeDifference(
  kind: TreeKind,
  a: OpenIndex,
  b: OpenIndex,
): Promise<IndexDifference | undefined> {
  const left = a.head.trees[kind];
  const right = b.head.trees[kind];
  if (left.bits === right.bits && left.root.sha256 === right.root.sha256) return undefined;
  const [ours, theirs] = [await linesOf(kind, a), await linesOf(kind, b)];
  const keys = new Set([...ours.keys(), ...theirs.keys()]);
  const key = [...keys].toSorted().find((one) => ours.get(one) !== theirs.get(one));
  return key === undefined ? { part: kind } : { part: kind, key };
}

async function linesOf(kind: TreeKind, index: OpenIndex): Promise<ReadonlyMap<string, string>> {
  const lines = new Map<string, string>();
  for await (const leaf of treeLeaves(kind, index.head.trees[kind], index.fetchObject)) {
    for (const [key, line] of readLeaf(await index.fetchObject(leaf), leaf.path)) lines.set(key, line);
  }
  return lines;
}

function runsDiffer(kind: RunKind, a: IndexHead, b: IndexHead): boolean {
  const ours = a.runs[kind].nodes;
  const theirs = b.runs[kind].nodes;
  return (
    ours.length !== theirs.length ||
    ours.some((run, index) => run.from !== theirs[index]?.from || run.sha256 !== theirs[index]?.sha256)
  );
}
