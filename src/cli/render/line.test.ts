import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantsAnimation, wantsColours } from './colours.ts';
import { bold, plainText, red, renderLine } from './line.ts';

const HOSTILE = 'a\u001b[2Jb\u202ec\u0007d\re\u009bf\u200bg\nh';

describe('a line', () => {
  it('shows escape sequences, bidi overrides and line feeds of outside text instead of obeying them', () => {
    expect(renderLine(HOSTILE, true)).toBe('a\\u001b[2Jb\\u202ec\\u0007d\\u000de\\u009bf\\u200bg\\nh\n');
  });

  it('does so inside coloured pieces, too', () => {
    expect(renderLine(['x ', red(HOSTILE)], true)).toBe(
      'x \u001b[31ma\\u001b[2Jb\\u202ec\\u0007d\\u000de\\u009bf\\u200bg\\nh\u001b[0m\n',
    );
  });

  it('has no control character but its line feed without colours, whatever the text', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(renderLine(['', bold(text), text], false).slice(0, -1)).not.toMatch(
          /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u,
        );
      }),
    );
  });

  it('has its text without styles', () => {
    expect(plainText(['a ', bold('b')])).toBe('a b');
  });
});

describe('colours', () => {
  const on = { terminal: true, environment: {} };

  it.each([
    ['on a terminal', on, false, true],
    ['not into a pipe', { ...on, terminal: false }, false, false],
    ['not with --no-color', on, true, false],
    ['not with --no-color even if forced', { ...on, environment: { FORCE_COLOR: '1' } }, true, false],
    ['not with NO_COLOR', { ...on, environment: { NO_COLOR: '1' } }, false, false],
    ['with an empty NO_COLOR', { ...on, environment: { NO_COLOR: '' } }, false, true],
    ['not on a dumb terminal', { ...on, environment: { TERM: 'dumb' } }, false, false],
    ['into a pipe when forced', { terminal: false, environment: { FORCE_COLOR: '1' } }, false, true],
    ['not when forced off', { ...on, environment: { FORCE_COLOR: '0' } }, false, false],
    [
      'when forced against NO_COLOR',
      { terminal: false, environment: { FORCE_COLOR: '', NO_COLOR: '1' } },
      false,
      true,
    ],
  ])('%s', (_, traits, noColor, expected) => {
    expect(wantsColours(traits, noColor)).toBe(expected);
  });
});

describe('animation', () => {
  it.each([
    ['on a terminal', { terminal: true, environment: {} }, true],
    ['not into a pipe', { terminal: false, environment: { FORCE_COLOR: '1' } }, false],
    ['not on a dumb terminal', { terminal: true, environment: { TERM: 'dumb' } }, false],
    ['not in CI', { terminal: true, environment: { CI: 'true' } }, false],
  ])('%s', (_, traits, expected) => {
    expect(wantsAnimation(traits)).toBe(expected);
  });
});
