import type { ObjectRef } from '../object-ref.ts';
import { builtObject } from './built-object.ts';
import { treePosition } from './document-id.ts';
import type { BuiltObject, FetchObject, IndexObject, TreeKind, TreeRef } from './index-head.ts';
import { putRef, REF_BYTES } from './refs.ts';
import type { LeafLines } from './tree.ts';
import {
  leafPath,
  nodeLeaves,
  nodePath,
  nodeWidth,
  readLeaf,
  rootObject,
  rootPath,
  rootWidth,
  treeLeaves,
  treeNodes,
} from './tree.ts';

/** A tree and the objects it consists of; when updated, only those that were not there before. */
export interface BuiltTree {
  readonly ref: TreeRef;
  readonly objects: readonly BuiltObject[];
}

/**
 * How many bits a tree of so many keys has: leaves of about 3 to 16 records. Smaller ones would be more objects for
 * Git, larger ones more bytes for whoever looks for one record, or for twenty that lie in as many leaves.
 */
export function treeBits(keys: number): TreeRef['bits'] {
  if (keys <= 48) return 0;
  if (keys <= 3072) return 8;
  if (keys <= 12_288) return 10;
  if (keys <= 65_536) return 12;
  return keys <= 262_144 ? 14 : 16;
}

/** Writes a root or an inner node as {@link readNode} reads it. */
export function writeNode(refs: readonly ObjectRef[]): Uint8Array {
  const bytes = new Uint8Array(refs.length * REF_BYTES);
  let offset = 0;
  for (const ref of refs) offset = putRef(bytes, offset, ref);
  return bytes.slice(0, offset);
}

/** Writes a leaf as {@link readLeaf} reads it: lines in key order, by UTF-16 code unit. */
export function writeLeaf(lines: LeafLines): Uint8Array {
  const keys = [...lines.keys()].toSorted();
  return new TextEncoder().encode(keys.map((key) => `${lines.get(key)}\n`).join(''));
}

/** Builds the tree of all `lines`, in the shape for so many `keys`. */
export function buildTree(kind: TreeKind, lines: LeafLines, keys: number = lines.size): BuiltTree {
  const bits = treeBits(keys);
  const width = nodeWidth(bits);
  const leaves = Array.from({ length: 2 ** bits }, () => new Map<string, string>());
  for (const [key, line] of lines) {
    const { hi, lo } = treePosition(bits, key);
    leaves[hi * width + lo]?.set(key, line);
  }
  const objects: BuiltObject[] = leaves.map((leaf, index) =>
    builtObject(leafPath(kind, bits, { hi: Math.floor(index / width), lo: index % width }), writeLeaf(leaf)),
  );
  const [only] = objects;
  if (bits === 0 && only !== undefined) return { ref: { bits, root: plainRef(only) }, objects };
  const nodes = Array.from({ length: rootWidth(bits) }, (_, hi) =>
    builtObject(nodePath(kind, hi), writeNode(objects.slice(hi * width, (hi + 1) * width))),
  );
  const root = builtObject(rootPath(kind), writeNode(nodes));
  return { ref: { bits, root: plainRef(root) }, objects: [...objects, ...nodes, root] };
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
  if (edits.size === 0) return { ref: previous, objects: [] };
  if (bits === 0) {
    const leaf = await updateLeaf(rootObject(kind, previous), edits, fetchObject);
    return updatedTree(previous, leaf, []);
  }
  const byNode = new Map<number, Map<number, Map<string, string | undefined>>>();
  for (const [key, line] of edits) {
    const { hi, lo } = treePosition(bits, key);
    const node = getOrAdd(byNode, hi, () => new Map<number, Map<string, string | undefined>>());
    getOrAdd(node, lo, () => new Map<string, string | undefined>()).set(key, line);
  }
  const nodes: IndexObject[] = [...(await treeNodes(kind, previous, fetchObject))];
  const objects: BuiltObject[] = [];
  for (const [hi, changes] of byNode) {
    const node = nodes[hi];
    if (node === undefined) continue;
    const leaves = [...(await nodeLeaves(kind, bits, { hi, node }, fetchObject))];
    for (const [lo, leafEdits] of changes) {
      const old = leaves[lo];
      if (old === undefined) continue;
      const leaf = await updateLeaf(old, leafEdits, fetchObject);
      leaves[lo] = leaf;
      if (leaf.sha256 !== old.sha256) objects.push(leaf);
    }
    const changed = builtObject(node.path, writeNode(leaves));
    if (changed.sha256 !== node.sha256) objects.push(changed);
    nodes[hi] = changed;
  }
  return updatedTree(previous, builtObject(rootPath(kind), writeNode(nodes)), objects);
}

async function updateLeaf(
  old: IndexObject,
  edits: ReadonlyMap<string, string | undefined>,
  fetchObject: FetchObject,
): Promise<BuiltObject> {
  return builtObject(old.path, writeLeaf(edited(readLeaf(await fetchObject(old), old.path), edits)));
}

function updatedTree(previous: TreeRef, root: BuiltObject, below: readonly BuiltObject[]): BuiltTree {
  const isNew = root.sha256 !== previous.root.sha256;
  return {
    ref: { bits: previous.bits, root: plainRef(root) },
    objects: isNew ? [...below, root] : below,
  };
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
