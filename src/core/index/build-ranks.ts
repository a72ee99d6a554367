import type { BuiltRuns } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority, cutRuns } from './cut-runs.ts';
import { documentId } from './document-id.ts';
import { type RankRow, rankKey, rankRow, writeRankRun } from './rank-run.ts';
import type { PluginRecord } from './records.ts';

/** The rows of plugins, in the order of none of them. */
export function rankRows(plugins: Iterable<PluginRecord>): readonly RankRow[] {
  return Array.from(plugins, (plugin) => rankRow(documentId(plugin.name), plugin));
}

/** Cuts the rows of a registry into runs. The order in which they are given does not matter. */
export function buildRankRuns(rows: readonly RankRow[]): BuiltRuns {
  const sorted = rows
    .map((row) => ({ row, key: rankKey(row), text: textOf(row) }))
    .toSorted((a, b) => (a.key < b.key || (a.key === b.key && a.text < b.text) ? -1 : 1));
  const starts = cutRuns(new Float64Array(sorted.length).fill(ROW_WEIGHT), sorted.map(priorityOf));
  const runs = starts.map((start, position) => {
    const run = sorted.slice(start, starts[position + 1]);
    return { key: run[0]?.key ?? '', bytes: writeRankRun(run.map(({ row }) => row)) };
  });
  return buildRuns('ranks', runs);
}

/** The rows without those of `gone`, each once, and with those of `come`. */
export function editRanks(
  rows: readonly RankRow[],
  gone: readonly RankRow[],
  come: readonly RankRow[],
): readonly RankRow[] {
  const dropped = new Map<string, number>();
  for (const row of gone) dropped.set(textOf(row), (dropped.get(textOf(row)) ?? 0) + 1);
  const kept = rows.filter((row) => {
    const left = dropped.get(textOf(row)) ?? 0;
    if (left > 0) dropped.set(textOf(row), left - 1);
    return left === 0;
  });
  return [...kept, ...come];
}

// Twice what a row takes: every release changes one of these runs, so they are smaller than others.
const ROW_WEIGHT = 30;
// Behind every hash: runs that begin with one key could not be told apart.
const SAME_KEY = 2 ** 32;

function priorityOf(
  { key }: { readonly key: string },
  index: number,
  all: readonly { readonly key: string }[],
) {
  return cutPriority(key) + (all[index - 1]?.key === key ? SAME_KEY : 0);
}

function textOf({ id, standing, downloads, rating, ratingCount, published }: RankRow): string {
  return [id, standing, downloads, rating, ratingCount, published].join(' ');
}
