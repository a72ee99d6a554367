/** Scripts with letters that look like Latin ones. */
const LOOKALIKE =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;
const LATIN = /\p{Script=Latin}/u;

/**
 * Why a name could be taken for another one, as the end of a sentence; undefined when it is what it looks like. A
 * word of one script is somebody's language; one of two is hardly ever (Unicode Technical Standard 39, §5.1). Letters
 * in fancy forms are ordinary ones to whoever reads them, and not to whoever searches.
 */
export function confusableBecause(name: string): string | undefined {
  for (const [word] of name.matchAll(/\p{L}[\p{L}\p{M}]*/gu)) {
    if (LATIN.test(word) && LOOKALIKE.test(word)) return 'mixes letters of different scripts in one word';
    const letters = word.match(/[^\p{ASCII}\p{M}]/gu) ?? [];
    const isFancy = letters.some((letter) => /^[A-Za-z]+$/.test(letter.normalize('NFKC')));
    if (isFancy) return 'has letters in another form';
  }
  return undefined;
}
