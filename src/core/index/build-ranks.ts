import type { BuiltRuns, RunFormat } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority } from './cut-runs.ts';
import { documentId } from './document-id.ts';
import type { FetchObject, RunsRef } from './index-head.ts';
import { type RankRow, rankKey, rankRow, readRankRun, writeRankRun } from './rank-run.ts';
import type { PluginRecord } from './records.ts';
import { editRuns } from './update-runs.ts';

/** Rows that have one key, because they share an id; in an order that does not depend on who came first. */
interface RankEntry {
  readonly key: string;
  readonly rows: readonly RankRow[];
}

// Twice what a row takes: every release changes one of these runs, so they are smaller than others.
const ROW_WEIGHT = 30;

const FORMAT: RunFormat<RankEntry> = {
  kind: 'ranks',
  keyOf: ({ key }) => key,
  weightOf: ({ rows }) => rows.length * ROW_WEIGHT,
  priorityOf: cutPriority,
  write: (entries) => writeRankRun(entries.flatMap(({ rows }) => rows)),
  read: (bytes, what) => rankEntries(readRankRun(bytes, what)),
};

/** The rows of plugins, in the order of none of them. */
export function rankRows(plugins: Iterable<PluginRecord>): readonly RankRow[] {
  return Array.from(plugins, (plugin) => rankRow(documentId(plugin.name), plugin));
}

/** Cuts the rows of a registry into runs. The order in which they are given does not matter. */
export function buildRankRuns(rows: readonly RankRow[]): BuiltRuns {
  return buildRuns(FORMAT, rankEntries(rows));
}

/** Takes the rows of `gone` out, each once, and puts those of `come` in. */
export function updateRankRuns(
  previous: RunsRef,
  gone: readonly RankRow[],
  come: readonly RankRow[],
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const changes = new Map<string, (before: RankEntry | undefined) => RankEntry | undefined>();
  for (const { key } of rankEntries([...gone, ...come])) {
    const isHere = (row: RankRow): boolean => rankKey(row) === key;
    changes.set(key, (before) => {
      const kept = editRanks(before?.rows ?? [], gone.filter(isHere), come.filter(isHere));
      return rankEntries(kept)[0];
    });
  }
  return editRuns(FORMAT, previous, changes, fetchObject);
}

/** The rows without those of `gone`, each once, and with those of `come`. */
function editRanks(
  rows: readonly RankRow[],
  gone: readonly RankRow[],
  come: readonly RankRow[],
): readonly RankRow[] {
  const dropped = gone.map(textOf);
  const kept = rows.filter((row) => {
    const place = dropped.indexOf(textOf(row));
    if (place !== -1) dropped.splice(place, 1);
    return place === -1;
  });
  return [...kept, ...come];
}

function rankEntries(rows: readonly RankRow[]): readonly RankEntry[] {
  const sorted = rows
    .map((row) => ({ row, key: rankKey(row), text: textOf(row) }))
    .toSorted((a, b) => (a.key < b.key || (a.key === b.key && a.text < b.text) ? -1 : 1));
  const entries: { readonly key: string; readonly rows: RankRow[] }[] = [];
  for (const { key, row } of sorted) {
    const last = entries.at(-1);
    if (last?.key === key) last.rows.push(row);
    else entries.push({ key, rows: [row] });
  }
  return entries;
}

function textOf({ id, standing, downloads, rating, ratingCount, published }: RankRow): string {
  return [id, standing, downloads, rating, ratingCount, published].join(' ');
}
