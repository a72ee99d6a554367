import { describe, expect, it } from 'vitest';
import { attestation, bundleBytes, workflowIdentity } from '../../../test/support/attestation.ts';
import { assemble } from '../../../test/support/runner-world.ts';
import { faultsOf, only, saidOf } from '../../../test/support/said-of-release.ts';
import {
  type ChangeDraft,
  type Replacements,
  submittedChange,
} from '../../../test/support/submitted-change.ts';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { exampleModule } from '../scanning/wasm-example.ts';
import { CONTENT_RULES } from './content-rules.ts';

const URL = 'url = ';

describe('clean-text', () => {
  it.each([
    ['a character that reorders text', { 'README.md': '# lens \u202e' }],
    ['a character that nobody sees', { 'plugin.js': 'export const a = "\u200b";' }],
  ])('finds %s', async (_, files) => {
    expect(await saidOf({ files })).toEqual(
      only('clean-text', 'error', /in "graph-lens-1\.2\.0\.tar\.gz", line 1: .*hides or reorders/, URL),
    );
  });

  it.each([
    [
      'an author',
      [['author = "Dana"', 'author = "D\u0430na"']],
      /mixes letters of different scripts/,
      'author',
    ],
    ['a display name', [['author', 'display_name = "Gr\u03b1ph"\nauthor']], /mixes letters/, 'display_name'],
    [
      'a keyword',
      [['author', 'keywords = ["ok", "\u{1d41e}ye"]\nauthor']],
      /letters in another form/,
      'keywords',
    ],
  ] as const)('finds the name of %s that looks like another one', async (_, toml, message, line) => {
    expect(await saidOf({ toml })).toEqual(only('clean-text', 'error', message, line));
  });

  it('finds such names in plugin.toml and of owners', async () => {
    expect(await saidOf({ plugin: { displayName: 'Lens\u0435' } })).toEqual(
      only('clean-text', 'error', /mixes/, '[plugin]'),
    );
    const about = { displayName: 'D\u0430na', repositories: ['https://git.example.org/dana/'] };
    expect(await saidOf({ owner: { about } })).toEqual(only('clean-text', 'error', /mixes/, '[plugin]'));
  });

  it('takes names of other languages, also beside Latin ones', async () => {
    const names = '["Дана Lens", "Δάφνη", "グラフlens", "Zoë Łukasz", "한국어"]';
    expect(await faultsOf({ toml: [['author = "Dana"', `author = ${names}`]] })).toEqual([]);
  });
});

describe('the security scan', () => {
  it.each([
    ['eval', 'export const run = (x) => eval(x);', 'dynamic-code'],
    ['new Function', 'export const run = (x) => new Function(x)();', 'dynamic-code'],
    [
      'SQL made of templates',
      'export const run = (db, x) => db.query(`SELECT a FROM b WHERE c = ${x}`);',
      'sql-concatenation',
    ],
  ])('finds %s', async (_, code, rule) => {
    const files = { 'plugin.js': code };
    const [fault, ...rest] = await faultsOf({ files });
    expect(rest).toEqual([]);
    expect(fault).toMatchObject({ rule: 'security-findings', severity: 'error' });
    expect(fault?.message).toContain('"plugin.js" in "graph-lens-1.2.0.tar.gz", line 1: ');
    expect(fault?.message).toContain(`(${rule})`);
  });

  it('warns of what is only doubtful', async () => {
    const files = { 'plugin.js': 'export const load = (name) => import(name);' };
    expect(await saidOf({ files })).toEqual(only('security-findings', 'warning', /\(dynamic-import\)/, URL));
  });

  it('finds a module beside the one that is loaded, which asks for what is not declared', async () => {
    const other = await assemble(exampleModule('(import "query" "run" (func (param i32 i32) (result i64)))'));
    const found = await faultsOf({ files: { 'other.wasm': other } });
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([['security-gate', 'error']]);
    expect(found[0]?.message).toContain('"other.wasm"');
  });

  it('lets nobody waive what is critical', async () => {
    const change = await submittedChange();
    const [release] = change.plugins[0]?.releases ?? [];
    const gate = CONTENT_RULES.find(({ id }) => id === 'security-gate');
    const link = { path: 'data', kind: 'link' as const, bytes: new Uint8Array() };
    const artifacts = release?.artifacts.map((one) => ({ ...one, files: [...(one.files ?? []), link] }));
    const plugins = change.plugins.map((plugin) => ({
      ...plugin,
      releases: plugin.releases.map((one) => ({ ...one, artifacts: artifacts ?? [] })),
    }));
    expect(gate?.waivable).toBe(false);
    expect(await gate?.judge({ ...change, plugins })).toEqual([
      expect.objectContaining({ severity: 'error', message: expect.stringContaining('"data"') }),
    ]);
    expect(await gate?.judge(change)).toEqual([]);
  });
});

describe('provenance', () => {
  const line = 'attestation = "https://git.example.org/attestation.json"';
  const published: Replacements = [['size = 1000\n', `size = 1000\n${line}\n`]];
  const identity = workflowIdentity();
  const bundle = bundleBytes(attestation(identity, { sha256: sha256(new Uint8Array()) }));

  it('takes an attestation that is consistent, and one that nobody fetched', async () => {
    const change = await submittedChange({ published });
    const rule = CONTENT_RULES.find(({ id }) => id === 'provenance');
    const plugins = change.plugins.map((plugin) => ({
      ...plugin,
      releases: plugin.releases.map((release) => ({
        ...release,
        artifacts: release.artifacts.map((one) => ({ ...one, attestation: bundle })),
      })),
    }));
    expect(await rule?.judge({ ...change, plugins })).toEqual([]);
    expect(await rule?.judge(change)).toEqual([]);
  });

  it('finds one that is about something else, and one that cannot be fetched', async () => {
    const wrong = bundleBytes(attestation(identity, { sha256: sha256(Uint8Array.of(1)) }));
    const gone = new SheafError('SHEAF_NETWORK', 'git.example.org does not have it.');
    for (const [found, message] of [
      [wrong, /is not consistent with the release: The attestation is about other files/],
      [gone, /git\.example\.org does not have it/],
    ] as const) {
      const draft: ChangeDraft = { published, examined: { attestation: found, files: undefined } };
      expect(await saidOf(draft)).toEqual(only('provenance', 'error', message, line));
    }
  });

  it('finds one of a release that does not name its source', async () => {
    const source: Replacements = [
      ['[source]\nrepository = "https://git.example.org/dana/graph-lens"\n', ''],
      ['commit = "0123456789abcdef0123456789abcdef01234567"\n', ''],
    ];
    const draft: ChangeDraft = { published: [...published, ...source] };
    expect(await saidOf(draft)).toEqual(only('provenance', 'error', /does not say from which source/, line));
  });
});
