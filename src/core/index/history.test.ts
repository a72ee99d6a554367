import { describe, expect, it } from 'vitest';
import { type Sha256, sha256 } from '../digest.ts';
import {
  appendHistory,
  emptyHistory,
  type History,
  historyIncludes,
  historyLength,
  readHistory,
  writeHistory,
} from './history.ts';
import type { BuiltObject, FetchObject } from './index-head.ts';

const digestOf = (version: number): Sha256 => sha256(new TextEncoder().encode(`checkpoint ${version}`));

/** The history of `count` checkpoints and a store that counts what is fetched from it. */
function grown(count: number): { history: History; fetchObject: FetchObject; fetched: string[] } {
  let history = emptyHistory(1);
  const objects = new Map<string, BuiltObject>();
  for (let version = 1; version <= count; version++) {
    const step = appendHistory(history, digestOf(version));
    history = step.history;
    if (step.block !== undefined) objects.set(step.block.path, step.block);
  }
  const fetched: string[] = [];
  const fetchObject: FetchObject = async ({ path }) => {
    fetched.push(path);
    return objects.get(path)!.bytes;
  };
  return { history, fetchObject, fetched };
}

describe('the history of checkpoints', () => {
  it('is read back as it was written', () => {
    const { history } = grown(300);
    expect(readHistory(writeHistory(history).bytes)).toEqual(history);
    expect(historyLength(history)).toBe(300);
  });

  it('finds every earlier checkpoint with at most one fetch', async () => {
    const { history, fetchObject, fetched } = grown(600);
    for (const version of [1, 255, 256, 257, 511, 512, 513, 600]) {
      fetched.length = 0;
      expect(await historyIncludes(history, { epoch: 1, version }, digestOf(version), fetchObject)).toBe(
        true,
      );
      expect(fetched.length).toBeLessThanOrEqual(1);
    }
  });

  it('includes no other digest at a position, no later version and no other epoch', async () => {
    const { history, fetchObject } = grown(300);
    expect(await historyIncludes(history, { epoch: 1, version: 3 }, digestOf(4), fetchObject)).toBe(false);
    expect(await historyIncludes(history, { epoch: 1, version: 299 }, digestOf(4), fetchObject)).toBe(false);
    expect(await historyIncludes(history, { epoch: 1, version: 301 }, digestOf(301), fetchObject)).toBe(
      false,
    );
    expect(await historyIncludes(history, { epoch: 2, version: 3 }, digestOf(3), fetchObject)).toBe(false);
  });

  it('refuses a block that does not match its digest', async () => {
    const { history, fetchObject } = grown(256);
    const forged: FetchObject = async (object) =>
      new TextEncoder().encode(new TextDecoder().decode(await fetchObject(object)).replace(/^\["./, '["0'));
    await expect(
      historyIncludes(history, { epoch: 1, version: 1 }, `0${digestOf(1).slice(1)}` as Sha256, forged),
    ).rejects.toThrowError(expect.objectContaining({ code: 'SHEAF_DIGEST' }));
  });

  it('keeps old blocks when it grows', () => {
    expect(grown(600).history.blocks.slice(0, 1)).toEqual(grown(300).history.blocks);
  });

  it('refuses a full block in its tail', () => {
    const tail = Array.from({ length: 256 }, (_, index) => digestOf(index));
    const bytes = writeHistory({ epoch: 1, blocks: [], tail }).bytes;
    expect(() => readHistory(bytes)).toThrowError(expect.objectContaining({ code: 'SHEAF_INDEX' }));
  });
});
