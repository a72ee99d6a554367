import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { joinBytes, WireReader, wireString, wireUint32 } from './ssh-wire.ts';

const malformed = (problem: string): SheafError =>
  new SheafError('SHEAF_INVALID_FILE', `It fails: ${problem}.`);
const read = (bytes: readonly number[]): WireReader => new WireReader(Uint8Array.from(bytes), malformed);

describe('writing', () => {
  it('writes the examples of RFC 4251 §5', () => {
    expect(wireUint32(699921578)).toEqual(Uint8Array.of(0x29, 0xb7, 0xf4, 0xaa));
    expect(wireString('testing')).toEqual(
      Uint8Array.of(0, 0, 0, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67),
    );
    expect(wireString('')).toEqual(new Uint8Array(4));
  });
});

describe('reading', () => {
  it('gives back what was written', () => {
    const ascii = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.uint8Array(), ascii, fc.nat(255), (number, blob, text, byte) => {
        const reader = new WireReader(
          joinBytes(wireUint32(number), wireString(blob), wireString(text), Uint8Array.of(byte), blob),
          malformed,
        );
        expect(reader.uint32('number')).toBe(number);
        expect(reader.string('blob')).toEqual(blob);
        expect(reader.text('text')).toBe(text);
        expect(reader.byte('byte')).toBe(byte);
        expect(reader.rest()).toEqual(blob);
        reader.end();
      }),
    );
  });

  it('does not see the bytes around a view', () => {
    const whole = Uint8Array.of(9, 9, 0, 0, 0, 1, 7, 9);
    const reader = new WireReader(whole.subarray(2, 7), malformed);
    expect(reader.string('field')).toEqual(Uint8Array.of(7));
    reader.end();
    // Node gives out small Buffers from one large one, and their `slice` does not copy.
    const pooled = new WireReader(Buffer.from(whole).subarray(2, 7), malformed);
    expect(pooled.string('field')).toEqual(Uint8Array.of(7));
  });

  it('refuses a length that runs past the end, however large, and names the field', () => {
    expect(() => read([0, 0, 0, 2, 1]).string('colour')).toThrow('It fails: its colour runs past the end.');
    expect(() => read([0xff, 0xff, 0xff, 0xff, 1]).string('colour')).toThrow('runs past the end');
    expect(() => read([0, 0, 0]).uint32('colour')).toThrow('runs past the end');
    expect(() => read([]).byte('colour')).toThrow('runs past the end');
  });

  it('refuses a string of another size than demanded', () => {
    expect(() => read([0, 0, 0, 1, 7]).string('colour', 2)).toThrow('its colour has 1 bytes instead of 2');
  });

  it('refuses names with control characters or bytes beyond ASCII', () => {
    for (const byte of [0, 9, 10, 27, 127, 128, 255]) {
      expect(() => read([0, 0, 0, 1, byte]).text('name')).toThrow('its name is not printable ASCII');
    }
  });

  it('refuses trailing bytes', () => {
    const reader = read([0, 0, 0, 0, 1, 2]);
    reader.string('field');
    expect(() => reader.end()).toThrow('it has 2 trailing bytes');
  });
});
