import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import { createTemplateFiles } from '../../io/template-files.ts';
import { customSection } from '../archives/wasm-section.ts';
import { sha256 } from '../digest.ts';
import { valueOf } from '../finding.ts';
import { type Manifest, readManifest } from '../formats/manifest.ts';
import { readCases } from '../formats/plugin-case.ts';
import { pluginName } from '../plugin-name.ts';
import { exampleModule } from '../scanning/wasm-example.ts';
import { AUTHOR_MANIFEST } from './author-manifest.ts';
import { filesInModule } from './carried-files.ts';
import { answerFault, CaseHost } from './judge-answer.ts';
import { newPluginFiles } from './new-plugin.ts';
import { packPlugin } from './pack-plugin.ts';
import type { PluginFile } from './ports.ts';
import { recipeOf } from './recipe.ts';
import { sameJson } from './same-json.ts';
import { TEMPLATE_NAMES } from './template-names.ts';
import { fillTemplate } from './templates.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const file = (path: string, text = path): PluginFile => ({ path, kind: 'file', bytes: encode(text) });

function manifestOf(more = '', tier = 'wasm'): { manifest: Manifest; manifestBytes: Uint8Array } {
  const toml = `[plugin]\nname = "specimen"\nversion = "1.2.0"\ndescription = "A plugin of a test"\n[security]\ntier = "${tier}"\n${more}`;
  const manifestBytes = encode(toml);
  return { manifestBytes, manifest: valueOf(readManifest(manifestBytes, AUTHOR_MANIFEST)) };
}

const CATEGORIES = [
  'query-extensions',
  'context-generators',
  'visualizers',
  'integrations',
  'executors',
  'other',
];

describe.each(TEMPLATE_NAMES)('the template %s', (template) => {
  it.each(CATEGORIES)('makes a complete plugin of the category %s', async (category) => {
    const { read } = createTemplateFiles();
    const plugin = { name: pluginName('graph-lens'), template, category, author: 'A "quoted" author' };
    const files = await newPluginFiles(plugin, read);
    expect([...files.values()].join('').replaceAll('${{ github.token }}', '')).not.toMatch(
      /\{\{\s*\w+\s*\}\}/,
    );
    const manifest = valueOf(readManifest(encode(files.get(AUTHOR_MANIFEST) ?? ''), AUTHOR_MANIFEST));
    expect(manifest).toMatchObject({
      name: 'graph-lens',
      category,
      authors: [{ name: 'A "quoted" author' }],
    });
    const paths = [...files.keys()];
    expect(recipeOf(manifest, paths).title).toBe(template);
    expect(paths).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', '.gitignore', '.github/workflows/release.yml']),
    );
    const cases = paths
      .filter((path) => /^(tests|bench)\//.test(path))
      .flatMap((path) =>
        valueOf(readCases(encode(files.get(path) ?? ''), path, { mustExpect: path.startsWith('t') })),
      );
    expect(cases).toHaveLength(3);
    expect(cases.every(({ command }) => manifest.provides.commands.includes(command))).toBe(true);
  });

  it('pins every action of its workflow by a commit, and puts nothing of an event into a script', async () => {
    const plugin = { name: pluginName('graph-lens'), template, category: 'executors', author: 'me' };
    const files = await newPluginFiles(plugin, createTemplateFiles().read);
    const workflow = files.get('.github/workflows/release.yml') ?? '';
    const uses = [...workflow.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    expect(uses).toHaveLength(4);
    for (const action of uses) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d/);
    expect(workflow).not.toMatch(/run:.*\$\{\{/);
    expect(workflow).toMatch(/^permissions: \{\}$/m);
    expect(workflow).toMatch(/timeout-minutes: \d+/);
  });
});

it('leaves blanks that nothing fills, such as expressions of workflows', () => {
  expect(fillTemplate('{{a}} ${{ a }} {{b}} {{toString}}', { a: '1' })).toBe('1 ${{ a }} {{b}} {{toString}}');
});

describe('a recipe', () => {
  it.each([
    [['specimen.ts', 'specimen.js'], 'assemblyscript', 'plugin.wasm'],
    [['specimen.c'], 'c', 'plugin.wasm'],
    [['specimen.rs'], 'rust', 'plugin.wasm'],
    [['specimen.js', 'plugin.wasm'], 'javascript', 'specimen.js'],
    [['plugin.wasm'], '[build]', 'plugin.wasm'],
  ])('of %j is %s and makes %s', (files, title, output) => {
    expect(recipeOf(manifestOf().manifest, files)).toMatchObject({ title, output });
  });

  it('is that of the manifest where it has one', () => {
    const { manifest } = manifestOf('[build]\ncommand = ["make", "all"]\noutput = "out/x.wasm"');
    expect(recipeOf(manifest, ['specimen.ts'])).toMatchObject({
      title: '[build]',
      output: 'out/x.wasm',
      tool: { names: ['make'], args: ['all'] },
    });
  });

  it('takes only sources of its tier, and says which there could be', () => {
    expect(recipeOf(manifestOf('', 'native').manifest, ['specimen.mjs', 'specimen.js']).output).toBe(
      'specimen.mjs',
    );
    expect(() => recipeOf(manifestOf().manifest, ['specimen.mjs', 'other.ts'])).toThrow(
      'There is no source of specimen: none of "specimen.ts", "specimen.c", "specimen.rs", "specimen.js".',
    );
  });
});

describe('a packed plugin', () => {
  it('is a bare module that carries the exact manifest, and still compiles', async () => {
    const entry = { path: 'plugin.wasm', bytes: await assemble(exampleModule()) };
    const { manifest, manifestBytes } = manifestOf();
    const packed = packPlugin({ manifest, manifestBytes, entry, files: [file('README.md')] });
    expect(packed).toMatchObject({ file: 'specimen-1.2.0.wasm', kind: 'wasm' });
    expect(customSection(packed.bytes, AUTHOR_MANIFEST, 'it')).toEqual(manifestBytes);
    expect(WebAssembly.validate(Buffer.from(packed.bytes))).toBe(true);
  });

  it('is an archive when files belong to it, with the same bytes whatever the order of the files', async () => {
    const entry = { path: 'out/specimen.wasm', bytes: await assemble(exampleModule()) };
    const plugin = manifestOf('[config]\nschema = "config.json"');
    const files = ['LICENSE', 'config.json', 'specimen.ts', 'tests/a.json'].map((path) => file(path));
    const packed = packPlugin({ ...plugin, entry, files });
    expect(packed).toMatchObject({ file: 'specimen-1.2.0.tar.gz', kind: 'archive', entry: 'plugin.wasm' });
    expect(sha256(packPlugin({ ...plugin, entry, files: files.toReversed() }).bytes)).toBe(
      sha256(packed.bytes),
    );
    expect(sha256(packPlugin({ ...plugin, entry, files: files.slice(0, 2) }).bytes)).toBe(
      sha256(packed.bytes),
    );
    expect(sha256(packPlugin({ ...plugin, entry, files: files.slice(1) }).bytes)).not.toBe(
      sha256(packed.bytes),
    );
  });

  it('of the native tier has every file but its tests', () => {
    const plugin = manifestOf('', 'native');
    const entry = { path: 'specimen.mjs', bytes: encode('x') };
    const pack = (...paths: string[]) =>
      sha256(packPlugin({ ...plugin, entry, files: paths.map((path) => file(path)) }).bytes);
    expect(pack('lib/a.mjs', 'tests/a.json', 'bench/b.json')).toBe(pack('lib/a.mjs'));
    expect(pack('lib/a.mjs')).not.toBe(pack());
  });

  it('takes along the cases of the suites that its manifest names, also inside of a module', async () => {
    const files = [file('tests/a.json'), file('tests/run.sh'), file('bench/b.json')];
    const module = { path: 'plugin.wasm', bytes: await assemble(exampleModule()) };
    const named = manifestOf('[testing]\ntest_suite = "tests/"');
    const packed = packPlugin({ ...named, entry: module, files });
    expect(packed.kind).toBe('wasm');
    expect(filesInModule(packed.bytes, 'it').map(({ path }) => path)).toEqual([
      AUTHOR_MANIFEST,
      'tests/a.json',
    ]);
    const script = { path: 'specimen.js', bytes: encode('x') };
    const pack = (more: readonly PluginFile[]) =>
      sha256(packPlugin({ ...named, entry: script, files: more }).bytes);
    expect(pack(files)).toBe(pack([file('tests/a.json')]));
    expect(pack(files)).not.toBe(pack([]));
  });
});

describe('cases', () => {
  const read = (value: unknown, mustExpect = true) =>
    readCases(encode(JSON.stringify(value)), 'tests/first.json', { mustExpect });

  it('are one, or a list, each with a name', () => {
    const one = { command: 'run', input: 1, expect: null };
    expect(valueOf(read(one))).toMatchObject([
      { name: 'first', expectation: { kind: 'value', value: null } },
    ]);
    expect(valueOf(read([one, { ...one, name: 'named' }])).map(({ name }) => name)).toEqual([
      'first 1',
      'named',
    ]);
    expect(valueOf(read([]))).toEqual([]);
  });

  it.each([
    [[{ command: 'run', input: 1, expect: 1 }, { command: 'run' }], 'missing-key'],
    [[{ command: 'run', input: 1, expects: 1 }], 'unknown-key'],
    [{ command: 'run', input: 1 }, 'case-expectation'],
    [{ command: 'run', input: 1, expect: 1, error: 'E' }, 'case-expectation'],
    ['run', 'wrong-type'],
  ])('%j is refused', (value, rule) => {
    const { value: none, findings } = read(value);
    expect(none).toBeUndefined();
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  it('need not expect anything where they are only measured', () => {
    expect(valueOf(read({ command: 'run', input: 1 }, false))).toMatchObject([
      { expectation: { kind: 'any' } },
    ]);
  });

  it('are at the place that a finding names', () => {
    const bytes = encode(
      '[\n  {"command": "run", "input": 1, "expect": 1},\n  {"command": "run", "input": 1}\n]',
    );
    const { findings } = readCases(bytes, 'tests/a.json', { mustExpect: true });
    expect(findings).toMatchObject([{ place: { file: 'tests/a.json', line: 3, column: 3 } }]);
  });
});

describe('answers', () => {
  it('are compared as JSON, regardless of the order of keys', () => {
    const reversed = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(reversed);
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, each]) => [key, reversed(each)]),
      );
    };
    assert(
      property(jsonValue(), jsonValue(), (a, b) => {
        const [left, right] = [
          JSON.parse(JSON.stringify(a)) as unknown,
          JSON.parse(JSON.stringify(b)) as unknown,
        ];
        expect(sameJson(left, reversed(left))).toBe(true);
        expect(sameJson(left, [left])).toBe(false);
        expect(sameJson(left, right)).toBe(sameJson(right, left));
      }),
      { seed: 17, numRuns: 200 },
    );
    expect(sameJson({ a: undefined }, { b: undefined })).toBe(false);
    expect(sameJson([1, 2], [2, 1])).toBe(false);
  });

  it('that differ are told with both values', () => {
    const expectation = { kind: 'value', value: { a: 1 } } as const;
    expect(answerFault(expectation, { kind: 'value', value: { a: 2 } })).toBe(
      String.raw`"{\"a\":1}" was expected, but it answered "{\"a\":2}".`,
    );
    expect(
      answerFault({ kind: 'error', code: 'NO' }, { kind: 'error', code: 'NO', message: '' }),
    ).toBeUndefined();
    expect(answerFault({ kind: 'error', code: 'NO' }, { kind: 'error', code: 'YES', message: 'm' })).toMatch(
      /"YES"/,
    );
  });

  it('of the host come in turn, and then an error', () => {
    const host = new CaseHost();
    const replies = { 'query.run': [{ ok: 1 }, { error: { code: 'E', message: 'm' } }] };
    for (const _ of [1, 2]) {
      host.serve({ host: replies });
      expect([1, 2, 3].map(() => host.answer('query.run'))).toMatchObject([
        { ok: 1 },
        { error: { code: 'E' } },
        { error: { code: 'UNEXPECTED' } },
      ]);
    }
  });
});
