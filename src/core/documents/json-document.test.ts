import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonDocument } from './json-document.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseJsonDocument(encode(text), 'x.json', { maxBytes: 10_000, maxDepth: 8 });

it('agrees with JSON.parse on every object that it accepts', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }), (value) => {
      const object = { value };
      const { value: document, findings } = parse(JSON.stringify(object, undefined, 1));
      if (findings.some(({ rule }) => rule === 'unclean-character' || rule === 'unsafe-key')) return;
      expect(findings).toEqual([]);
      expect(document?.value).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});

it('finds keys and list elements', () => {
  const document = parse('{\n  "a": [1,\n    {"b": null}]\n}').value;
  expect(document?.place(['a'])).toEqual({ file: 'x.json', line: 2, column: 3 });
  expect(document?.place(['a', 1])).toEqual({ file: 'x.json', line: 3, column: 5 });
  expect(document?.place(['a', 1, 'b'])).toEqual({ file: 'x.json', line: 3, column: 6 });
});

describe('refuses', () => {
  it.each<[string, string, string, number]>([
    ['a key twice, which JSON.parse hides', '{"id": 1, "id": 2}', 'duplicate-key', 11],
    ['a key twice behind an escape', '{"id": 1, "\\u0069d": 2}', 'duplicate-key', 11],
    ['__proto__', '{"__proto__": {"x": 1}}', 'unsafe-key', 2],
    ['constructor', '{"a": {"constructor": 1}}', 'unsafe-key', 8],
    ['an unclean character behind an escape', '{"a": "\\u202e"}', 'unclean-character', 7],
    ['an unclean key', '{"\\u001b": 1}', 'unclean-character', 2],
    ['a trailing comma', '{"a": 1,}', 'json-syntax', 9],
    ['a missing comma', '{"a": 1 "b": 2}', 'json-syntax', 9],
    ['a missing colon', '{"a" 1}', 'json-syntax', 6],
    ['a comment', '{ // x\n}', 'json-syntax', 3],
    ['a bare word', '{"a": yes}', 'json-syntax', 7],
    ['a leading zero', '{"a": 01}', 'json-syntax', 9],
    ['single quotes', "{'a': 1}", 'json-syntax', 2],
    ['an unfinished object', '{"a": 1', 'json-syntax', 8],
    ['text behind the end', '{} {}', 'json-syntax', 4],
    ['another value than an object', '[]', 'wrong-type', 1],
    ['deep nesting', `{"a": ${'['.repeat(9000)}`, 'json-depth', 14],
    ['too many bytes', `{"a": "${'x'.repeat(10_000)}"}`, 'file-size', 0],
  ])('%s', (_, text, rule, column) => {
    const { value, findings } = parse(text);
    expect(value).toBeUndefined();
    expect(findings).toMatchObject([
      { rule, severity: 'error', ...(column > 0 && { place: { line: 1, column } }) },
    ]);
    expect(findings[0]?.message).toMatch(/\.$/);
    expect(findings[0]?.fix).toMatch(/\.$/);
  });
});
