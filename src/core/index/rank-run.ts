import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault } from '../documents/strict-json.ts';
import { parseInstant } from '../instant.ts';
import { standingOf } from './ranks.ts';
import type { PluginRecord } from './records.ts';
import { type Cursor, putVarint, takeVarint, VARINT_BYTES } from './varint.ts';

/** What results are sorted by other than relevance. Facts that nobody measured are absent. */
export interface RankRow {
  /** core/index/document-id.ts of the name. */
  readonly id: number;
  readonly standing: number;
  readonly downloads?: number;
  /** Tenths of a star. */
  readonly rating?: number;
  readonly ratingCount?: number;
  /** Seconds since 1970. */
  readonly published?: number;
}

/** The row of a plugin: a function of its record, so that it changes only with it. */
export function rankRow(id: number, plugin: PluginRecord): RankRow {
  const { downloads, rating, ratingCount } = plugin;
  const published = plugin.published === undefined ? undefined : parseInstant(plugin.published);
  return {
    id,
    standing: standingOf(plugin),
    ...(downloads === undefined ? {} : { downloads: Math.min(MOST, Math.floor(downloads)) }),
    ...(rating === undefined ? {} : { rating: Math.round(rating * 10) }),
    ...(ratingCount === undefined ? {} : { ratingCount }),
    ...(published === undefined ? {} : { published: published / 1000 }),
  };
}

/** Where a row stands among all: best standing first, then by id. Rows that share an id share the key. */
export function rankKey({ standing, id }: Pick<RankRow, 'standing' | 'id'>): string {
  return (15 - standing).toString(16) + id.toString(16).padStart(8, '0');
}

/**
 * Writes a run of rows in order of their keys, each as varints: standing, id, and one more than each fact in the
 * order of {@link RankRow}, 0 where it is absent. The id is the difference to the row before as long as the
 * standing is the same.
 */
export function writeRankRun(rows: readonly RankRow[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * 6 * VARINT_BYTES);
  let offset = 0;
  let previous: RankRow | undefined;
  for (const row of rows) {
    const base = previous?.standing === row.standing ? previous.id : 0;
    offset = putVarint(bytes, offset, row.standing);
    offset = putVarint(bytes, offset, row.id - base);
    for (const fact of FACTS) {
      const value = row[fact];
      offset = putVarint(bytes, offset, value === undefined ? 0 : value + 1);
    }
    previous = row;
  }
  return bytes.slice(0, offset);
}

/**
 * Reads a run of rows.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readRankRun(bytes: Uint8Array, what: string): readonly RankRow[] {
  const context: JsonContext = { what: `The ranks ${JSON.stringify(what)}`, code: 'SHEAF_INDEX' };
  const cursor: Cursor = { bytes, offset: 0, context };
  const rows: RankRow[] = [];
  let previous: RankRow | undefined;
  while (cursor.offset < bytes.length) {
    const standing = takeVarint(cursor);
    const id = takeVarint(cursor) + (previous?.standing === standing ? previous.id : 0);
    if (standing > (previous?.standing ?? 15) || id > 0xffffffff) {
      throw jsonFault(context, 'has rows out of order');
    }
    const facts: { -readonly [K in keyof RankRow]?: RankRow[K] } = {};
    for (const fact of FACTS) {
      const value = takeVarint(cursor);
      if (value !== 0) facts[fact] = value - 1;
    }
    previous = Object.assign(facts, { id, standing });
    rows.push(previous);
  }
  return rows;
}

const FACTS = ['downloads', 'rating', 'ratingCount', 'published'] as const;

// What a varint of five groups holds, less the one that stands for "absent".
const MOST = 2 ** 35 - 2;
