import * as fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { removeTomlValue, setTomlValue, tomlString } from './toml-edit.ts';

describe('setTomlValue', () => {
  it('replaces a value and nothing around it', () => {
    const text = '# head\n[plugins] # ours\n  "graph-lens"  =  "^1.0.0"   # the lens\nother = "*"\n';
    expect(setTomlValue(text, ['plugins', 'graph-lens'], '"^2.0.0"')).toBe(
      '# head\n[plugins] # ours\n  "graph-lens"  =  "^2.0.0"   # the lens\nother = "*"\n',
    );
  });

  it('adds behind the last line of the table, before what follows it', () => {
    const text = '[plugins]\na = """\n[x]\n"""\n\n# about the host\n[host]\nplugins_file = "p.json"\n';
    expect(setTomlValue(text, ['plugins', 'b'], '"1"')).toBe(
      '[plugins]\na = """\n[x]\n"""\nb = "1"\n\n# about the host\n[host]\nplugins_file = "p.json"\n',
    );
  });

  it('adds right below the header of an empty table', () => {
    expect(setTomlValue('[plugins]\n\n[host]\n', ['plugins', 'a'], '1')).toBe('[plugins]\na = 1\n\n[host]\n');
  });

  it('makes the table at the end of the file, after a file without a last line end too', () => {
    expect(setTomlValue('', ['plugins', 'a'], '1')).toBe('[plugins]\na = 1\n');
    expect(setTomlValue('x = 1', ['plugins', 'a'], '1')).toBe('x = 1\n\n[plugins]\na = 1\n');
    expect(setTomlValue('[plugins]', ['plugins', 'a'], '1')).toBe('[plugins]\na = 1\n');
  });

  it('keeps to the style it finds: inline tables, dotted keys, sub-tables', () => {
    expect(setTomlValue('plugins = { a = "1" }\n', ['plugins', 'b'], '2')).toBe(
      'plugins = { a = "1", b = 2 }\n',
    );
    expect(setTomlValue('plugins = {}\n', ['plugins', 'b'], '2')).toBe('plugins = { b = 2 }\n');
    expect(setTomlValue('plugins.a = "1"\n[host]\n', ['plugins', 'b'], '2')).toBe(
      'plugins.a = "1"\nplugins.b = 2\n[host]\n',
    );
    expect(setTomlValue('[plugins.a]\nversion = "1"\n', ['plugins', 'a', 'version'], '"2"')).toBe(
      '[plugins.a]\nversion = "2"\n',
    );
    expect(parse(setTomlValue('[plugins.a]\nversion = "1"\n', ['plugins', 'b'], '"2"'))).toEqual({
      plugins: { a: { version: '1' }, b: '2' },
    });
  });

  it('keeps CRLF line ends', () => {
    expect(setTomlValue('[plugins]\r\na = 1\r\n', ['plugins', 'b'], '2')).toBe(
      '[plugins]\r\na = 1\r\nb = 2\r\n',
    );
  });

  it('is not fooled by brackets, hashes and quotes inside strings', () => {
    const text = `[plugins]\na = "# [plugins] \\" = {"\nb = '''\n[c]\n' = "'''''\nc = ["]", { x = "}" }, 1979-05-27 07:32:00]\nd = 1\n`;
    expect(setTomlValue(text, ['plugins', 'd'], '2')).toBe(text.replace('d = 1', 'd = 2'));
  });

  it('does not take a table inside a list for the table it looks for', () => {
    const text = '[[registry]]\nplugins = { a = 1 }\n[[registry]]\n[registry.plugins]\na = 2\n';
    expect(parse(setTomlValue(text, ['plugins', 'a'], '3'))).toEqual({ ...parse(text), plugins: { a: 3 } });
  });
});

describe('removeTomlValue', () => {
  it('removes the line and leaves comments on other lines', () => {
    const text = '[plugins]\n# why we need a\na = "1" # pinned\nb = "2"\n';
    expect(removeTomlValue(text, ['plugins', 'a'])).toBe('[plugins]\n# why we need a\nb = "2"\n');
  });

  it('removes a member of an inline table with one comma', () => {
    const text = 'plugins = { a = "1", b = "2", c = "3" }\n';
    expect(removeTomlValue(text, ['plugins', 'a'])).toBe('plugins = { b = "2", c = "3" }\n');
    expect(removeTomlValue(text, ['plugins', 'b'])).toBe('plugins = { a = "1", c = "3" }\n');
    expect(removeTomlValue(text, ['plugins', 'c'])).toBe('plugins = { a = "1", b = "2" }\n');
    expect(parse(removeTomlValue('p = { a.x = 1, a.y = 2 }\n', ['p', 'a']))).toEqual({ p: {} });
  });

  it('removes a table with everything below it', () => {
    const text = '[plugins.a]\nversion = "1"\n[plugins.a.more]\nx = 1\n[plugins.ab]\nversion = "2"\n';
    expect(removeTomlValue(text, ['plugins', 'a'])).toBe('[plugins.ab]\nversion = "2"\n');
  });

  it('leaves a text without the value as it is', () => {
    expect(removeTomlValue('[plugins]\nb = 1\n', ['plugins', 'a'])).toBe('[plugins]\nb = 1\n');
  });
});

const print = ({ style, members, noise }: { style: string; members: [string, string][]; noise: string }) => {
  const lines = members.map(([key, value]) => `${tomlString(key)} = ${value}`);
  const after = noise;
  if (style === 'header') return `[plugins]\n${lines.map((line) => `${line} # c\n`).join('')}${after}`;
  if (style === 'dotted') return `${lines.map((line) => `plugins.${line}\n`).join('')}${after}`;
  if (style === 'tables') {
    return `${members.map(([key, value]) => `[plugins.${tomlString(key)}]\nv = ${value}\n`).join('')}${after}`;
  }
  return `plugins = { ${lines.join(' , ')} }\n${after}`;
};

describe('any file', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'ü"', '');
  const scalar = fc.constantFrom(
    '"x"',
    "'#'",
    '1',
    'true',
    '[1, [2, "]"]]',
    '{ k = "v" }',
    '"""\n]"""',
    '1979-05-27 07:32:00Z',
  );
  const style = fc.constantFrom('header', 'dotted', 'inline', 'tables');
  const file = fc.record({
    style,
    members: fc.uniqueArray(fc.tuple(name, scalar), { selector: ([key]) => key, maxLength: 5 }),
    noise: fc.constantFrom('', '# comment\n', '\n', '[other]\nplugins = 1\n'),
  });

  it('has after an edit exactly the one value changed', () => {
    fc.assert(
      fc.property(file, name, scalar, (shape, key, value) => {
        const text = print(shape);
        const before = parse(text);
        const plugins = (before.plugins ?? {}) as Record<string, unknown>;
        const isTable = shape.style === 'tables' && key in plugins;
        const set = parse(setTomlValue(text, isTable ? ['plugins', key, 'v'] : ['plugins', key], value));
        const wanted = parse(`v = ${value}`);
        expect(set).toEqual({ ...before, plugins: { ...plugins, [key]: isTable ? wanted : wanted.v } });

        const { [key]: _, ...others } = plugins;
        const removed = parse(removeTomlValue(text, ['plugins', key]));
        expect(removed.plugins ?? {}).toEqual(others);
        expect({ ...removed, plugins: 0 }).toEqual({ ...before, plugins: 0 });
      }),
      { numRuns: 500 },
    );
  });
});
