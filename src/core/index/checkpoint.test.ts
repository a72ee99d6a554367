import { describe, expect, it } from 'vitest';
import { refOf } from '../digest.ts';
import { parseInstant } from '../instant.ts';
import {
  type Checkpoint,
  checkpointPath,
  parseCheckpointPath,
  readCheckpoint,
  readLatest,
  writeCheckpoint,
  writeLatest,
} from './checkpoint.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const CHECKPOINT: Checkpoint = {
  registry: 'example-plugins',
  epoch: 2,
  version: 17,
  root: 3,
  issued: parseInstant('2026-11-20T09:00:00Z')!,
  expires: parseInstant('2026-11-27T09:00:00Z')!,
  history: refOf(encode('history')),
  source: { commit: 'a'.repeat(40), facts: null },
  index: refOf(encode('index')),
};

/** The checkpoint as JSON with one change. */
function altered(change: Record<string, unknown>): Uint8Array {
  return encode(
    JSON.stringify({ ...JSON.parse(new TextDecoder().decode(writeCheckpoint(CHECKPOINT))), ...change }),
  );
}

describe('a checkpoint', () => {
  it('is read back as it was written', () => {
    expect(readCheckpoint(writeCheckpoint(CHECKPOINT))).toEqual(CHECKPOINT);
  });

  it('is refused with any key missing, and with one too many', () => {
    const fields = JSON.parse(new TextDecoder().decode(writeCheckpoint(CHECKPOINT))) as Record<
      string,
      unknown
    >;
    for (const key of Object.keys(fields)) {
      const { [key]: _, ...rest } = fields;
      expect(() => readCheckpoint(encode(JSON.stringify(rest))), key).toThrowError(
        expect.objectContaining({ code: 'SHEAF_CHECKPOINT' }),
      );
    }
    expect(() => readCheckpoint(altered({ note: 'hello' }))).toThrowError(/unknown key "note"/);
  });

  it.each([
    ['another schema', { schema: 'sheaf-checkpoint/2' }],
    ['version 0', { version: 0 }],
    ['a fraction for an epoch', { epoch: 1.5 }],
    ['a time with an offset', { issued: '2026-11-20T09:00:00+01:00' }],
    ['a time that does not exist', { expires: '2026-02-30T09:00:00Z' }],
    ['an upper-case digest', { index: { sha256: 'A'.repeat(64), size: 1 } }],
    ['a negative size', { history: { sha256: 'a'.repeat(64), size: -1 } }],
    ['a commit that is none', { source: { commit: 'main', facts: null } }],
    ['a source without facts', { source: { commit: null } }],
    ['a registry that is no text', { registry: 7 }],
  ])('is refused with %s', (_, change) => {
    expect(() => readCheckpoint(altered(change))).toThrowError(
      expect.objectContaining({ code: 'SHEAF_CHECKPOINT' }),
    );
  });

  it('is refused when it is not JSON or not UTF-8', () => {
    expect(() => readCheckpoint(encode('{'))).toThrowError(/is not JSON/);
    expect(() => readCheckpoint(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrowError(/is not UTF-8/);
  });
});

describe('a checkpoint path', () => {
  it('names the position, both ways', () => {
    expect(checkpointPath(CHECKPOINT)).toBe('checkpoints/2-17.json');
    expect(parseCheckpointPath('checkpoints/2-17.json')).toEqual({ epoch: 2, version: 17 });
  });

  it.each(['checkpoints/2-17.json.sig', 'checkpoints/02-17.json', 'checkpoints/2-0.json', '2-17.json'])(
    '%s is none',
    (path) => expect(parseCheckpointPath(path)).toBeUndefined(),
  );
});

describe('latest', () => {
  it('is read back, with or without its newline', () => {
    expect(readLatest(writeLatest(CHECKPOINT))).toEqual({ epoch: 2, version: 17 });
    expect(readLatest(encode('2-17'))).toEqual({ epoch: 2, version: 17 });
  });

  it.each(['', '2', '2-17\n\n', '<html>', '2-17 ', '99999999999999999-1'])('%j names nothing', (text) =>
    expect(readLatest(encode(text))).toBeUndefined(),
  );
});
