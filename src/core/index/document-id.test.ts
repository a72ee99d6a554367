import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentId } from './document-id.ts';

describe('a document id', () => {
  it('is the first 32 bits of the SHA-256 of its key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (key) => {
        expect(documentId(key)).toBe(createHash('sha256').update(key).digest().readUInt32BE(0));
      }),
    );
  });

  it.each([0, 55, 56, 63, 64, 119, 120])(
    'is right for %i bytes, where padding begins another block',
    (length) => {
      const key = 'a'.repeat(length);
      expect(documentId(key)).toBe(createHash('sha256').update(key).digest().readUInt32BE(0));
    },
  );
});
