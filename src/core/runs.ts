import type { BuiltObject, FetchObject, IndexObject, RunKind, RunRef, RunsRef } from './index-head.ts';
import { builtObject, readRunRefs, writeRunRefs } from './index-head.ts';
import type { JsonContext } from './strict-json.ts';
import { parseJson } from './strict-json.ts';

/** Upper bound of a run, in bytes of the weight that its writer estimates for each entry. */
export const RUN_WEIGHT: number = 32 * 1024;

/** The most runs that one page, or the head in place of a page, lists. */
export const RUNS_PER_PAGE = 192;

/** Runs, with the objects they and their pages are. */
export interface BuiltRuns {
  readonly ref: RunsRef;
  readonly objects: readonly BuiltObject[];
}

/** A run as its writer makes it. */
export interface RunContent {
  /** Its first key. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** A run that was found, with the first key that can be in it. */
export interface FoundRun {
  readonly from: string;
  readonly object: IndexObject;
}

/** Names runs by their first keys, and lists them in pages when they are too many for the head. */
export function buildRuns(kind: RunKind, runs: readonly RunContent[]): BuiltRuns {
  const starts = cutRuns(
    runs.map(() => RUN_WEIGHT / RUNS_PER_PAGE),
    runs.map((run) => cutPriority(run.key)),
  );
  const objects: BuiltObject[] = [];
  const pages = starts.map((start, page) =>
    runs.slice(start, starts[page + 1]).map(({ key, bytes }, index): RunRef => {
      const object = builtObject(runPath(kind, page, index), bytes);
      objects.push(object);
      return refFrom(page === 0 && index === 0 ? '' : key, object);
    }),
  );
  const [only = []] = pages;
  if (pages.length <= 1) return { ref: { paged: false, nodes: only }, objects };
  const nodes = pages.map((page, position): RunRef => {
    const object = builtObject(pagePath(kind, position), writePage(page));
    objects.push(object);
    return refFrom(page[0]?.from ?? '', object);
  });
  return { ref: { paged: true, nodes }, objects };
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
  return listed.map((run, index) => ({ from: run.from, object: objectOf(run, runPath(kind, page, index)) }));
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

/**
 * Cuts an ordered sequence of entries into runs: returns the position of each run's first entry.
 *
 * A stretch that is heavier than {@link RUN_WEIGHT} is cut before its entry of lowest priority number, the
 * first one excepted, and both halves again. Priorities are hashes of keys, so the cuts form a treap (Seidel
 * and Aragon 1996): they depend on the set of entries only, never on the order of their arrival, and an
 * inserted or removed entry moves the cuts next to it and no others. Cutting every n bytes would move all that
 * follow; boundaries by hash alone (content-defined chunking) would need a forced cut at the cap.
 *
 * Expected time is n log(n × weight / RUN_WEIGHT).
 */
export function cutRuns(weights: ArrayLike<number>, priorities: ArrayLike<number>): readonly number[] {
  const total = new Float64Array(weights.length + 1);
  for (let index = 0; index < weights.length; index++) {
    total[index + 1] = (total[index] ?? 0) + (weights[index] ?? 0);
  }
  const cuts: number[] = [];
  const stretches: [number, number][] = weights.length === 0 ? [] : [[0, weights.length]];
  for (let stretch = stretches.pop(); stretch !== undefined; stretch = stretches.pop()) {
    const [start, end] = stretch;
    if (end - start <= 1 || (total[end] ?? 0) - (total[start] ?? 0) <= RUN_WEIGHT) {
      cuts.push(start);
      continue;
    }
    let cut = start + 1;
    for (let index = start + 2; index < end; index++) {
      if ((priorities[index] ?? 0) < (priorities[cut] ?? 0)) cut = index;
    }
    stretches.push([cut, end], [start, cut]);
  }
  return cuts;
}

/**
 * A 32-bit hash of a key for {@link cutRuns}: FNV-1a over UTF-16 code units with the finaliser of MurmurHash3.
 * Not cryptographic: whoever finds collisions gets uneven runs of their own plugins.
 */
export function cutPriority(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
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
  return readRunRefs(parseJson(await fetchObject(object), context), context, node.from);
}

/** One run a line, so that Git stores changes as deltas. */
function writePage(runs: readonly RunRef[]): Uint8Array {
  const lines = writeRunRefs(runs).map((run) => JSON.stringify(run));
  return new TextEncoder().encode(`[${lines.join(',\n')}]\n`);
}

function refFrom(from: string, { sha256, size }: IndexObject): RunRef {
  return { from, sha256, size };
}

function objectOf({ sha256, size }: RunRef, path: string): IndexObject {
  return { sha256, size, path };
}

function runPath(kind: RunKind, page: number, position: number): string {
  return `${kind}/${hex(page)}/${hex(position)}`;
}

function pagePath(kind: RunKind, page: number): string {
  return `${kind}/${hex(page)}/page.json`;
}

function hex(position: number): string {
  return position.toString(16).padStart(2, '0');
}
