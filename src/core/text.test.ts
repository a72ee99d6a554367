import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeForTerminal, escapeMarkdown, quote, shorten, uncleanCharacter } from './text.ts';

it('escapes what could repaint a terminal or reorder a line', () => {
  expect(escapeForTerminal('\u001b[2J\u202egpj.exe\u200b\u2028\u{e000}\n\t')).toBe(
    '\\u001b[2J\\u202egpj.exe\\u200b\\u2028\\ue000\\n\\t',
  );
});

it('keeps line feeds when asked, and nothing else', () => {
  expect(escapeForTerminal('a\nb\rc', { newlines: true })).toBe('a\nb\\u000dc');
});

it('escapes characters outside the basic plane and lone surrogates', () => {
  expect(escapeForTerminal('\u{e0041}\ud800x😀')).toBe('\\u{e0041}\\ud800x😀');
});

it('leaves no character of the refused categories in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeForTerminal(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

it('takes letters of all scripts, line feeds and tabs as clean', () => {
  expect(uncleanCharacter('Größe 日本語 שלום\n\t😀')).toBeUndefined();
  expect(uncleanCharacter('a\nb\u0007')).toBe('\\u0007');
  expect(uncleanCharacter('a\u{e0041}')).toBe('\\u{e0041}');
});

it('quotes, escapes and shortens', () => {
  expect(quote('a"b\u001b\u202e')).toBe('"a\\"b\\u001b\\u202e"');
  expect(quote('x'.repeat(200))).toBe(`"${'x'.repeat(80)}…"`);
  expect(quote(`${'x'.repeat(79)}😀`)).toBe(`"${'x'.repeat(79)}…"`);
});

it('lets text in Markdown be nothing but text: no mark, no mention, no reference, no address', () => {
  expect(escapeMarkdown('<b>*x*</b> [a](b) `c` | ~~d~~\n- e')).toBe(
    '\\<b\\>\\*x\\*\\</b\\> \\[a\\]\\(b\\) \\`c\\` \\| \\~\\~\u2060d\\~\\~\\\\n- e',
  );
  for (const text of [
    '@dana',
    'acme#7',
    '!7',
    '$7',
    '%7',
    '~bug',
    '&7',
    'https://e.example',
    'www.e.example',
    'WWW.e.e',
  ]) {
    const escaped = escapeMarkdown(text);
    // A forge looks at the text once its escapes are gone.
    expect(escaped.replaceAll('\\', '')).not.toBe(text);
    expect(escaped.replaceAll(/[\\\u2060]/g, '')).toBe(text);
  }
});

it('shortens without splitting a character', () => {
  expect([shorten('abc', 3), shorten('abcd', 3), shorten('ab😀', 3)]).toEqual(['abc', 'abc…', 'ab…']);
});
