import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import type { PluginFile } from '../authoring/ports.ts';
import { valueOf } from '../finding.ts';
import { type Manifest, readManifest } from '../formats/manifest.ts';
import { SCAN_RULES } from './rules.ts';
import type { ScanExample } from './scan-rule.ts';
import { POINTS, scanPlugin } from './score.ts';
import { scanSubject } from './subject.ts';

function manifestOf(example: ScanExample): Manifest {
  const toml = `[plugin]\nname = "specimen"\nversion = "1.0.0"\ndescription = "A plugin of a test"\nlicense = "MIT"
[performance]\nmax_memory_mb = 16\n[security]\ntier = "${example.tier ?? 'wasm'}"
capabilities = [${(example.capabilities ?? []).map((id) => `"${id}"`).join(', ')}]
[provides]\ncommands = ["run"]\n`;
  return valueOf(readManifest(new TextEncoder().encode(toml), 'sheaf.plugin.toml'));
}

async function filesOf(example: ScanExample): Promise<readonly PluginFile[]> {
  const files = Object.entries(example.files).map(async ([path, text]): Promise<PluginFile> => {
    if (!path.endsWith('.wat')) return { path, kind: 'file', bytes: new TextEncoder().encode(text) };
    return { path: path.replace('.wat', '.wasm'), kind: 'file', bytes: await assemble(text) };
  });
  const links = (example.links ?? []).map(
    (path): PluginFile => ({ path, kind: 'link', bytes: new Uint8Array() }),
  );
  return [...(await Promise.all(files)), ...links];
}

describe.each(SCAN_RULES)('$id', ({ find, vulnerable, clean }) => {
  it('finds what it is for', async () => {
    expect(find(scanSubject(manifestOf(vulnerable), await filesOf(vulnerable)))).not.toEqual([]);
  });

  it('is silent about what is in order', async () => {
    expect(find(scanSubject(manifestOf(clean), await filesOf(clean)))).toEqual([]);
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
      rules: 1,
      score: 100,
      coverage: 0.7,
      rejected: false,
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
    const report = await score({ files: { helper: '\u007fELF\u0002', LICENSE }, tier: 'native' });
    expect(report).toMatchObject({ score: 70, coverage: 0.3, findings: [] });
  });

  it('does not matter behind a gate', async () => {
    const report = await score({
      files: { 'plugin.js': 'export const run = () => 1;', LICENSE },
      links: ['x'],
    });
    expect(report).toMatchObject({ score: 100, rejected: true });
  });
});
