import * as fc from 'fast-check';
import { stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import type { Path } from './source-text.ts';
import { parseToml } from './toml-document.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseToml(encode(text), 'x.toml');
const only = (text: string) => {
  const { value, findings } = parse(text);
  expect(value).toBeUndefined();
  expect(findings).toHaveLength(1);
  return findings[0]!;
};
const at = (text: string, path: Path): [number | undefined, number | undefined] => {
  const place = parse(text).value!.place(path);
  return [place.line, place.column];
};

/** The paths of all keys of tables, at any depth; list elements have no name to look for. */
function keyPaths(node: unknown, path: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [];
  const paths: Path[] = [];
  for (const [key, inner] of Object.entries(node)) {
    if (!Array.isArray(node)) paths.push([...path, key]);
    paths.push(...keyPaths(inner, [...path, key]));
  }
  return paths;
}

describe('places', () => {
  const text = [
    'title = "a"', // 1
    'a.b.c = 1', // 2
    '', // 3
    '# [comment]', // 4
    '[plugin]', // 5
    'name = "x" # name = 2', // 6
    '  "quoted key" = """', // 7
    '[not.a.table]', // 8
    'name = 1 \\""" ""', // 9
    '"""', // 10
    'list = [ "a", [1, 2], { x = 1, y.z = 2 } ]', // 11
    "literal.'a.b' = 'C:\\'", // 12
    '[plugin.deep.table]', // 13
    'when = 1979-05-27 07:32:00Z', // 14
    'after = true', // 15
    '[[artifact]]', // 16
    'url = "1"', // 17
    '[[artifact.files]]', // 18
    'from = "f0"', // 19
    '[[ artifact . files ]]', // 20
    'from = "f1"', // 21
    '[[artifact]]', // 22
    'url = "2"', // 23
    '[artifact.extra]', // 24
    'k = [', // 25
    '  1, # one', // 26
    '  2,', // 27
    ']', // 28
  ].join('\n');

  it.each<[Path, number, number]>([
    [[], 1, 1],
    [['title'], 1, 1],
    [['a'], 2, 1],
    [['a', 'b', 'c'], 2, 5],
    [['plugin'], 5, 2],
    [['plugin', 'name'], 6, 1],
    [['plugin', 'quoted key'], 7, 3],
    [['plugin', 'list'], 11, 1],
    [['plugin', 'list', 0], 11, 10],
    [['plugin', 'list', 1], 11, 15],
    [['plugin', 'list', 1, 1], 11, 19],
    [['plugin', 'list', 2, 'x'], 11, 25],
    [['plugin', 'list', '2', 'y', 'z'], 11, 34],
    [['plugin', 'literal', 'a.b'], 12, 9],
    [['plugin', 'deep', 'table'], 13, 14],
    [['plugin', 'deep', 'table', 'after'], 15, 1],
    [['artifact'], 16, 3],
    [['artifact', 0, 'url'], 17, 1],
    [['artifact', 0, 'files', 1], 20, 15],
    [['artifact', 0, 'files', 1, 'from'], 21, 1],
    [['artifact', 1], 22, 3],
    [['artifact', 1, 'url'], 23, 1],
    [['artifact', 1, 'extra', 'k', 1], 27, 3],
    [['artifact', 1, 'missing', 'deeper'], 22, 3],
  ])('finds %j at %i:%i', (path, line, column) => {
    expect(at(text, path)).toEqual([line, column]);
  });

  it('finds a table whose members were seen before its own heading', () => {
    expect(at('[a.b]\nx = 1\n[a]\ny = 2', ['a'])).toEqual([3, 2]);
  });

  it('finds keys behind escapes in quoted keys', () => {
    expect(at('"a\\u0062\\"" = 1\n', ['ab"'])).toEqual([1, 1]);
  });

  it('finds every key of every document that the writer can print', () => {
    // Keys such as "constructor" are refused, and then there is nothing to find.
    const key = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 6 });
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.integer(), fc.boolean(), fc.constant(1.5)),
      tree: fc.dictionary(
        key,
        fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('tree'), fc.array(tie('leaf')), fc.array(tie('tree'))),
        { maxKeys: 4 },
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const source = stringify(value);
        const lines = source.split('\n');
        const document = parse(source).value;
        const misplaced = keyPaths(document?.value).filter((path) => {
          const { line, column } = document!.place(path);
          const rest = lines[line! - 1]!.slice(column! - 1);
          const name = String(path.at(-1));
          return !rest.startsWith(name) && !rest.startsWith(JSON.stringify(name));
        });
        expect(misplaced).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what is refused', () => {
  it('names line and column of a syntax error', () => {
    const finding = only('a = 1\nb = \n');
    expect(finding).toMatchObject({ rule: 'toml-syntax', place: { file: 'x.toml', line: 2, column: 5 } });
    expect(finding.message).not.toContain('\n');
    expect(finding.fix).toBeDefined();
  });

  it('refuses a key that is defined twice', () => {
    expect(only('[a]\nx = 1\nx = 2\n')).toMatchObject({
      rule: 'duplicate-key',
      place: { line: 3, column: 1 },
    });
  });

  it.each(['__proto__', 'constructor'])('refuses the key %s at any depth', (key) => {
    expect(only(`a = 1\n[${key}]\npolluted = true\n`)).toMatchObject({
      rule: 'unsafe-key',
      place: { line: 2 },
    });
    expect(only(`x = { ${key} = { polluted = true } }`)).toMatchObject({ rule: 'unsafe-key' });
    expect(only(`"${key}" = 1`)).toMatchObject({ rule: 'unsafe-key' });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('refuses a byte order mark', () => {
    expect(only('\ufeffa = 1')).toMatchObject({ rule: 'byte-order-mark', place: { line: 1, column: 1 } });
  });

  it('refuses carriage returns, because signatures cover exact bytes', () => {
    expect(only('a = 1\r\nb = 2\r\n')).toMatchObject({ rule: 'line-ends', place: { line: 1, column: 6 } });
  });

  it.each<[number[], number, number]>([
    [[0xff], 1, 1],
    [[0x61, 0x0a, 0x62, 0xc3, 0x28], 2, 2],
    [[0x61, 0x0a, 0xed, 0xa0, 0x80], 2, 1],
    [[0x61, 0xe2, 0x82], 1, 2],
  ])('finds where bytes stop being UTF-8: %j', (bytes, line, column) => {
    const { value, findings } = parseToml(Uint8Array.from(bytes), 'x.toml');
    expect(value).toBeUndefined();
    expect(findings).toMatchObject([{ rule: 'utf-8', place: { line, column } }]);
  });

  it.each([
    ['an escape character', 'a = 1\nname = "\u001b[31mred"', 2, 9],
    ['a bidi override', 'name = "ab\u202Ecd"', 1, 11],
    ['a zero-width space in a comment', '# a\u200bb\nx = 1', 1, 4],
    ['a line separator', 'x = "a\u2028b"', 1, 7],
  ])('refuses %s', (_, text, line, column) => {
    expect(only(text)).toMatchObject({ rule: 'unclean-character', place: { line, column } });
  });

  it.each([
    ['a value', '[a]\nname = "x\\u001b[2J"'],
    ['a list', 'x = ["ok",\n  "\\u202e"]'],
    ['a key', '[a]\n"\\u200b" = 1'],
  ])('refuses an unclean character that is escaped in %s', (_, text) => {
    const finding = only(text);
    expect(finding.rule).toBe('unclean-character');
    expect(finding.place.line).toBe(2);
    expect(finding.message).toMatch(/\\u(001b|202e|200b)/);
  });

  it('refuses more bytes than the bound before decoding them', () => {
    const { findings } = parseToml(encode('a'.repeat(100)), 'x.toml', { maxBytes: 99 });
    expect(findings).toMatchObject([{ rule: 'file-size', place: { file: 'x.toml' } }]);
  });

  it('refuses deep nesting by brackets and by dots', () => {
    expect(only(`a = ${'['.repeat(100_000)}`).rule).toBe('toml-syntax');
    expect(only(`a = ${'{a='.repeat(100)}1${'}'.repeat(100)}`).rule).toBe('toml-syntax');
    const dotted = `${Array.from({ length: 60_000 }, () => 'a').join('.')} = 1`;
    expect(only(dotted).rule).toBe('toml-depth');
    expect(only(`[${Array.from({ length: LIMITS.textFileDepth + 2 }, () => 'a').join('.')}]`).rule).toBe(
      'toml-depth',
    );
  });
});

it('takes multi-line text, tabs and emoji', () => {
  expect(parse('a = """\n\tone 😀\ntwo"""\n').value?.value).toEqual({ a: '\tone 😀\ntwo' });
});

it('hands dates over as text', () => {
  expect(
    parse('a = 2026-11-20T09:30:00Z\nb = [2026-11-20]\nc = 2026-11-20 09:30:00.5+01:00').value?.value,
  ).toEqual({ a: '2026-11-20T09:30:00Z', b: ['2026-11-20'], c: '2026-11-20T09:30:00.500+01:00' });
});
