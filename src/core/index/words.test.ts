import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, stem, wordsOf } from './words.ts';

describe('words', () => {
  it.each([
    ['Parse parses parsed PARSING', ['pars', 'pars', 'pars', 'pars']],
    ['queries query', ['query', 'query']],
    ['caches caching cached cache', ['cach', 'cach', 'cach', 'cach']],
    ['embedded embed', ['embed', 'embed']],
    ['processes processing process', ['process', 'process', 'process']],
    ['string bring thing class status', ['string', 'bring', 'thing', 'class', 'status']],
    ['graph-lens v2', ['graph', 'len', 'v2']],
    ['C++, C# and F#', ['c++', 'c#', 'and', 'f#']],
    ['Café naïve Ünïcode', ['caf', 'naiv', 'unicod']],
    ['ﬁle ＡＢＣ', ['fil', 'abc']],
    ['', []],
    ['… — !', []],
  ])('of %j are %j', (text, words) => expect(wordsOf(text)).toEqual(words));

  it('of Chinese, Japanese and Korean are pairs of characters', () => {
    expect(wordsOf('图形数据库')).toEqual(['图形', '形数', '数据', '据库']);
    expect(wordsOf('データ')).toEqual(['デー', 'ータ'].map((pair) => foldText(pair)));
    expect(wordsOf('한국어')).toEqual(['한국', '국어']);
    expect(wordsOf('图')).toEqual(['图']);
    expect(wordsOf('用Rust编写')).toEqual(['用', 'rust', '编写']);
  });

  it('do not depend on how a text composes its accents', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(wordsOf(text.normalize('NFD'))).toEqual(wordsOf(text.normalize('NFC')));
      }),
    );
  });

  it('are never longer than a term may be', () => {
    expect(wordsOf('x'.repeat(500))[0]).toHaveLength(32);
  });

  it('are short ones or with digits not stemmed', () => {
    for (const word of ['bus', 'as', 'x86s', 'ssh2ing']) expect(stem(word)).toBe(word);
  });
});
