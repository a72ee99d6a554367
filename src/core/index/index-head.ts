import type { JsonContext } from '../documents/strict-json.ts';
import {
  jsonFault,
  pairOf,
  parseJson,
  readArray,
  readCount,
  readFlag,
  readObject,
  readPair,
  readText,
  writeJson,
} from '../documents/strict-json.ts';
import type { ObjectRef, Sha256 } from '../object-ref.ts';

/**
 * The object a checkpoint names as `index`; everything else of the registry hangs below it by digest.
 *
 * Records that belong to one key (a plugin or an owner name) are spread over a **tree** by the first bits of
 * the SHA-256 of that key, so that one release changes one leaf and an unknown name costs one leaf. Records
 * that are read in order (names, terms) are cut into **runs** of consecutive keys. What is small is one
 * **file**.
 */
export interface IndexHead {
  readonly registry: string;
  readonly plugins: number;
  readonly releases: number;
  readonly owners: number;
  readonly trees: Readonly<Record<TreeKind, TreeRef>>;
  readonly runs: Readonly<Record<RunKind, RunsRef>>;
  readonly files: Readonly<Record<FileKind, ObjectRef>>;
  /** Whether the Git branch carries the manifest bundles too, or only a static host does. */
  readonly bundles: 'everywhere' | 'static';
}

/**
 * `plugins`: what results show. `releases`: what resolution needs. `owners`: their keys. `results`: the best of a word.
 * `grants`: tiers that were granted.
 */
export type TreeKind = 'plugins' | 'releases' | 'owners' | 'results' | 'grants';

/** `names`: all plugin names, front-coded. `terms`: the inverted index of the search. `ranks`: what it sorts by. */
export type RunKind = 'names' | 'terms' | 'ranks';

/** Small files that every client wants whole. */
export type FileKind = 'registry' | 'categories' | 'collections' | 'status' | 'advisories' | 'revoked';

export const TREE_KINDS: readonly TreeKind[] = ['plugins', 'releases', 'owners', 'results', 'grants'];
export const RUN_KINDS: readonly RunKind[] = ['names', 'terms', 'ranks'];
export const FILE_KINDS: readonly FileKind[] = [
  'registry',
  'categories',
  'collections',
  'status',
  'advisories',
  'revoked',
];

/**
 * A tree of 2^bits leaves. With 0 bits `root` is the single leaf itself; otherwise it lists inner nodes, and each of
 * these lists leaves, both in key order: core/index/tree.ts.
 */
export interface TreeRef {
  readonly bits: 0 | 8 | 10 | 12 | 14 | 16;
  readonly root: ObjectRef;
}

/** One run, or one page of runs: all keys from `from` (inclusive, UTF-16 code unit order) up to the next run's `from`. */
export interface RunRef extends ObjectRef {
  readonly from: string;
  /**
   * Of a run: what its entries weigh together, core/index/cut-runs.ts; of a page: how many runs it lists. By it
   * a build finds where to cut without reading what did not change.
   */
  readonly weight: number;
}

/**
 * All runs of a kind in order. As long as they fit into one page, `nodes` are the runs themselves; after that
 * they are pages, each listing the runs of its stretch, so that the head stays small at any size.
 */
export interface RunsRef {
  readonly paged: boolean;
  readonly nodes: readonly RunRef[];
}

/**
 * An object of the index with the path that it has on the Git branch. The static host keeps it under its
 * digest, `o/<aa>/<sha256>`; a reader asks with both and checks the digest whatever answers.
 */
export interface IndexObject extends ObjectRef {
  readonly path: string;
}

/** An object together with its bytes, as builders make it. */
export interface BuiltObject extends IndexObject {
  readonly bytes: Uint8Array;
}

/** Fetches an object. The bytes have the digest that was asked for; an absent object is an error. */
export type FetchObject = (object: IndexObject) => Promise<Uint8Array>;

/** The index head on the Git branch. */
export const HEAD_PATH = 'index.json';

const SCHEMA = 'sheaf-index/1';

const FILE_PATHS: Readonly<Record<FileKind, string>> = {
  registry: 'files/registry.toml',
  categories: 'files/categories.json',
  collections: 'files/collections.json',
  status: 'files/status.json',
  advisories: 'files/advisories.json',
  revoked: 'files/revoked',
};

/** Where a static host keeps an object, an artifact included. */
export function objectPath(sha256: Sha256): string {
  return `o/${sha256.slice(0, 2)}/${sha256}`;
}

/** One of the small files, with its path on the Git branch. */
export function fileObject(head: IndexHead, kind: FileKind): IndexObject {
  return { ...head.files[kind], path: filePath(kind) };
}

/** The path of a small file on the Git branch: two are copies of one source file, the others JSON maps. */
export function filePath(kind: FileKind): string {
  return FILE_PATHS[kind];
}

/**
 * Reads an index head: exactly the known keys, every tree of a known shape, every list of runs ascending.
 *
 * @param what names it in errors.
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readIndexHead(bytes: Uint8Array, what = 'The index head'): IndexHead {
  const context: JsonContext = { what, code: 'SHEAF_INDEX' };
  const fields = readObject(parseJson(bytes, context), context, [
    'schema',
    'registry',
    'plugins',
    'releases',
    'owners',
    'bundles',
    'trees',
    'runs',
    'files',
  ]);
  if (fields['schema'] !== SCHEMA) throw jsonFault(context, `is not of the schema ${SCHEMA}`);
  const bundles = fields['bundles'];
  if (bundles !== 'everywhere' && bundles !== 'static') {
    throw jsonFault(context, 'does not say where its bundles are');
  }
  const trees = readObject(fields['trees'], context, TREE_KINDS);
  const runs = readObject(fields['runs'], context, RUN_KINDS);
  const files = readObject(fields['files'], context, FILE_KINDS);
  return {
    registry: readText(fields['registry'], context),
    plugins: readCount(fields['plugins'], context),
    releases: readCount(fields['releases'], context),
    owners: readCount(fields['owners'], context),
    bundles,
    trees: record(TREE_KINDS, (kind) => readTree(trees[kind], context)),
    runs: record(RUN_KINDS, (kind) => readRuns(runs[kind], context)),
    files: record(FILE_KINDS, (kind) => readPair(files[kind], context)),
  };
}

/** Writes an index head as {@link readIndexHead} reads it. */
export function writeIndexHead(head: IndexHead): Uint8Array {
  const { registry, plugins, releases, owners, bundles } = head;
  return writeJson({
    schema: SCHEMA,
    registry,
    plugins,
    releases,
    owners,
    bundles,
    trees: record(TREE_KINDS, (kind) => ({
      bits: head.trees[kind].bits,
      root: pairOf(head.trees[kind].root),
    })),
    runs: record(RUN_KINDS, (kind) => ({
      paged: head.runs[kind].paged,
      nodes: writeRunRefs(head.runs[kind].nodes),
    })),
    files: record(FILE_KINDS, (kind) => pairOf(head.files[kind])),
  });
}

/** One value for each of `kinds`, in their order. */
export function record<K extends string, V>(kinds: readonly K[], value: (kind: K) => V): Record<K, V> {
  return Object.fromEntries(kinds.map((kind) => [kind, value(kind)])) as Record<K, V>;
}

function readTree(value: unknown, context: JsonContext): TreeRef {
  const { bits, root } = readObject(value, context, ['bits', 'root']);
  if (bits !== 0 && bits !== 8 && bits !== 10 && bits !== 12 && bits !== 14 && bits !== 16) {
    throw jsonFault(context, 'has a tree of an unknown shape');
  }
  return { bits, root: readPair(root, context) };
}

function readRuns(value: unknown, context: JsonContext): RunsRef {
  const { paged, nodes } = readObject(value, context, ['paged', 'nodes']);
  return { paged: readFlag(paged, context), nodes: readRunRefs(nodes, context) };
}

/** Runs as `["<from>", "<sha256>", size, weight]`. */
function writeRunRefs(runs: readonly RunRef[]): readonly (readonly [string, string, number, number])[] {
  return runs.map((run) => [run.from, ...pairOf(run), run.weight] as const);
}

function readRunRefs(value: unknown, context: JsonContext): readonly RunRef[] {
  const runs = readArray(value, context, (entry): RunRef => {
    if (!Array.isArray(entry) || entry.length !== 4) throw jsonFault(context, 'has a malformed run');
    const { sha256, size } = readPair(entry.slice(1, 3), context);
    return { from: readText(entry[0], context), sha256, size, weight: readCount(entry[3], context) };
  });
  return inOrder(runs, '', context);
}

/**
 * Runs that were read, which have to ascend from `first` on: a key in front of it would be nowhere.
 *
 * @throws SheafError with the code of the context.
 */
export function inOrder(runs: readonly RunRef[], first: string, context: JsonContext): readonly RunRef[] {
  let previous: string | undefined;
  for (const { from } of runs) {
    const ordered = previous === undefined ? from === first : previous < from;
    if (!ordered) throw jsonFault(context, 'has runs that are out of order');
    previous = from;
  }
  return runs;
}
