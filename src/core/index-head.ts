import type { ObjectRef } from './digest.ts';

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
  readonly trees: Readonly<Record<TreeKind, TreeRef>>;
  readonly runs: Readonly<Record<RunKind, readonly RunRef[]>>;
  readonly files: Readonly<Record<FileKind, ObjectRef>>;
  /** Whether the Git branch carries the manifest bundles too, or only a static host does. */
  readonly bundles: 'everywhere' | 'static';
}

/** `plugins`: what results show. `releases`: what resolution needs. `owners`: their keys. `ranks`: quality. */
export type TreeKind = 'plugins' | 'releases' | 'owners' | 'ranks';

/** `names`: all plugin names, front-coded. `terms`: the inverted index of the search. */
export type RunKind = 'names' | 'terms';

/** Small files that every client wants whole. */
export type FileKind = 'registry' | 'categories' | 'collections' | 'status' | 'advisories' | 'revoked';

/**
 * A tree of 2^bits leaves in at most two levels. With 0 bits `nodes` holds the single leaf itself; otherwise
 * bits is even and `nodes` holds 2^(bits/2) inner nodes of 2^(bits/2) leaves each, both in key order.
 */
export interface TreeRef {
  readonly bits: 0 | 8 | 12 | 16;
  readonly nodes: readonly ObjectRef[];
}

/** One run: all keys from `from` (inclusive, UTF-16 code unit order) up to the next run's `from`. */
export interface RunRef extends ObjectRef {
  readonly from: string;
}

/**
 * An object of the index with the path that it has on the Git branch. The static host keeps it under its
 * digest, `o/<aa>/<sha256>`; a reader asks with both and checks the digest whatever answers.
 */
export interface IndexObject extends ObjectRef {
  readonly path: string;
}
