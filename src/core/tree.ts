import { createHash } from 'node:crypto';
import type { ObjectRef } from './digest.ts';
import { SheafError } from './errors.ts';
import type { BuiltObject, FetchObject, IndexObject, TreeKind, TreeRef } from './index-head.ts';
import { builtObject } from './index-head.ts';
import type { JsonContext } from './strict-json.ts';
import { jsonFault, pairOf, parseJson, readArray, readPair } from './strict-json.ts';

/**
 * Hash trees: JSON lines, one for each key, in leaves chosen by the first bits of SHA-256(key). Positions do
 * not depend on the other keys, so one record changes one leaf, one node and the head, at any size.
 */
export interface TreePosition {
  /** The inner node, 0 to 2^(bits/2) − 1. */
  readonly hi: number;
  /** The leaf in it. */
  readonly lo: number;
}

/** A tree and the objects it consists of; when updated, only those that were not there before. */
export interface BuiltTree {
  readonly ref: TreeRef;
  readonly objects: readonly BuiltObject[];
}

/**
 * The first 32 bits of SHA-256(key), unsigned: the id of a document in the search index. It needs no
 * numbering, so nothing is renumbered; among 100,000 names one pair is expected to share an id (birthday
 * bound), so an id leads to a leaf and the names in it decide.
 */
export function documentId(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0);
}

/** The 16 bits that place a key in trees of every size. */
export function leafKey(key: string): number {
  return documentId(key) >>> 16;
}

/** How many bits a tree of so many keys has: leaves of about 3 to 48 records. */
export function treeBits(keys: number): TreeRef['bits'] {
  if (keys <= 48) return 0;
  if (keys <= 12_288) return 8;
  return keys <= 196_608 ? 12 : 16;
}

/** Where a key lies in a tree of so many bits. */
export function treePosition(bits: TreeRef['bits'], key: string): TreePosition {
  return positionOf(bits, leafKey(key));
}

/** Where a document lies in a tree of so many bits: postings name documents, not keys. */
export function documentPosition(bits: TreeRef['bits'], id: number): TreePosition {
  return positionOf(bits, id >>> 16);
}

/** The inner node `hi` of a tree; a tree of 0 bits has none. */
export function nodeObject(kind: TreeKind, tree: TreeRef, hi: number): IndexObject {
  return { ...nodeRef(kind, tree, hi), path: `${kind}/${hex(hi)}/node.json` };
}

/** The leaves of one inner node, in order; for a tree of 0 bits its single leaf. */
export async function nodeLeaves(
  kind: TreeKind,
  tree: TreeRef,
  hi: number,
  fetchObject: FetchObject,
): Promise<readonly IndexObject[]> {
  if (tree.bits === 0) return [{ ...nodeRef(kind, tree, hi), path: leafPath(kind, 0, { hi, lo: 0 }) }];
  const node = nodeObject(kind, tree, hi);
  const refs = readNode(await fetchObject(node), tree.bits, node.path);
  return refs.map(({ sha256, size }, lo) => ({ sha256, size, path: leafPath(kind, tree.bits, { hi, lo }) }));
}

/** The leaf that holds a key if anything does; costs one node, or nothing in a tree of 0 bits. */
export async function locateLeaf(
  kind: TreeKind,
  tree: TreeRef,
  key: string,
  fetchObject: FetchObject,
): Promise<IndexObject> {
  return leafAt(kind, tree, treePosition(tree.bits, key), fetchObject);
}

/** The leaf at a position. */
export async function leafAt(
  kind: TreeKind,
  tree: TreeRef,
  { hi, lo }: TreePosition,
  fetchObject: FetchObject,
): Promise<IndexObject> {
  const leaf = (await nodeLeaves(kind, tree, hi, fetchObject))[lo];
  if (leaf === undefined) {
    throw new SheafError('SHEAF_INTERNAL', `The tree of ${kind} has no leaf ${hi}/${lo}.`);
  }
  return leaf;
}

/**
 * Reads an inner node: a JSON array of `["<sha256>", size]`, one for each leaf.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readNode(bytes: Uint8Array, bits: TreeRef['bits'], what: string): readonly ObjectRef[] {
  const context: JsonContext = { what: `The index node ${JSON.stringify(what)}`, code: 'SHEAF_INDEX' };
  const refs = readArray(parseJson(bytes, context), context, readPair);
  if (refs.length !== 2 ** (bits / 2)) throw jsonFault(context, 'does not have a leaf for each position');
  return refs;
}

/** Writes an inner node as {@link readNode} reads it, one leaf a line, so that Git stores changes as deltas. */
export function writeNode(leaves: readonly ObjectRef[]): Uint8Array {
  const lines = leaves.map((leaf) => JSON.stringify(pairOf(leaf)));
  return new TextEncoder().encode(`[${lines.join(',\n')}]\n`);
}

/** The lines of a leaf by key, in key order. */
export type LeafLines = ReadonlyMap<string, string>;

/**
 * Reads a leaf: JSON lines, strictly ascending by key. The key of a line is the string value of its first
 * member, so that one record is found without parsing the others.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readLeaf(bytes: Uint8Array, what: string): LeafLines {
  const context: JsonContext = { what: `The index leaf ${JSON.stringify(what)}`, code: 'SHEAF_INDEX' };
  const text = new TextDecoder().decode(bytes);
  if (text !== '' && !text.endsWith('\n')) throw jsonFault(context, 'breaks off within a line');
  const lines = new Map<string, string>();
  let previous = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const key = /^\{"[a-z]+":"([a-z0-9-]+)"[,}]/.exec(line)?.[1];
    if (key === undefined) throw jsonFault(context, 'has a line without a key');
    // Two lines for one key would let two readers see two plugins.
    if (key <= previous) throw jsonFault(context, `has the key "${key}" out of order`);
    lines.set(key, line);
    previous = key;
  }
  return lines;
}

/** Writes a leaf as {@link readLeaf} reads it: lines in key order, by UTF-16 code unit. */
export function writeLeaf(lines: LeafLines): Uint8Array {
  const keys = [...lines.keys()].toSorted();
  return new TextEncoder().encode(keys.map((key) => `${lines.get(key)}\n`).join(''));
}

/** Builds the tree of all `lines`. */
export function buildTree(kind: TreeKind, lines: LeafLines): BuiltTree {
  const bits = treeBits(lines.size);
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
    builtObject(`${kind}/${hex(hi)}/node.json`, writeNode(objects.slice(hi * width, (hi + 1) * width))),
  );
  return { ref: { bits, nodes: nodes.map(plainRef) }, objects: [...objects, ...nodes] };
}

/**
 * Changes some lines of a tree and gives byte for byte what {@link buildTree} gives for the result, reading
 * only the leaves that change, unless the tree has to take another shape.
 *
 * @param edits the new line of a key, or undefined to remove it.
 * @param keys how many keys the tree has afterwards.
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
    return buildTree(kind, edited(lines, edits));
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
    const node = builtObject(`${kind}/${hex(hi)}/node.json`, writeNode(leaves));
    if (node.sha256 !== nodes[hi]?.sha256) objects.push(node);
    nodes[hi] = plainRef(node);
  }
  return { ref: { bits, nodes }, objects };
}

/** All leaves of a tree, in order. */
export async function* treeLeaves(
  kind: TreeKind,
  tree: TreeRef,
  fetchObject: FetchObject,
): AsyncIterable<IndexObject> {
  for (const hi of tree.nodes.keys()) yield* await nodeLeaves(kind, tree, hi, fetchObject);
}

function edited(lines: LeafLines, edits: ReadonlyMap<string, string | undefined>): LeafLines {
  const result = new Map(lines);
  for (const [key, line] of edits) {
    if (line === undefined) result.delete(key);
    else result.set(key, line);
  }
  return result;
}

function positionOf(bits: TreeRef['bits'], key16: number): TreePosition {
  const half = bits / 2;
  const index = bits === 0 ? 0 : key16 >>> (16 - bits);
  return { hi: index >>> half, lo: index & (2 ** half - 1) };
}

function nodeRef(kind: TreeKind, tree: TreeRef, hi: number): ObjectRef {
  const ref = tree.nodes[hi];
  if (ref === undefined) throw new SheafError('SHEAF_INTERNAL', `The tree of ${kind} has no node ${hi}.`);
  return ref;
}

function leafPath(kind: TreeKind, bits: TreeRef['bits'], { hi, lo }: TreePosition): string {
  return bits === 0 ? `${kind}/all.jsonl` : `${kind}/${hex(hi)}/${hex(lo)}.jsonl`;
}

function plainRef({ sha256, size }: ObjectRef): ObjectRef {
  return { sha256, size };
}

function hex(position: number): string {
  return position.toString(16).padStart(2, '0');
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}
