import type { JsonContext } from '../documents/strict-json.ts';
import type { FetchObject, IndexObject, RunKind, RunRef, RunsRef } from './index-head.ts';
import { inOrder } from './index-head.ts';
import { putRef, REF_BYTES, takeRef } from './refs.ts';
import { putVarint, takeBytes, takeVarint, VARINT_BYTES } from './varint.ts';

/** A run that was found, with the first key that can be in it. */
export interface FoundRun {
  readonly from: string;
  readonly weight: number;
  readonly object: IndexObject;
}

/** The pages of runs, in order; none where the head lists them itself. */
export function runPages(kind: RunKind, runs: RunsRef): readonly IndexObject[] {
  return runs.paged ? runs.nodes.map((node, page) => objectOf(node, pagePath(kind, page))) : [];
}

/** The runs of one page; without pages there is one, the head. */
export async function pageRuns(
  kind: RunKind,
  runs: RunsRef,
  page: number,
  fetchObject: FetchObject,
): Promise<readonly FoundRun[]> {
  const listed = await listedRuns(kind, runs, page, fetchObject);
  return listed.map((run, index) => ({
    from: run.from,
    weight: run.weight,
    object: objectOf(run, runPath(kind, page, index)),
  }));
}

/** All runs, in order. */
export async function allRuns(
  kind: RunKind,
  runs: RunsRef,
  fetchObject: FetchObject,
): Promise<readonly FoundRun[]> {
  const pages = runs.paged ? [...runs.nodes.keys()] : [0];
  return (await Promise.all(pages.map((page) => pageRuns(kind, runs, page, fetchObject)))).flat();
}

/**
 * The runs that can hold keys from `first` (inclusive) up to `end` (exclusive), in order; all the rest when
 * `end` is undefined. Costs the pages they are on.
 */
export async function runsBetween(
  kind: RunKind,
  runs: RunsRef,
  first: string,
  end: string | undefined,
  fetchObject: FetchObject,
): Promise<readonly IndexObject[]> {
  const pages = runs.paged ? between(runs.nodes, first, end) : [0];
  const found = await Promise.all(
    pages.map(async (page) => {
      const listed = await pageRuns(kind, runs, page, fetchObject);
      return between(listed, first, end).flatMap((index) => listed[index]?.object ?? []);
    }),
  );
  return found.flat();
}

/** Positions of the nodes that can hold keys from `first` up to `end`. */
function between(
  nodes: readonly { readonly from: string }[],
  first: string,
  end: string | undefined,
): readonly number[] {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((nodes[middle]?.from ?? '') <= first) low = middle + 1;
    else high = middle;
  }
  const positions: number[] = [];
  for (let position = Math.max(0, low - 1); position < nodes.length; position++) {
    if (end !== undefined && (nodes[position]?.from ?? '') >= end && position >= low) break;
    positions.push(position);
  }
  return positions;
}

async function listedRuns(
  kind: RunKind,
  runs: RunsRef,
  page: number,
  fetchObject: FetchObject,
): Promise<readonly RunRef[]> {
  if (!runs.paged) return runs.nodes;
  const node = runs.nodes[page];
  if (node === undefined) return [];
  const object = objectOf(node, pagePath(kind, page));
  const context: JsonContext = { what: `The index page ${JSON.stringify(object.path)}`, code: 'SHEAF_INDEX' };
  return inOrder(readPage(await fetchObject(object), context), node.from, context);
}

/** Writes a page of runs: for each the length of its first key and the key, the reference, and the weight. */
export function writePage(runs: readonly RunRef[]): Uint8Array {
  const encoder = new TextEncoder();
  const keys = runs.map(({ from }) => encoder.encode(from));
  const room = keys.reduce((sum, key) => sum + key.length + REF_BYTES + 2 * VARINT_BYTES, 0);
  const bytes = new Uint8Array(room);
  let offset = 0;
  for (const [index, run] of runs.entries()) {
    const key = keys[index] ?? new Uint8Array();
    offset = putVarint(bytes, offset, key.length);
    bytes.set(key, offset);
    offset = putRef(bytes, offset + key.length, run);
    offset = putVarint(bytes, offset, run.weight);
  }
  return bytes.slice(0, offset);
}

function readPage(bytes: Uint8Array, context: JsonContext): readonly RunRef[] {
  const cursor = { bytes, offset: 0, context };
  const decoder = new TextDecoder();
  const runs: RunRef[] = [];
  while (cursor.offset < bytes.length) {
    const from = decoder.decode(takeBytes(cursor, takeVarint(cursor)));
    runs.push({ from, ...takeRef(cursor), weight: takeVarint(cursor) });
  }
  return runs;
}

function objectOf({ sha256, size }: RunRef, path: string): IndexObject {
  return { sha256, size, path };
}

/** The path of a run on the Git branch. */
export function runPath(kind: RunKind, page: number, position: number): string {
  return `${kind}/${hex(page)}/${hex(position)}`;
}

/** The path of a page of runs on the Git branch. */
export function pagePath(kind: RunKind, page: number): string {
  return `${kind}/${hex(page)}/page`;
}

function hex(position: number): string {
  return position.toString(16).padStart(2, '0');
}
