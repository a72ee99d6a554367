import { describe, expect, it } from 'vitest';
import { plainText } from './line.ts';
import { formatBytes } from './size.ts';
import { definitionLines, displayWidth, tableLines, wrap } from './table.ts';

const text = (...args: Parameters<typeof tableLines>): string[] => tableLines(...args).map(plainText);

describe('a table', () => {
  it('aligns text to the left and numbers to the right, two spaces apart', () => {
    expect(
      text(
        ['NAME', 'N'],
        [
          ['a', 1],
          ['bcdef', 100],
        ],
      ),
    ).toEqual(['NAME   N', 'a        1', 'bcdef  100']);
  });

  it('counts wide characters twice, accents never and escapes as they will be shown', () => {
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('\u001b')).toBe(6);
    expect(
      text(
        ['A', 'B'],
        [
          ['日本', 'x'],
          ['abcd', 'y'],
        ],
      ),
    ).toEqual(['A     B', '日本  x', 'abcd  y']);
  });

  it('cuts the last column to a terminal and leaves it whole in a pipe', () => {
    const rows = [['a', 'a long description']];
    expect(text(['N', 'WHAT'], rows, 12).at(-1)).toBe('a  a long d…');
    expect(text(['N', 'WHAT'], rows).at(-1)).toBe('a  a long description');
  });
});

describe('wrapped text', () => {
  it('breaks at spaces and never inside a word', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable']);
  });

  it('stays beside its name, or goes below a name that is too long', () => {
    expect(definitionLines([['a', 'one two three']], 12).map(plainText)).toEqual([
      '  a  one two',
      '     three',
    ]);
    const long = definitionLines([['x'.repeat(30), 'meaning']], 60).map(plainText);
    expect(long).toEqual([`  ${'x'.repeat(30)}`, `${' '.repeat(32)}meaning`]);
  });
});

describe('bytes for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [183220, '183 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [12_345_678, '12.3 MB'],
    [5e15, '5.00 PB'],
  ])('%d are %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});
