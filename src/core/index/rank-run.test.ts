import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { buildRankRuns, updateRankRuns } from './build-ranks.ts';
import { type RankRow, rankKey, readRankRun, writeRankRun } from './rank-run.ts';

const fact = fc.option(fc.nat({ max: 2 ** 31 - 1 }), { nil: undefined });
const row: fc.Arbitrary<RankRow> = fc
  .record({
    id: fc.nat({ max: 2 ** 32 - 1 }),
    standing: fc.nat({ max: 15 }),
    downloads: fact,
    rating: fact,
    ratingCount: fact,
    published: fact,
  })
  .map((facts) => JSON.parse(JSON.stringify(facts)) as RankRow);
const rows = fc.uniqueArray(row, { selector: rankKey, maxLength: 200 });
const inOrder = (list: readonly RankRow[]): readonly RankRow[] =>
  list.toSorted((a, b) => (rankKey(a) < rankKey(b) ? -1 : 1));

function refusalOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof SheafError ? error.code : error;
  }
}

describe('a run of ranks', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(rows, (list) => {
        expect(readRankRun(writeRankRun(inOrder(list)), 'run')).toEqual(inOrder(list));
      }),
    );
  });

  it('that is damaged is refused or read as other rows, but never breaks the reader', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.integer({ min: 0, max: 255 }), (list, at, byte) => {
        const bytes = writeRankRun(inOrder(list));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        expect(refusalOf(() => readRankRun(bytes, 'run'))).toBeOneOf([undefined, 'SHEAF_INDEX']);
      }),
    );
  });

  it('is the same whatever the order of the rows, and after edits as if built anew', async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (before, after) => {
        const built = buildRankRuns(before);
        expect(buildRankRuns(before.toReversed())).toEqual(built);
        const fetchObject = async ({ path }: { path: string }): Promise<Uint8Array> =>
          built.objects.find((object) => object.path === path)!.bytes;
        const updated = await updateRankRuns(built.ref, before, after, fetchObject);
        expect(updated.ref).toEqual(buildRankRuns(after).ref);
      }),
    );
  });
});
