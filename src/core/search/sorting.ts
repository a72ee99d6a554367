import { documentId } from '../index/document-id.ts';
import type { OpenIndex } from '../index/index-difference.ts';
import { GROUPS } from '../index/marks.ts';
import { allNames } from '../index/names.ts';
import type { RankRow } from '../index/rank-run.ts';
import { readRankRun } from '../index/rank-run.ts';
import { downloadsBelow } from '../index/ranks.ts';
import { allRuns } from '../index/runs.ts';
import type { Hit } from './ranking.ts';

/** What results can be sorted by, besides relevance. */
export type FactSort = 'downloads' | 'rating' | 'recent' | 'name';

/** The documents that are sorted. */
export interface Candidates {
  readonly size: number;
  has(id: number): boolean;
}

/**
 * The first of the documents in an order of facts. What nobody measured is last, and of equal ones the lower id is
 * first. What is deprecated or withdrawn comes behind all others, except by name.
 *
 * @param first how many are wanted.
 */
export async function sortByFacts(
  sort: FactSort,
  candidates: Candidates,
  first: number,
  index: OpenIndex,
): Promise<readonly Hit[]> {
  if (sort === 'name') return sortByName(candidates, first, index);
  const rows =
    sort === 'downloads' ? await topRows(candidates, first, index) : await allRows(candidates, index);
  const sorted = rows.toSorted((a, b) => compareRows(sort, a, b)).slice(0, first);
  return sorted.map((row): Hit => {
    const { id, standing } = row;
    return { id, standing, group: standing === 0 ? GROUPS.sunk : GROUPS.other, score: factOf(sort, row) };
  });
}

async function allRows(
  candidates: Candidates,
  { head, fetchObject }: OpenIndex,
): Promise<readonly RankRow[]> {
  const runs = await allRuns('ranks', head.runs.ranks, fetchObject);
  const rows = await Promise.all(
    runs.map(async ({ object }) => readRankRun(await fetchObject(object), object.path)),
  );
  return rows.flat().filter(({ id }) => candidates.has(id));
}

/** Runs lie in order of standing, and that bounds downloads: what comes first is mostly in the first of them. */
async function topRows(
  candidates: Candidates,
  first: number,
  { head, fetchObject }: OpenIndex,
): Promise<readonly RankRow[]> {
  const rows: RankRow[] = [];
  for (const { from, object } of await allRuns('ranks', head.runs.ranks, fetchObject)) {
    if (rows.length >= candidates.size || isSettled(rows, first, from)) break;
    const read = readRankRun(await fetchObject(object), object.path);
    for (const row of read) if (candidates.has(row.id)) rows.push(row);
  }
  return rows;
}

/** Whether nothing from this key on can still come among the first. */
function isSettled(rows: readonly RankRow[], first: number, from: string): boolean {
  if (from === '' || rows.length < first) return false;
  const standing = 15 - Number.parseInt(from[0] ?? '0', 16);
  if (standing === 0) return true;
  const best = rows.map((row) => row.downloads ?? -1).toSorted((a, b) => b - a);
  return (best[first - 1] ?? -1) >= downloadsBelow(standing);
}

function compareRows(sort: FactSort, a: RankRow, b: RankRow): number {
  const sunk = Number(a.standing === 0) - Number(b.standing === 0);
  return (
    sunk ||
    factOf(sort, b) - factOf(sort, a) ||
    (sort === 'rating' ? (b.ratingCount ?? 0) - (a.ratingCount ?? 0) : 0) ||
    b.standing - a.standing ||
    a.id - b.id
  );
}

function factOf(sort: FactSort, row: RankRow): number {
  const fact = { downloads: row.downloads, rating: row.rating, recent: row.published, name: undefined }[sort];
  return fact ?? -1;
}

async function sortByName(
  candidates: Candidates,
  first: number,
  { head, fetchObject }: OpenIndex,
): Promise<readonly Hit[]> {
  const hits: Hit[] = [];
  for (const name of await allNames(head, fetchObject)) {
    const id = documentId(name);
    if (!candidates.has(id)) continue;
    hits.push({ id, standing: 0, group: GROUPS.other, score: 0, name });
    if (hits.length === first) break;
  }
  return hits;
}
