import { builtObject } from './built-object.ts';
import { cutPriority, cutRuns, RUN_WEIGHT } from './cut-runs.ts';
import type { BuiltObject, IndexObject, RunKind, RunRef, RunsRef } from './index-head.ts';
import { pagePath, runPath, writePage } from './runs.ts';

/** The most runs that one page, or the head in place of a page, lists. */
export const RUNS_PER_PAGE = 64;

/** Runs, with the objects they and their pages are; after an update only objects that were not there before. */
export interface BuiltRuns {
  readonly ref: RunsRef;
  readonly objects: readonly BuiltObject[];
}

/** How the entries of one kind of runs are told apart, cut, written and read. */
export interface RunFormat<E> {
  readonly kind: RunKind;
  keyOf(entry: E): string;
  weightOf(entry: E): number;
  /** Of a key alone: see core/index/cut-runs.ts. */
  priorityOf(key: string): number;
  write(entries: readonly E[]): Uint8Array;
  read(bytes: Uint8Array, what: string): readonly E[];
}

/** A run that stays as it is, or one that was written anew. */
export interface ListedRun {
  /** Its first key; only the first run of all may be listed by less. */
  readonly key: string;
  readonly weight: number;
  readonly content: { readonly ref: IndexObject } | { readonly bytes: Uint8Array };
}

/**
 * Cuts entries into runs.
 *
 * @param entries ascending by key, each key once.
 */
export function buildRuns<E>(format: RunFormat<E>, entries: readonly E[]): BuiltRuns {
  const weights = entries.map((entry) => format.weightOf(entry));
  const starts = cutRuns(
    weights,
    entries.map((entry) => format.priorityOf(format.keyOf(entry))),
  );
  const runs = starts.map((start, position) => writeRun(format, entries.slice(start, starts[position + 1])));
  return listRuns(format.kind, runs);
}

/** Writes one run; there is at least one entry. */
export function writeRun<E>(format: RunFormat<E>, entries: readonly E[]): ListedRun {
  const [first] = entries;
  return {
    key: first === undefined ? '' : format.keyOf(first),
    weight: entries.reduce((sum, entry) => sum + format.weightOf(entry), 0),
    content: { bytes: format.write(entries) },
  };
}

/**
 * Names runs by their first keys, and lists them in pages when they are too many for the head.
 *
 * @param known pages that are there already, by digest: they are no new objects.
 */
export function listRuns(
  kind: RunKind,
  runs: readonly ListedRun[],
  known: ReadonlySet<string> = new Set(),
): BuiltRuns {
  const starts = cutRuns(
    runs.map(() => RUN_WEIGHT / RUNS_PER_PAGE),
    runs.map((run) => cutPriority(run.key)),
  );
  const objects: BuiltObject[] = [];
  const pages = starts.map((start, page) =>
    runs.slice(start, starts[page + 1]).map(({ key, weight, content }, index): RunRef => {
      const from = page === 0 && index === 0 ? '' : key;
      if ('ref' in content) return refFrom(from, content.ref, weight);
      const object = builtObject(runPath(kind, page, index), content.bytes);
      objects.push(object);
      return refFrom(from, object, weight);
    }),
  );
  const [only = []] = pages;
  if (pages.length <= 1) return { ref: { paged: false, nodes: only }, objects };
  const nodes = pages.map((page, position): RunRef => {
    const object = builtObject(pagePath(kind, position), writePage(page));
    if (!known.has(object.sha256)) objects.push(object);
    return refFrom(page[0]?.from ?? '', object, page.length);
  });
  return { ref: { paged: true, nodes }, objects };
}

function refFrom(from: string, { sha256, size }: IndexObject, weight: number): RunRef {
  return { from, sha256, size, weight };
}
