import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import type { PluginFile } from '../authoring/ports.ts';
import { defined } from '../defined.ts';
import { valueOf } from '../finding.ts';
import { type Manifest, readManifest } from '../formats/manifest.ts';
import { exampleProgram } from './program-example.ts';
import { SCAN_RULES, SCAN_RULES_VERSION } from './rules.ts';
import type { ScanExample } from './scan-rule.ts';
import { POINTS, scanPlugin } from './score.ts';
import { type ScanSubject, scanSubject } from './subject.ts';

function manifestOf(example: ScanExample): Manifest {
  const toml = `[plugin]\nname = "specimen"\nversion = "1.0.0"\ndescription = "A plugin of a test"\nlicense = "MIT"
[performance]\nmax_memory_mb = 16\n[security]\ntier = "${example.tier ?? 'wasm'}"
capabilities = [${(example.capabilities ?? []).map((id) => `"${id}"`).join(', ')}]
[provides]\ncommands = ["run"]\n[dependencies]\n${Object.entries(example.packages ?? {})
    .map(([name, range]) => `${name} = "${range}"\n`)
    .join('')}`;
  return valueOf(readManifest(new TextEncoder().encode(toml), 'sheaf.plugin.toml'));
}

async function filesOf(example: ScanExample): Promise<readonly PluginFile[]> {
  const files = Object.entries(example.files).map(async ([path, text]): Promise<PluginFile> => {
    if (typeof text !== 'string') return { path, kind: 'file', bytes: text };
    if (!path.endsWith('.wat')) return { path, kind: 'file', bytes: new TextEncoder().encode(text) };
    return { path: path.replace('.wat', '.wasm'), kind: 'file', bytes: await assemble(text) };
  });
  const links = (example.links ?? []).map(
    (path): PluginFile => ({ path, kind: 'link', bytes: new Uint8Array() }),
  );
  return [...(await Promise.all(files)), ...links];
}

async function subjectOf(example: ScanExample): Promise<ScanSubject> {
  const { advisories, platform, digest, malware } = example;
  const context = defined({
    advisories,
    platform,
    digest,
    malware: malware && { program: 'Example 1.0', hits: malware },
  });
  return scanSubject(manifestOf(example), await filesOf(example), context);
}

describe.each(SCAN_RULES)('$id', ({ find, vulnerable, clean }) => {
  it('finds what it is for', async () => {
    expect(find(await subjectOf(vulnerable))).not.toEqual([]);
  });

  it('is silent about what is in order', async () => {
    expect(find(await subjectOf(clean))).toEqual([]);
  });
});

describe('the rule table', () => {
  it('has every id once, and gates before the others', () => {
    const ids = SCAN_RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const levels = SCAN_RULES.map(({ level }) =>
      ['critical', 'high', 'medium', 'low', 'info'].indexOf(level),
    );
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  });
});

describe('a score', () => {
  const LICENSE = 'MIT License';
  const score = async (example: ScanExample) =>
    scanPlugin(manifestOf(example), await filesOf(example), (path) => `draft/${path}`);

  it('is 100 for a plugin without findings', async () => {
    expect(await score({ files: { 'plugin.js': 'export const run = () => 1;', LICENSE } })).toEqual({
      rules: SCAN_RULES_VERSION,
      score: 100,
      coverage: 0.7,
      rejected: false,
      modules: [],
      programs: [],
      findings: [],
    });
  });

  it('deducts each rule once, and says where, what and how to mend it', async () => {
    const report = await score({ files: { 'plugin.js': 'eval(1);\neval(2);\nglobalThis[x];', LICENSE } });
    expect(report.score).toBe(100 - POINTS.high - POINTS.medium);
    expect(report.findings.map(({ rule, points }) => [rule, points])).toEqual([
      ['dynamic-code', 20],
      ['dynamic-code', 0],
      ['computed-global', 8],
    ]);
    expect(report.findings[1]).toMatchObject({
      severity: 'error',
      place: { file: 'draft/plugin.js', line: 2, column: 1 },
      message: 'The script calls eval.',
      fix: expect.stringMatching(/\.$/) as string,
    });
  });

  it.each(['(0, eval)(code)', 'globalThis.eval(code)', 'self["Function"](code)', 'new Function(code)'])(
    'sees through %s',
    async (code) => {
      const { findings } = await score({ files: { 'plugin.js': code, LICENSE } });
      expect(findings.map(({ rule }) => rule)).toEqual(['dynamic-code']);
    },
  );

  it('is at most 70, with a coverage of 0.3, for a program that nobody can read', async () => {
    const report = await score({
      files: { helper: exampleProgram(183, ['libc.so.6']), LICENSE },
      tier: 'native',
    });
    expect(report).toMatchObject({ score: 70, coverage: 0.3, findings: [] });
    expect(report.programs).toEqual([
      { path: 'draft/helper', format: 'ELF', platforms: ['linux-arm64'], imports: ['libc.so.6'] },
    ]);
  });

  it.each([
    ['install-scripts', 'binding.gyp', '{"targets": []}'],
    ['licence', 'LICENSE-APACHE', 'Apache License Version 2.0, January 2004'],
    ['nested-archive', 'data.tar', `${'x'.repeat(257)}ustar`],
    ['native-format', 'helper', '\u007fELF\u0002\u0001'],
  ])('has %s for %s', async (rule, path, text) => {
    const files = { 'plugin.js': 'export const run = () => 1;', LICENSE, [path]: text };
    const { findings } = await score({ files, tier: 'native' });
    expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  });

  it('does not ask of a native plugin that modules which it brings along follow the ABI', async () => {
    const files = { 'grammar.wat': '(module (import "env" "memory" (memory 1)))', LICENSE };
    const report = await score({ files, tier: 'native' });
    expect(report).toMatchObject({ score: 100, coverage: 0.3, rejected: false, modules: [], findings: [] });
    expect(await score({ files })).toMatchObject({ rejected: true });
  });

  it('does not matter behind a gate', async () => {
    const report = await score({
      files: { 'plugin.js': 'export const run = () => 1;', LICENSE },
      links: ['x'],
    });
    expect(report).toMatchObject({ score: 100, rejected: true });
  });
});
