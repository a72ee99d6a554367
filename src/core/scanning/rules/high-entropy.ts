import type { ScanRule } from '../scan-rule.ts';
import { matchesInTexts } from '../subject.ts';

/** Text in quotes that could be a key, or code in another form. Digests have hexadecimal digits only. */
const CANDIDATE = /(["'`])([A-Za-z0-9+/_-]{40,}={0,2})\1/g;
const HEX = /^[0-9a-f]+$/i;
/** A digest as web pages and lock files state it (Subresource Integrity §3.1). */
const INTEGRITY = /^sha(?:256|384|512)-/;
/** Bits a character: random base64 of this length has more than 4.7, names and paths have less than 4.2. */
const BITS = 4.5;

/** Random text is a secret that no pattern knows, or something packed. */
export const highEntropy: ScanRule = {
  id: 'high-entropy',
  level: 'low',
  title: 'a file contains a long text that looks random',
  fix: 'Keep data in a file of its own, and secrets out of the plugin.',
  vulnerable: {
    files: { 'plugin.js': 'export const key = "q8Zt1Lw0XvB3nR7yKc5UjE2sGh9DfA4mPoTi6WxVbNzQkYrq8xB";' },
  },
  clean: {
    files: {
      'plugin.js': `export const digest = "${'0123456789abcdef'.repeat(4)}", name = "${'a-very-long-name-'.repeat(4)}",
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";`,
    },
  },
  find: ({ texts }) =>
    matchesInTexts(texts, CANDIDATE, ([, , text = '']) =>
      !HEX.test(text) && !INTEGRITY.test(text) && !isAlphabet(text) && entropy(text) > BITS
        ? `A text of ${text.length} characters looks random.`
        : undefined,
    ),
};

/** Each character once: the 64 digits of base64, which every encoder contains. */
function isAlphabet(text: string): boolean {
  return new Set(text).size === text.length;
}

/** Shannon's entropy of the characters, in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce(
    (bits, count) => bits - (count / text.length) * Math.log2(count / text.length),
    0,
  );
}
