import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { checkSchema, formatPath } from './schema-check.ts';
import { parseToml } from './toml-document.ts';

const check = (schema: object, text: string) => {
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    verbose: true,
    inlineRefs: false,
  });
  const document = parseToml(new TextEncoder().encode(text), 'x.toml').value!;
  return checkSchema(document, ajv.compile(schema));
};
const property = (schema: object) => ({
  type: 'object',
  additionalProperties: false,
  properties: { key: { description: 'the right thing', ...schema } },
});

describe('findings', () => {
  it.each<[string, object, string, string, string, string]>([
    [
      'a wrong type',
      { type: 'integer' },
      '"7"',
      'wrong-type',
      'key is the text "7", but must be a whole number.',
      'What belongs here: the right thing.',
    ],
    [
      'one of several types',
      { type: ['string', 'array'] },
      '7',
      'wrong-type',
      'key is 7, but must be text in quotes or a list.',
      'What belongs here: the right thing.',
    ],
    [
      'a table for text',
      { type: 'string' },
      '{ a = 1 }',
      'wrong-type',
      'key is a table, but must be text in quotes.',
      'What belongs here: the right thing.',
    ],
    [
      'a bad choice',
      { type: 'string', enum: ['low', 'high'] },
      '"hihg"',
      'bad-choice',
      'key is "hihg", but must be one of "low", "high".',
      'Write "high".',
    ],
    [
      'a far choice',
      { type: 'string', enum: ['low', 'high'] },
      '"other"',
      'bad-choice',
      'key is "other", but must be one of "low", "high".',
      'Write one of "low", "high".',
    ],
    [
      'a constant',
      { type: 'string', const: 'SEMVER' },
      '"x"',
      'bad-choice',
      'key is "x", but must be "SEMVER".',
      'Write "SEMVER".',
    ],
    [
      'a pattern',
      { type: 'string', pattern: '^a$' },
      '"b"',
      'bad-value',
      'key is "b", which has not the form it needs.',
      'What belongs here: the right thing.',
    ],
    [
      'too long a text',
      { type: 'string', maxLength: 2 },
      '"abc"',
      'too-long',
      'key has more than 2 characters.',
      'Shorten it to 2 characters.',
    ],
    [
      'too short a text',
      { type: 'string', minLength: 1 },
      '""',
      'too-short',
      'key is shorter than 1 character.',
      'What belongs here: the right thing.',
    ],
    [
      'too small a number',
      { type: 'integer', minimum: 1 },
      '0',
      'out-of-range',
      'key is 0, but must be >= 1.',
      'What belongs here: the right thing.',
    ],
    [
      'too long a list',
      { type: 'array', maxItems: 1 },
      '[1, 2]',
      'too-many',
      'key has more than 1 entry.',
      'Keep at most 1.',
    ],
    [
      'too short a list',
      { type: 'array', minItems: 1 },
      '[]',
      'too-few',
      'key has fewer than 1 entry.',
      'What belongs here: the right thing.',
    ],
    [
      'equal entries',
      { type: 'array', uniqueItems: true, items: { type: 'string' } },
      '["a", "b", "a"]',
      'duplicate-entry',
      'key has the same entry twice, at positions 1 and 3.',
      'Keep one of them.',
    ],
  ])('of %s', (_, schema, value, rule, message, fix) => {
    expect(check(property(schema), `\nkey = ${value}\n`)).toEqual([
      { rule, severity: 'error', place: { file: 'x.toml', line: 2, column: 1 }, message, fix },
    ]);
  });

  it('of an unknown key say what was probably meant, or what is allowed', () => {
    expect(check(property({ type: 'string' }), 'kye = 1')[0]).toMatchObject({
      message: 'The key "kye" is not known. Did you mean "key"?',
      fix: 'Write key instead of "kye".',
    });
    expect(check(property({ type: 'string' }), 'other = 1')[0]?.fix).toBe('Remove it; allowed here: key.');
  });

  it('of several missing keys name each', () => {
    const schema = { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] };
    expect(check(schema, 'c = 1').map(({ message }) => message)).toEqual([
      'The file lacks the key "a".',
      'The file lacks the key "b".',
    ]);
  });

  it('of a key that another key needs', () => {
    const schema = { type: 'object', dependentRequired: { a: ['b'] } };
    expect(check(schema, 'a = 1')[0]?.message).toBe('The file lacks the key "b", which "a" needs.');
  });

  it('of a choice of forms name the form that was meant, or the choice', () => {
    const schema = property({
      anyOf: [{ type: 'string' }, { type: 'object', properties: { id: { type: 'string' } } }],
    });
    expect(check(schema, 'key = { id = 1 }').map(({ message }) => message)).toEqual([
      'key.id is 1, but must be text in quotes.',
    ]);
    expect(check(schema, 'key = 1').map(({ rule }) => rule)).toEqual(['bad-value']);
  });

  it('of a name of a key point at the key', () => {
    const schema = { type: 'object', propertyNames: { pattern: '^[a-z]+$', description: 'small letters' } };
    expect(check(schema, 'a = 1\n"B B" = 2')).toEqual([
      {
        rule: 'bad-key',
        severity: 'error',
        place: { file: 'x.toml', line: 2, column: 1 },
        message: 'The key "B B" has not the form it needs.',
        fix: 'What belongs here: small letters.',
      },
    ]);
  });

  it('of a condition do not repeat the condition', () => {
    const schema = JSON.parse(`{
      "type": "object",
      "properties": { "a": {}, "b": {} },
      "if": { "properties": { "a": { "const": 1 } } },
      "then": { "properties": { "b": { "const": 2 } } }
    }`);
    expect(check(schema, 'a = 1\nb = 1').map(({ rule }) => rule)).toEqual(['bad-choice']);
  });

  it('of a key that another schema judges point at the key, once', () => {
    const schema = {
      type: 'object',
      propertyNames: { $ref: '#/$defs/small' },
      $defs: { small: { type: 'string', pattern: '^[a-z]+$', maxLength: 2, description: 'small letters' } },
    };
    expect(check(schema, 'a = "BBB"\n"BBB" = 2')).toEqual([
      {
        rule: 'bad-key',
        severity: 'error',
        place: { file: 'x.toml', line: 2, column: 1 },
        message: 'The key "BBB" has not the form it needs.',
        fix: 'What belongs here: small letters.',
      },
    ]);
  });

  it('find keys with slashes and tildes', () => {
    const schema = { type: 'object', additionalProperties: { type: 'string' } };
    expect(check(schema, 'ok = "x"\n"a/b~c" = 1')[0]).toMatchObject({
      place: { line: 2, column: 1 },
      message: '"a/b~c" is 1, but must be text in quotes.',
    });
  });
});

it('names paths as people write them', () => {
  expect(formatPath(['artifact', 0, 'url'])).toBe('artifact[0].url');
  expect(formatPath(['bin', 'a b'])).toBe('bin."a b"');
  expect(formatPath([])).toBe('the file');
});
