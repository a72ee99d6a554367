import { builtObject } from './built-object.ts';
import { cutPriority, cutRuns, RUN_WEIGHT } from './cut-runs.ts';
import type { BuiltObject, IndexObject, RunKind, RunRef, RunsRef } from './index-head.ts';
import { writeRunRefs } from './index-head.ts';
import { pagePath, runPath } from './runs.ts';

/** The most runs that one page, or the head in place of a page, lists. */
export const RUNS_PER_PAGE = 64;

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

/** One run a line, so that Git stores changes as deltas. */
function writePage(runs: readonly RunRef[]): Uint8Array {
  const lines = writeRunRefs(runs).map((run) => JSON.stringify(run));
  return new TextEncoder().encode(`[${lines.join(',\n')}]\n`);
}

function refFrom(from: string, { sha256, size }: IndexObject): RunRef {
  return { from, sha256, size };
}
