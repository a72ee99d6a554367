import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault } from '../documents/strict-json.ts';
import type { SheafError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import type { FetchObject, IndexObject, TreeKind, TreeRef } from './index-head.ts';
import { skipRef, takeRef } from './refs.ts';

/**
 * Hash trees: JSON lines, one for each key, in leaves chosen by the first bits of SHA-256(key), below a root that lists
 * inner nodes. Positions do not depend on the other keys, so one record changes one leaf, one node, the root and the
 * head, at any size.
 */
export interface TreePosition {
  /** The inner node. */
  readonly hi: number;
  /** The leaf in it. */
  readonly lo: number;
}

/** How many leaves an inner node lists: 16 for 8 and 10 bits, 64 for 12 and 14, 256 for 16. */
export function nodeWidth(bits: TreeRef['bits']): number {
  // Of bits that cannot be halved evenly the root takes more: who looks for twenty records reads it once.
  return 2 ** (2 * Math.floor(bits / 4));
}

/** How many inner nodes the root lists. */
export function rootWidth(bits: TreeRef['bits']): number {
  return 2 ** bits / nodeWidth(bits);
}

/** Where a document lies in a tree of so many bits, by its id: the first bits of the digest of its key. */
export function documentPosition(bits: TreeRef['bits'], id: number): TreePosition {
  const index = bits === 0 ? 0 : id >>> (32 - bits);
  const width = nodeWidth(bits);
  return { hi: Math.floor(index / width), lo: index % width };
}

/** The object at the top of a tree: of 0 bits it is the leaf. */
export function rootObject(kind: TreeKind, { bits, root }: TreeRef): IndexObject {
  const path = bits === 0 ? leafPath(kind, 0, { hi: 0, lo: 0 }) : rootPath(kind);
  return { sha256: root.sha256, size: root.size, path };
}

/** The inner nodes of a tree, in order; a tree of 0 bits has none. */
export async function treeNodes(
  kind: TreeKind,
  tree: TreeRef,
  fetchObject: FetchObject,
): Promise<readonly IndexObject[]> {
  if (tree.bits === 0) return [];
  const root = rootObject(kind, tree);
  const refs = readNode(await fetchObject(root), rootWidth(tree.bits), root.path);
  return refs.map(({ sha256, size }, hi) => ({ sha256, size, path: nodePath(kind, hi) }));
}

/**
 * The leaves of one inner node, in order.
 *
 * @param node the one at `hi`.
 */
export async function nodeLeaves(
  kind: TreeKind,
  bits: TreeRef['bits'],
  { hi, node }: { readonly hi: number; readonly node: IndexObject },
  fetchObject: FetchObject,
): Promise<readonly IndexObject[]> {
  const refs = readNode(await fetchObject(node), nodeWidth(bits), node.path);
  return refs.map(({ sha256, size }, lo) => ({ sha256, size, path: leafPath(kind, bits, { hi, lo }) }));
}

/** The leaf at a position; costs the root and one node, or nothing in a tree of 0 bits. */
export async function leafAt(
  kind: TreeKind,
  tree: TreeRef,
  { hi, lo }: TreePosition,
  fetchObject: FetchObject,
): Promise<IndexObject> {
  const { bits } = tree;
  const root = rootObject(kind, tree);
  if (bits === 0) return root;
  const path = nodePath(kind, hi);
  const node = { ...refAt(await fetchObject(root), rootWidth(bits), hi, root.path), path };
  const leaf = refAt(await fetchObject(node), nodeWidth(bits), lo, path);
  return { ...leaf, path: leafPath(kind, bits, { hi, lo }) };
}

/**
 * Reads a root or an inner node: the references of what lies below, core/index/refs.ts.
 *
 * @param width how many there are.
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readNode(bytes: Uint8Array, width: number, what: string): readonly ObjectRef[] {
  const cursor = { bytes, offset: 0, context: nodeContext(what) };
  const refs: ObjectRef[] = [];
  while (cursor.offset < bytes.length) refs.push(takeRef(cursor));
  if (refs.length !== width) throw misshapen(what);
  return refs;
}

/** One reference of {@link readNode}; the others are only counted, because a search asks twenty times. */
function refAt(bytes: Uint8Array, width: number, position: number, what: string): ObjectRef {
  const cursor = { bytes, offset: 0, context: nodeContext(what) };
  let found: ObjectRef | undefined;
  let count = 0;
  for (; cursor.offset < bytes.length; count++) {
    if (count === position) found = takeRef(cursor);
    else skipRef(cursor);
  }
  if (found === undefined || count !== width) throw misshapen(what);
  return found;
}

function nodeContext(what: string): JsonContext {
  return { what: `The index node ${JSON.stringify(what)}`, code: 'SHEAF_INDEX' };
}

function misshapen(what: string): SheafError {
  return jsonFault(nodeContext(what), 'does not have a leaf for each position');
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
  if (tree.bits === 0) yield rootObject(kind, tree);
  for (const [hi, node] of (await treeNodes(kind, tree, fetchObject)).entries()) {
    yield* await nodeLeaves(kind, tree.bits, { hi, node }, fetchObject);
  }
}

/** The path of the root of a tree with inner nodes on the Git branch. */
export function rootPath(kind: TreeKind): string {
  return `${kind}/node`;
}

/** The path of an inner node on the Git branch. */
export function nodePath(kind: TreeKind, hi: number): string {
  return `${kind}/${hex(hi)}/node`;
}

/** The path of a leaf on the Git branch. */
export function leafPath(kind: TreeKind, bits: TreeRef['bits'], { hi, lo }: TreePosition): string {
  return bits === 0 ? `${kind}/all.jsonl` : `${kind}/${hex(hi)}/${hex(lo)}.jsonl`;
}

function hex(position: number): string {
  return position.toString(16).padStart(2, '0');
}
