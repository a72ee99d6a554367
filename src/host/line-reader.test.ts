import { array, assert, constantFrom, integer, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { LineReader } from './line-reader.ts';

it('finds the same lines however the bytes arrive', () => {
  const lines = array(string({ unit: constantFrom('a', 'ä', '😀', '"', '\t') }), { maxLength: 8 });
  assert(
    property(lines, array(integer({ min: 1, max: 5 }), { minLength: 1 }), (wanted, sizes) => {
      const bytes = Buffer.from(wanted.map((line) => `${line}\n`).join(''));
      const reader = new LineReader();
      const found: string[] = [];
      for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        const fault = reader.push(bytes.subarray(at, at + size), (line) => found.push(line) > 0);
        expect(fault).toBeUndefined();
        at += size;
      }
      expect(found).toEqual(wanted);
    }),
  );
});

it('stops at a line that is too long before it ends, and at bytes that are no text', () => {
  const reader = new LineReader();
  const part = Buffer.alloc(524_288, 'x');
  expect(reader.push(part, () => true)).toBeUndefined();
  expect(reader.push(part, () => true)).toBeUndefined();
  expect(reader.push(Buffer.from('x'), () => true)).toBe('too long');
  expect(new LineReader().push(Buffer.of(0xc3, 0x0a), () => true)).toBe('not UTF-8');
});

it('hands out no further line when it is told to stop', () => {
  const found: string[] = [];
  new LineReader().push(Buffer.from('a\nb\n'), (line) => {
    found.push(line);
    return false;
  });
  expect(found).toEqual(['a']);
});
