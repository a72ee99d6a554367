import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault, parseJson, readArray, readPair } from '../documents/strict-json.ts';
import { SheafError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import type { FetchObject, IndexObject, TreeKind, TreeRef } from './index-head.ts';

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

/** Where a document lies in a tree of so many bits, by its id: the first bits of the digest of its key. */
export function documentPosition(bits: TreeRef['bits'], id: number): TreePosition {
  const half = bits / 2;
  const index = bits === 0 ? 0 : id >>> (32 - bits);
  return { hi: index >>> half, lo: index & (2 ** half - 1) };
}

/** The inner node `hi` of a tree; a tree of 0 bits has none. */
export function nodeObject(kind: TreeKind, tree: TreeRef, hi: number): IndexObject {
  return { ...nodeRef(kind, tree, hi), path: nodePath(kind, hi) };
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
    const key = /^\{"[a-z]+":"([^"\\]+)"[,}]/.exec(line)?.[1];
    if (key === undefined) throw jsonFault(context, 'has a line without a key');
    // Two lines for one key would let two readers see two plugins.
    if (key <= previous) throw jsonFault(context, `has the key "${key}" out of order`);
    lines.set(key, line);
    previous = key;
  }
  return lines;
}

/** All leaves of a tree, in order. */
export async function* treeLeaves(
  kind: TreeKind,
  tree: TreeRef,
  fetchObject: FetchObject,
): AsyncIterable<IndexObject> {
  for (const hi of tree.nodes.keys()) yield* await nodeLeaves(kind, tree, hi, fetchObject);
}

function nodeRef(kind: TreeKind, tree: TreeRef, hi: number): ObjectRef {
  const ref = tree.nodes[hi];
  if (ref === undefined) throw new SheafError('SHEAF_INTERNAL', `The tree of ${kind} has no node ${hi}.`);
  return ref;
}

/** The path of an inner node on the Git branch. */
export function nodePath(kind: TreeKind, hi: number): string {
  return `${kind}/${hex(hi)}/node.json`;
}

/** The path of a leaf on the Git branch. */
export function leafPath(kind: TreeKind, bits: TreeRef['bits'], { hi, lo }: TreePosition): string {
  return bits === 0 ? `${kind}/all.jsonl` : `${kind}/${hex(hi)}/${hex(lo)}.jsonl`;
}

function hex(position: number): string {
  return position.toString(16).padStart(2, '0');
}
