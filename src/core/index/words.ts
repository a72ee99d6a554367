/**
 * The words of a text as the search index holds them and as a query asks for them: accents folded, case
 * folded, English endings taken off, Chinese, Japanese and Korean in pairs of characters. Both sides must use
 * this function, or they miss each other. In order of appearance, with repetitions.
 */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (const [token] of foldText(text).matchAll(TOKEN)) {
    if (CJK.test(token)) words.push(...cjkWords(token));
    else words.push(stem(token).slice(0, MAX_WORD_LENGTH));
  }
  return words;
}

/** A text without accents, widths and capitals: `Café ﬁle` becomes `cafe file`. */
export function foldText(text: string): string {
  // NFKD splits Hangul syllables into letters, which are not marks; NFC puts them together again.
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase();
}

/**
 * Takes off English endings, lightly: plurals (the S-stemmer of Harman, "How effective is suffixing?", 1991),
 * then -ing and -ed where a vowel is left, then a final e, so that parse, parses, parsed and parsing meet; and what
 * ends in -ation becomes what its verb becomes, so that migrate and migration do.
 * Both sides of a search go through it, so what it makes need not be a word; short words stay as they are, because
 * there an ending is as likely part of the word (embed, king).
 */
export function stem(word: string): string {
  return /^[a-z]{4,}$/.test(word) ? withoutFinalE(verbOf(withoutVerbEnding(singular(word)))) : word;
}

const MAX_WORD_LENGTH = 32;

// "c++", "c#" and "f#" are languages; a plus or hash behind a longer word is punctuation.
const TOKEN = /(?<![\p{L}\p{N}])[a-z](?:\+\+|#)|[\p{L}\p{N}]+/gu;

// Scripts that are written without spaces, and Hangul, whose particles stick to the word.
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const CJK_STRETCH =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+/gu;

function cjkWords(token: string): readonly string[] {
  const words: string[] = [];
  for (const [stretch] of token.matchAll(CJK_STRETCH)) {
    const characters = Array.from(stretch);
    if (!CJK.test(stretch)) words.push(stem(stretch).slice(0, MAX_WORD_LENGTH));
    else if (characters.length === 1) words.push(stretch);
    else
      for (let index = 1; index < characters.length; index++)
        words.push(characters.slice(index - 1, index + 1).join(''));
  }
  return words;
}

function singular(word: string): string {
  // Of pies and ties the e is part of the word.
  if (/..(?<![ae])ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?<![aeo])es$/.test(word)) return word.slice(0, -1);
  if (/(?<![us])s$/.test(word)) return word.slice(0, -1);
  return word;
}

function withoutVerbEnding(word: string): string {
  const base = /^(.*[aeiouy].*)(?:ing|ed)$/.exec(word)?.[1];
  if (base === undefined || base.length < 4) return word;
  // Doubled by the ending (embedded, running), except where the verb itself ends so (process, fill, buzz).
  return /([^aeioulsz])\1$/.test(base) ? base.slice(0, -1) : base;
}

function verbOf(word: string): string {
  const base = /^(.{3,})ation$/.exec(word)?.[1];
  if (base === undefined) return word;
  return base.endsWith('iz') ? base : `${base}at`;
}

function withoutFinalE(word: string): string {
  return /..[^e]e$/.test(word) ? word.slice(0, -1) : word;
}
