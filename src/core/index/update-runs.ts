import type { BuiltRuns, ListedRun, RunFormat } from './build-runs.ts';
import { listRuns, writeRun } from './build-runs.ts';
import { cutRuns } from './cut-runs.ts';
import type { FetchObject, RunsRef } from './index-head.ts';
import type { FoundRun } from './runs.ts';
import { allRuns, runPages } from './runs.ts';

/** Runs that are being changed: their entries are read only where somebody asks for them. */
export interface OpenRuns<E> {
  /** Positions of the runs in which keys from `first` up to but not including `end` lie. */
  positionsOf(first: string, end: string): readonly number[];
  /** The entries of a run as they are now. */
  entriesAt(position: number): Promise<readonly E[]>;
  /** Puts others in their place, ascending, with keys that belong there. */
  replace(position: number, entries: readonly E[]): void;
  /** The runs after all of it, byte for byte as {@link buildRuns} makes them of all entries. */
  close(): Promise<BuiltRuns>;
}

/**
 * Opens runs for changes. Their pages are read, of the runs themselves only what is asked for and what grows together.
 *
 * It suffices to know the weight and the first key of all others, because of how runs are cut: both boundaries of a run
 * have priority over every entry inside of it, so that a stretch that reaches beyond a run is never cut inside of it,
 * as long as its boundaries are there. Where a boundary goes, the run in front of it is read too.
 */
export async function openRuns<E>(
  format: RunFormat<E>,
  previous: RunsRef,
  fetchObject: FetchObject,
): Promise<OpenRuns<E>> {
  const { kind } = format;
  const runs = await allRuns(kind, previous, fetchObject);
  const read = new Map<number, readonly E[]>();
  const changed = new Set<number>();

  const entriesOf = async ({ object }: FoundRun): Promise<readonly E[]> =>
    format.read(await fetchObject(object), object.path);

  const entriesAt = async (position: number): Promise<readonly E[]> => {
    const run = runs[position];
    const entries = read.get(position) ?? (run === undefined ? [] : await entriesOf(run));
    read.set(position, entries);
    return entries;
  };

  /** Of a run whose first key went, the one in front of it has lost its boundary. */
  const readUnbounded = async (): Promise<void> => {
    for (let position = runs.length - 1; position > 0; position--) {
      if (!changed.has(position) || changed.has(position - 1)) continue;
      const first = read.get(position)?.[0];
      if (first !== undefined && format.keyOf(first) === runs[position]?.from) continue;
      await entriesAt(position - 1);
      changed.add(position - 1);
    }
  };

  return {
    positionsOf(first, end) {
      const after = runs.findIndex(({ from }) => from >= end);
      const last = after === -1 ? runs.length : after;
      const begun = runs.findLastIndex(({ from }) => from <= first);
      // Keys before all others belong to the first run, and those of an empty list to one that is still to be made.
      const start = Math.max(0, begun);
      return Array.from({ length: Math.max(1, last - start) }, (_, index) => start + index);
    },
    entriesAt,
    replace(position, entries) {
      read.set(position, entries);
      changed.add(position);
    },
    async close() {
      if (changed.size === 0) return { ref: previous, objects: [] };
      await readUnbounded();
      const units: Unit<E>[] = [];
      for (const position of Array(Math.max(1, runs.length)).keys()) {
        const run = runs[position];
        if (run !== undefined && !changed.has(position)) {
          units.push({ key: run.from, weight: run.weight, run });
          continue;
        }
        for (const entry of read.get(position) ?? []) {
          units.push({ key: format.keyOf(entry), weight: format.weightOf(entry), entry });
        }
      }
      const starts = cutRuns(
        units.map(({ weight }) => weight),
        units.map(({ key }) => format.priorityOf(key)),
      );
      const listed = await Promise.all(
        starts.map(async (start, position): Promise<ListedRun> => {
          const [first, ...others] = units.slice(start, starts[position + 1]);
          if (first !== undefined && 'run' in first && others.length === 0) {
            return { key: first.key, weight: first.weight, content: { ref: first.run.object } };
          }
          const parts = [first, ...others].map(async (unit): Promise<readonly E[]> => {
            if (unit === undefined) return [];
            return 'entry' in unit ? [unit.entry] : entriesOf(unit.run);
          });
          return writeRun(format, (await Promise.all(parts)).flat());
        }),
      );
      const known = new Set([
        ...runs.map(({ object }) => object.sha256),
        ...runPages(kind, previous).map(({ sha256 }) => sha256),
      ]);
      const { ref, objects } = listRuns(kind, listed, known);
      return { ref, objects: objects.filter(({ sha256 }) => !known.has(sha256)) };
    },
  };
}

/** What lies between two possible cuts: a run that nobody touched, or an entry of one that somebody did. */
type Unit<E> =
  | { readonly key: string; readonly weight: number; readonly run: FoundRun }
  | { readonly key: string; readonly weight: number; readonly entry: E };

/** Changes single entries: `change` says what a key has after a change, undefined for nothing, from what it had. */
export async function editRuns<E>(
  format: RunFormat<E>,
  previous: RunsRef,
  changes: ReadonlyMap<string, (before: E | undefined) => E | undefined>,
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const runs = await openRuns(format, previous, fetchObject);
  for (const [key, change] of changes) {
    for (const position of runs.positionsOf(key, `${key}\0`)) {
      const entries = await runs.entriesAt(position);
      const before = entries.find((entry) => format.keyOf(entry) === key);
      const after = change(before);
      const others = entries.filter((entry) => entry !== before);
      runs.replace(position, after === undefined ? others : inserted(format, others, after));
    }
  }
  return runs.close();
}

function inserted<E>(format: RunFormat<E>, entries: readonly E[], entry: E): readonly E[] {
  const key = format.keyOf(entry);
  const after = entries.findIndex((other) => format.keyOf(other) > key);
  const place = after === -1 ? entries.length : after;
  return [...entries.slice(0, place), entry, ...entries.slice(place)];
}
