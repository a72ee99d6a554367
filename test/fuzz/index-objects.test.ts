import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { writeNode } from '../../src/core/index/build-tree.ts';
import { readBundle } from '../../src/core/index/bundle.ts';
import { checkpointPath } from '../../src/core/index/checkpoint.ts';
import { historyBlock, historyIncludes, readHistory } from '../../src/core/index/history.ts';
import { readIndexHead } from '../../src/core/index/index-head.ts';
import { indexObjects } from '../../src/core/index/index-objects.ts';
import { readNames, writeNames } from '../../src/core/index/names.ts';
import { readRankRun } from '../../src/core/index/rank-run.ts';
import { readOwnerRecord, readPluginRecord, readReleasesRecord } from '../../src/core/index/records.ts';
import { readResults, writeResults, writeSummary } from '../../src/core/index/results.ts';
import { pageRuns } from '../../src/core/index/runs.ts';
import { readPostings, readTermRun } from '../../src/core/index/term-run.ts';
import { readLeaf, readNode } from '../../src/core/index/tree.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { objectsOf } from '../../src/ops/index/previous-index.ts';
import { memorySource, type RegistrySimulator } from '../../src/testkit/index.ts';
import {
  damaged,
  FUZZ_TIMEOUT,
  fuzzing,
  refusesAtMost,
  refusesAtMostLater,
  requireHonest,
} from '../support/fuzzing.ts';
import { honestRegistry } from '../support/honest-files.ts';

/** Every object of an index, damaged: what the thief of a checkpoint key can publish with a right digest. */

const LENS = pluginName('graph-lens');
const decoder = new TextDecoder();
let objects: ReadonlyMap<string, Uint8Array>;

beforeAll(async () => {
  const registry: RegistrySimulator = await honestRegistry();
  const fetchObject = objectsOf(memorySource(registry.published));
  const found = new Map<string, Uint8Array>();
  for await (const object of indexObjects(registry.latestCheckpoint(), fetchObject)) {
    found.set(object.path, await fetchObject(object));
  }
  found.set(
    'checkpoint',
    registry.published.get(checkpointPath({ epoch: 1, version: 1 })) ?? new Uint8Array(),
  );
  objects = found;
});

/** The objects whose path on the Git branch begins so. */
function at(...prefixes: readonly string[]): readonly Uint8Array[] {
  const found = [...objects].filter(([path]) => prefixes.some((prefix) => path.startsWith(prefix)));
  if (found.length === 0) throw new Error(`The index has nothing at ${prefixes.join(', ')}.`);
  return found.map(([, bytes]) => bytes);
}

const linesAt = (prefix: string): readonly Uint8Array[] =>
  at(prefix).flatMap((bytes) => [...readLeaf(bytes, prefix).values()].map((line) => Buffer.from(line)));
const line =
  <T>(read: (line: string) => T) =>
  (bytes: Uint8Array): T =>
    read(decoder.decode(bytes));

const NODE = writeNode(Array.from({ length: 16 }, () => ({ sha256: sha256(new Uint8Array()), size: 7 })));
const HISTORY_REF = { sha256: sha256(NODE), size: 1 };

const READERS: readonly [string, () => readonly Uint8Array[], (bytes: Uint8Array) => unknown][] = [
  ['the head', () => at('index.json'), (bytes) => readIndexHead(bytes)],
  ['a node of a tree', () => [NODE], (bytes) => readNode(bytes, 16, 'node')],
  ['a leaf of a tree', () => at('plugins/', 'releases/', 'owners/'), (bytes) => readLeaf(bytes, 'leaf')],
  ['a line about a plugin', () => linesAt('plugins/'), line(readPluginRecord)],
  ['a line about releases', () => linesAt('releases/'), line(readReleasesRecord)],
  ['a line about an owner', () => linesAt('owners/'), line(readOwnerRecord)],
  [
    'a line of results',
    () => [
      Buffer.from(
        writeResults(
          'lens',
          linesAt('plugins/')
            .map((bytes) => line(readPluginRecord)(bytes))
            .map(writeSummary),
        ),
      ),
    ],
    line(readResults),
  ],
  [
    'a run of names',
    () => [writeNames(['graph-lens', 'graph-query', 'users'].map(pluginName)), ...at('names/')],
    (bytes) => readNames(bytes, 'names'),
  ],
  [
    'a run of terms, with all its postings',
    () => at('terms/'),
    (bytes) => readTermRun(bytes, 'terms').map(readPostings),
  ],
  ['a run of ranks', () => at('ranks/'), (bytes) => readRankRun(bytes, 'ranks')],
  ['a bundle', () => at('bundles/'), (bytes) => readBundle(bytes, LENS)],
  [
    'the history',
    () => at('history'),
    (bytes) => {
      const history = readHistory(bytes);
      return history.blocks.map((_, position) => historyBlock(history, position));
    },
  ],
];

describe('damaged in any way,', () => {
  it.each(READERS)(
    '%s is read or refused with a sentence',
    (_, samples, read) => {
      requireHonest(samples(), read);
      expect(() =>
        fc.assert(
          fc.property(damaged(samples()), (bytes) => refusesAtMost(() => read(bytes))),
          fuzzing(150),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'a history that is asked for an ancestor answers or refuses',
    async () => {
      const id = fc.record({
        epoch: fc.integer({ min: 1, max: 3 }),
        version: fc.integer({ min: 1, max: 600 }),
      });
      await expect(
        fc.assert(
          fc.asyncProperty(damaged(at('history')), damaged(at('history')), id, (bytes, block, earlier) =>
            refusesAtMostLater(() =>
              historyIncludes(readHistory(bytes), earlier, HISTORY_REF.sha256, () => Promise.resolve(block)),
            ),
          ),
          fuzzing(150),
        ),
      ).resolves.toBeUndefined();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'a page of runs is read or refused',
    async () => {
      const page = Buffer.from(JSON.stringify([['', '0'.repeat(64), 7]]));
      const runs = { paged: true, nodes: [{ from: '', weight: 1, ...HISTORY_REF }] };
      await expect(
        fc.assert(
          fc.asyncProperty(damaged([page]), (bytes) =>
            refusesAtMostLater(() => pageRuns('terms', runs, 0, () => Promise.resolve(bytes))),
          ),
          fuzzing(150),
        ),
      ).resolves.toBeUndefined();
    },
    FUZZ_TIMEOUT,
  );
});
