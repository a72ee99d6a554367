import type { FetchObject, IndexObject, TreeKind, TreeRef } from './index-head.ts';
import type { TreePosition } from './tree.ts';
import { documentPosition, leafAt } from './tree.ts';

/**
 * The first 32 bits of SHA-256(key), unsigned: the id of a document in the search index. It needs no
 * numbering, so nothing is renumbered; among 100,000 names one pair is expected to share an id (birthday
 * bound), so an id leads to a leaf and the names in it decide.
 *
 * SHA-256 (FIPS 180-4, sections 5.1.1, 5.3.3 and 6.2.2) is written out here because searching must also run in a
 * browser, which has no synchronous one. It only places things: what is trusted is hashed by core/digest.ts.
 */
export function documentId(key: string): number {
  const message = new TextEncoder().encode(key);
  const blocks = Math.ceil((message.length + 9) / 64);
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(blocks * 64 - 4, message.length * 8);
  const state = Int32Array.from(INITIAL_STATE);
  for (let offset = 0; offset < padded.length; offset += 64) compress(state, view, offset);
  return (state[0] ?? 0) >>> 0;
}

/** Where a key lies in a tree of so many bits. */
export function treePosition(bits: TreeRef['bits'], key: string): TreePosition {
  return documentPosition(bits, documentId(key));
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

const PRIMES: readonly number[] = firstPrimes(64);
// The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of the cube roots of 64.
const INITIAL_STATE = Int32Array.from(PRIMES.slice(0, 8), (prime) => rootBits(BigInt(prime), 2n));
const ROUND_CONSTANTS = Int32Array.from(PRIMES, (prime) => rootBits(BigInt(prime), 3n));
const SCHEDULE = new Int32Array(64);

function compress(state: Int32Array, view: DataView, offset: number): void {
  const w = SCHEDULE;
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const two = w[t - 2] ?? 0;
    const fifteen = w[t - 15] ?? 0;
    const s1 = rotate(two, 17) ^ rotate(two, 19) ^ (two >>> 10);
    const s0 = rotate(fifteen, 7) ^ rotate(fifteen, 18) ^ (fifteen >>> 3);
    w[t] = s1 + (w[t - 7] ?? 0) + s0 + (w[t - 16] ?? 0);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const first = (h + s1 + choice + (ROUND_CONSTANTS[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + s0 + majority) | 0;
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) {
    state[index] = (state[index] ?? 0) + value;
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/** 32 bits behind the point of the root of a prime, in whole numbers: floor(prime^(1/degree) × 2^32) mod 2^32. */
function rootBits(prime: bigint, degree: bigint): number {
  const target = prime << (32n * degree);
  let low = 0n;
  let high = prime << 32n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}
