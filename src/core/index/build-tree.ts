import { pairOf } from '../documents/strict-json.ts';
import type { ObjectRef } from '../object-ref.ts';
import { builtObject } from './built-object.ts';
import { treePosition } from './document-id.ts';
import type { BuiltObject, FetchObject, TreeKind, TreeRef } from './index-head.ts';
import type { LeafLines } from './tree.ts';
import { leafPath, nodeLeaves, nodePath, readLeaf, treeLeaves } from './tree.ts';

/** A tree and the objects it consists of; when updated, only those that were not there before. */
export interface BuiltTree {
  readonly ref: TreeRef;
  readonly objects: readonly BuiltObject[];
}

/** How many bits a tree of so many keys has: leaves of about 3 to 48 records. */
export function treeBits(keys: number): TreeRef['bits'] {
  if (keys <= 48) return 0;
  if (keys <= 12_288) return 8;
  return keys <= 196_608 ? 12 : 16;
}

/** Writes an inner node as {@link readNode} reads it, one leaf a line, so that Git stores changes as deltas. */
export function writeNode(leaves: readonly ObjectRef[]): Uint8Array {
  const lines = leaves.map((leaf) => JSON.stringify(pairOf(leaf)));
  return new TextEncoder().encode(`[${lines.join(',\n')}]\n`);
}

/** Writes a leaf as {@link readLeaf} reads it: lines in key order, by UTF-16 code unit. */
export function writeLeaf(lines: LeafLines): Uint8Array {
  const keys = [...lines.keys()].toSorted();
  return new TextEncoder().encode(keys.map((key) => `${lines.get(key)}\n`).join(''));
}

/** Builds the tree of all `lines`, in the shape for so many `keys`. */
export function buildTree(kind: TreeKind, lines: LeafLines, keys: number = lines.size): BuiltTree {
  const bits = treeBits(keys);
  const width = 2 ** (bits / 2);
  const leaves = Array.from({ length: 2 ** bits }, () => new Map<string, string>());
  for (const [key, line] of lines) {
    const { hi, lo } = treePosition(bits, key);
    leaves[hi * width + lo]?.set(key, line);
  }
  const objects: BuiltObject[] = leaves.map((leaf, index) =>
    builtObject(leafPath(kind, bits, { hi: Math.floor(index / width), lo: index % width }), writeLeaf(leaf)),
  );
  if (bits === 0) return { ref: { bits, nodes: objects.map(plainRef) }, objects };
  const nodes = Array.from({ length: width }, (_, hi) =>
    builtObject(nodePath(kind, hi), writeNode(objects.slice(hi * width, (hi + 1) * width))),
  );
  return { ref: { bits, nodes: nodes.map(plainRef) }, objects: [...objects, ...nodes] };
}

/**
 * Changes some lines of a tree and gives byte for byte what {@link buildTree} gives for the result, reading
 * only the leaves that change, unless the tree has to take another shape.
 *
 * @param edits the new line of a key, or undefined to remove it.
 * @param keys how many keys the tree has afterwards, or what else its shape goes by.
 */
export async function updateTree(
  kind: TreeKind,
  previous: TreeRef,
  edits: ReadonlyMap<string, string | undefined>,
  keys: number,
  fetchObject: FetchObject,
): Promise<BuiltTree> {
  const { bits } = previous;
  if (treeBits(keys) !== bits) {
    const lines = new Map<string, string>();
    for await (const leaf of treeLeaves(kind, previous, fetchObject)) {
      for (const [key, line] of readLeaf(await fetchObject(leaf), leaf.path)) lines.set(key, line);
    }
    return buildTree(kind, edited(lines, edits), keys);
  }
  const byNode = new Map<number, Map<number, Map<string, string | undefined>>>();
  for (const [key, line] of edits) {
    const { hi, lo } = treePosition(bits, key);
    const node = getOrAdd(byNode, hi, () => new Map<number, Map<string, string | undefined>>());
    getOrAdd(node, lo, () => new Map<string, string | undefined>()).set(key, line);
  }
  const nodes = [...previous.nodes];
  const objects: BuiltObject[] = [];
  for (const [hi, changes] of byNode) {
    const leaves = [...(await nodeLeaves(kind, previous, hi, fetchObject))];
    for (const [lo, leafEdits] of changes) {
      const old = leaves[lo];
      if (old === undefined) continue;
      const leaf = builtObject(
        old.path,
        writeLeaf(edited(readLeaf(await fetchObject(old), old.path), leafEdits)),
      );
      leaves[lo] = leaf;
      if (leaf.sha256 !== old.sha256) objects.push(leaf);
    }
    if (bits === 0) {
      nodes.splice(hi, 1, ...leaves.map(plainRef));
      continue;
    }
    const node = builtObject(nodePath(kind, hi), writeNode(leaves));
    if (node.sha256 !== nodes[hi]?.sha256) objects.push(node);
    nodes[hi] = plainRef(node);
  }
  return { ref: { bits, nodes }, objects };
}

function edited(lines: LeafLines, edits: ReadonlyMap<string, string | undefined>): LeafLines {
  const result = new Map(lines);
  for (const [key, line] of edits) {
    if (line === undefined) result.delete(key);
    else result.set(key, line);
  }
  return result;
}

function plainRef({ sha256, size }: ObjectRef): ObjectRef {
  return { sha256, size };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}
