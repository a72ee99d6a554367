import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BuiltRuns, buildRuns, listRuns, RUNS_PER_PAGE, type RunFormat } from './build-runs.ts';
import { cutPriority, cutRuns, RUN_WEIGHT } from './cut-runs.ts';
import type { FetchObject } from './index-head.ts';
import { runsBetween } from './runs.ts';
import { editRuns } from './update-runs.ts';

const WEIGHT = 1500;
const keysOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `key-${index}`).toSorted();

/** The keys at which runs begin. */
function cutsOf(keys: readonly string[], weight: (key: string) => number = () => WEIGHT): readonly string[] {
  return cutRuns(keys.map(weight), keys.map(cutPriority)).map((start) => keys[start]!);
}

/** Runs as texts of their keys. */
function runsOf(keys: readonly string[]): readonly string[] {
  const starts = cutRuns(
    keys.map(() => WEIGHT),
    keys.map(cutPriority),
  );
  return starts.map((start, index) => keys.slice(start, starts[index + 1]).join());
}

describe('cutting into runs', () => {
  it('keeps every run under the cap, except one heavy entry alone', () => {
    const weights = keysOf(3000).map((_, index) => (index % 97 === 0 ? 2 * RUN_WEIGHT : 700));
    const starts = cutRuns(weights, keysOf(3000).map(cutPriority));
    for (const [index, start] of starts.entries()) {
      const run = weights.slice(start, starts[index + 1]);
      const total = run.reduce((sum, weight) => sum + weight, 0);
      expect(run.length === 1 || total <= RUN_WEIGHT).toBe(true);
    }
    expect(starts[0]).toBe(0);
    expect(starts).toEqual([...starts].toSorted((a, b) => a - b));
  });

  it('makes runs that are half full on average, not crumbs', () => {
    const runs = cutsOf(keysOf(20_000)).length;
    const mean = (20_000 * WEIGHT) / runs;
    expect(mean).toBeGreaterThan(RUN_WEIGHT * 0.35);
  });

  it('leaves nothing to cut as one run, and nothing as none', () => {
    expect(cutRuns([5, 5], [1, 2])).toEqual([0]);
    expect(cutRuns([], [])).toEqual([]);
  });

  it('changes about one run with one new key, wherever it falls', () => {
    const keys = keysOf(20_000);
    const before = new Set(runsOf(keys));
    const changes = Array.from({ length: 60 }, (_, index) => {
      const now = runsOf([...keys, `key-${index * 331}-new`].toSorted());
      return now.filter((run) => !before.has(run)).length;
    });
    const mean = changes.reduce((sum, count) => sum + count, 0) / changes.length;
    expect(mean).toBeLessThan(2);
    expect(Math.max(...changes)).toBeLessThanOrEqual(6);
  });

  it('depends on the set of keys alone: what comes and goes again leaves no trace', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }), (added) => {
        const keys = keysOf(600);
        const more = [...new Set([...keys, ...added.map((index) => `key-${index}`)])].toSorted();
        const less = more.filter((key) => keys.includes(key));
        expect(cutsOf(less)).toEqual(cutsOf(keys));
      }),
      { numRuns: 20 },
    );
  });
});

/** Entries that are keys, of equal weight but for some that are heavier than a run. */
const FORMAT: RunFormat<string> = {
  kind: 'names',
  keyOf: (key) => key,
  weightOf: (key) => (key.endsWith('99') ? 2 * RUN_WEIGHT : 6000),
  priorityOf: cutPriority,
  write: (keys) => new TextEncoder().encode(keys.map((key) => `${key}\n`).join('')),
  read: (bytes) => new TextDecoder().decode(bytes).split('\n').slice(0, -1),
};

describe('runs that are changed', () => {
  const fetcherOf =
    (built: BuiltRuns, fetched: string[] = []): FetchObject =>
    async ({ path, sha256 }) => {
      fetched.push(path);
      return built.objects.find((object) => object.sha256 === sha256)!.bytes;
    };

  it('are those built anew, whichever keys come and go', async () => {
    const key = fc.integer({ min: 0, max: 900 }).map((index) => `key-${String(index).padStart(3, '0')}`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 500 }),
        fc.uniqueArray(key, { maxLength: 40 }),
        async (before, toggled) => {
          const old = buildRuns(FORMAT, before.toSorted());
          const after = new Set(before);
          for (const one of toggled) if (!after.delete(one)) after.add(one);
          const changes = new Map(
            toggled.map((one) => [one, () => (after.has(one) ? one : undefined)] as const),
          );
          const updated = await editRuns(FORMAT, old.ref, changes, fetcherOf(old));
          const anew = buildRuns(FORMAT, [...after].toSorted());
          expect(updated.ref).toEqual(anew.ref);
          const known = new Set([...old.objects, ...updated.objects].map(({ sha256 }) => sha256));
          expect(anew.objects.filter(({ sha256 }) => !known.has(sha256))).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are read only where they change', async () => {
    const keys = keysOf(5000);
    const old = buildRuns(FORMAT, keys);
    const fetched: string[] = [];
    const changes = new Map([['key-2222-new', () => 'key-2222-new']]);
    const updated = await editRuns(FORMAT, old.ref, changes, fetcherOf(old, fetched));
    expect(fetched.filter((path) => !path.endsWith('/page')).length).toBeLessThanOrEqual(3);
    expect(updated.objects.length).toBeLessThanOrEqual(4);
  });
});

describe('the runs between two keys', () => {
  /** Runs that hold one key each, and a way to ask for them that counts what is fetched. */
  function listed(count: number): {
    runs: BuiltRuns;
    keys: string[];
    ask: (first: string, end?: string) => Promise<{ found: string[]; fetched: number }>;
  } {
    const keys = Array.from({ length: count }, (_, index) => `k${String(index).padStart(5, '0')}`);
    const runs = listRuns(
      'names',
      keys.map((key) => ({ key, weight: 1, content: { bytes: new TextEncoder().encode(key) } })),
    );
    const bytes = new Map(runs.objects.map((object) => [object.path, object.bytes]));
    const ask = async (first: string, end?: string): Promise<{ found: string[]; fetched: number }> => {
      let fetched = 0;
      const fetchObject: FetchObject = async ({ path }) => {
        fetched += 1;
        return bytes.get(path)!;
      };
      const objects = await runsBetween('names', runs.ref, first, end, fetchObject);
      return { found: objects.map(({ path }) => new TextDecoder().decode(bytes.get(path))), fetched };
    };
    return { runs, keys, ask };
  }

  it.each([1, 5, RUNS_PER_PAGE, 3000])('of %i are those that can hold such a key', async (count) => {
    const { keys, ask } = listed(count);
    const last = keys.at(-1)!;
    expect((await ask('a', 'b')).found).toEqual([keys[0]]);
    expect((await ask(last)).found).toEqual([last]);
    expect((await ask('z')).found).toEqual([last]);
    expect((await ask('')).found).toEqual(keys);
    const middle = Math.floor(count / 2);
    expect((await ask(keys[middle]!, `${keys[middle]}!`)).found).toEqual([keys[middle]]);
    expect((await ask(`${keys[middle]}x`, keys[middle + 3])).found).toEqual(keys.slice(middle, middle + 3));
  });

  it('cost one page when there are many, and nothing when the head lists them', async () => {
    expect((await listed(40).ask('k00020', 'k00021')).fetched).toBe(0);
    const { runs, ask } = listed(3000);
    expect(runs.ref.paged).toBe(true);
    expect(runs.ref.nodes.length).toBeLessThan(120);
    expect((await ask('k00050', 'k00051')).fetched).toBe(1);
  });

  it('are none of none', async () => {
    expect((await listed(0).ask('a')).found).toEqual([]);
  });

  it('have paths of their own, at most 256 to a directory', () => {
    const paths = listed(3000).runs.objects.map((object) => object.path);
    expect(new Set(paths).size).toBe(paths.length);
    const directories = paths.map((path) => path.slice(0, path.lastIndexOf('/')));
    const counts = new Map(
      directories.map((one) => [one, directories.filter((other) => other === one).length]),
    );
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(256);
  });
});
