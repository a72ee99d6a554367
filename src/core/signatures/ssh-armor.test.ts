import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { readArmor, writeArmor } from './ssh-armor.ts';

const malformed = (problem: string): SheafError => new SheafError('SHEAF_SIGNATURE', problem);
const read = (armored: Uint8Array | string): Uint8Array =>
  readArmor(
    'SSH SIGNATURE',
    typeof armored === 'string' ? Buffer.from(armored, 'latin1') : armored,
    malformed,
  );

const textOf = (armored: Uint8Array): string => Buffer.from(armored).toString('latin1');
const readOrUndefined = (armored: string): Uint8Array | undefined => {
  try {
    return read(armored);
  } catch (error) {
    if (error instanceof SheafError) return undefined;
    throw error;
  }
};

describe('armor', () => {
  const block = textOf(writeArmor('SSH SIGNATURE', new Uint8Array(100).fill(0xa7)));

  it('reads back what it writes, and writes nothing but that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const armored = writeArmor('SSH SIGNATURE', bytes);
        expect(read(armored)).toEqual(bytes);
        expect(textOf(armored)).toMatch(
          /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=]{70}\n)*([A-Za-z0-9+/=]{1,69}\n)?-----END SSH SIGNATURE-----\n$/,
        );
      }),
    );
  });

  it('refuses every text that differs from it in one character', () => {
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.nat(255), (position, byte) => {
        const changed = block.slice(0, position) + String.fromCharCode(byte) + block.slice(position + 1);
        fc.pre(changed !== block);
        // Another base64 digit may give another block, but then it is the one spelling of other bytes.
        const bytes = readOrUndefined(changed);
        const spelled = bytes === undefined ? changed : textOf(writeArmor('SSH SIGNATURE', bytes));
        expect(bytes).not.toEqual(read(block));
        expect(spelled).toBe(changed);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['CR LF line ends', block.replaceAll('\n', '\r\n'), 'CR LF'],
    ['text before the block', ` ${block}`, 'does not begin with the line'],
    ['a blank line before the block', `\n${block}`, 'does not begin with the line'],
    ['text after the block', `${block}more\n`, 'does not end with the line'],
    ['a blank line after the block', `${block}\n`, 'does not end with the line'],
    ['no line feed at the end', block.slice(0, -1), 'does not end with the line'],
    ['two blocks', block + block, 'more than one block'],
    ['another label', block.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE'), 'does not begin with the line'],
    ['lines of 64 digits', rewrap(block, 64), 'lines of 70'],
    ['one long line', rewrap(block, 1000), 'lines of 70'],
    ['a blank line inside', block.replace('-----\n', '-----\n\n'), 'lines of 70'],
    ['white space inside', block.replace('-----\np', '-----\n p'), 'base64 is not canonical'],
    ['no padding', block.replace('=', ''), 'base64 is not canonical'],
    ['stray bits in the last digit', block.replace('pw==', 'px=='), 'base64 is not canonical'],
    ['the URL alphabet', writeText(0xff).replaceAll('/', '_'), 'base64 is not canonical'],
    ['nothing', '', 'does not begin with the line'],
  ])('refuses %s', (_, text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });
});

function writeText(byte: number): string {
  return textOf(writeArmor('SSH SIGNATURE', new Uint8Array(60).fill(byte)));
}

function rewrap(text: string, width: number): string {
  const [begin, ...rest] = text.trimEnd().split('\n');
  const end = rest.pop();
  const lines = rest.join('').match(new RegExp(`.{1,${width}}`, 'g'));
  return [begin, ...lines!, end, ''].join('\n');
}
