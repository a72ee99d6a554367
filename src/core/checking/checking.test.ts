import { describe, expect, it } from 'vitest';
import { assemble } from '../../../test/support/runner-world.ts';
import { valueOf } from '../finding.ts';
import { readManifest } from '../formats/manifest.ts';
import { exampleModule } from '../scanning/wasm-example.ts';
import { checkPlugin } from './check-plugin.ts';
import type { CheckSubject } from './check-rule.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const GOOD = `[plugin]
name = "specimen"
version = "1.0.0"
description = "A plugin of a test"
author = "Test"
license = "MIT"
repository = "https://git.example.org/test/specimen"
category = "visualizers"
[compatibility]
parseltongue_version = ">=0.3.0 <2"
[performance]
max_query_time_us = 800
max_memory_mb = 16
[security]
tier = "wasm"
capabilities = []
[provides]
commands = ["run"]
[dependencies]
serde = "1.0"
`;

/** A plugin without a fault, but for what a test changes. */
async function subject(
  change: {
    readonly toml?: readonly [string, string];
    readonly files?: Readonly<Record<string, string>>;
    readonly module?: string | null;
    readonly tests?: number;
  } = {},
): Promise<CheckSubject> {
  const manifestBytes = encode(GOOD.replace(...(change.toml ?? ['', ''])));
  const files = { LICENSE: 'MIT License', 'README.md': '# specimen', ...change.files };
  const bytes = change.module === null ? undefined : await assemble(change.module ?? exampleModule());
  return {
    manifest: valueOf(readManifest(manifestBytes, 'sheaf.plugin.toml')),
    manifestBytes,
    files: Object.entries(files)
      .filter(([, text]) => text !== '')
      .map(([path, text]) => ({ path, kind: text === 'link' ? 'link' : 'file', bytes: encode(text) })),
    entry: bytes === undefined ? undefined : { path: 'plugin.wasm', bytes },
    suites: { findings: [], tests: change.tests ?? 1 },
  };
}

const findings = async (change: Parameters<typeof subject>[0] = {}) =>
  checkPlugin(await subject(change), (path) => `draft/${path}`);

describe('a check', () => {
  it('says nothing about a plugin that is in order', async () => {
    expect(await findings()).toEqual([]);
  });

  it.each([
    ['a missing licence text', { files: { LICENSE: '' } }, 'required-files', 'error'],
    ['a missing README', { files: { 'README.md': '' } }, 'required-files', 'error'],
    [
      'a missing configuration schema',
      { toml: ['[dependencies]', '[config]\nschema = "c.json"\n[dependencies]'] },
      'required-files',
      'error',
    ],
    ['no licence', { toml: ['license = "MIT"\n', ''] }, 'described', 'error'],
    ['no author', { toml: ['author = "Test"\n', ''] }, 'described', 'error'],
    ['no category', { toml: ['category = "visualizers"\n', ''] }, 'described', 'error'],
    [
      'no repository',
      { toml: ['repository = "https://git.example.org/test/specimen"\n', ''] },
      'described',
      'warning',
    ],
    ['no command', { toml: ['commands = ["run"]', 'commands = []'] }, 'described', 'warning'],
    ['no build', { module: null }, 'entry', 'error'],
    ['a command that is not exported', { toml: ['["run"]', '["run", "walk"]'] }, 'entry', 'error'],
    [
      'a capability too many',
      { toml: ['capabilities = []', 'capabilities = ["query"]'] },
      'entry',
      'warning',
    ],
    [
      'an undeclared capability',
      { module: exampleModule('(import "query" "run" (func (param i32 i32) (result i64)))') },
      'entry',
      'error',
    ],
    ['more memory than stated', { module: exampleModule('', '300') }, 'entry', 'error'],
    ['hidden text', { files: { 'README.md': '# specimen \u202e' } }, 'clean-text', 'error'],
    ['no time', { toml: ['max_query_time_us = 800\n', ''] }, 'limits', 'warning'],
    ['too long a time', { toml: ['= 800', '= 20000000'] }, 'limits', 'warning'],
    ['no memory', { toml: ['max_memory_mb = 16\n', ''] }, 'limits', 'warning'],
    ['too much memory', { toml: ['max_memory_mb = 16', 'max_memory_mb = 2000'] }, 'limits', 'warning'],
    ['an open range of an engine', { toml: ['>=0.3.0 <2', '>=0.3.0'] }, 'ranges', 'warning'],
    ['any version of a package', { toml: ['serde = "1.0"', 'serde = "*"'] }, 'ranges', 'warning'],
    [
      'an open range of a plugin',
      { toml: ['serde = "1.0"', 'serde = "1.0"\n[dependencies.plugins]\nusers = "*"'] },
      'ranges',
      'warning',
    ],
    ['a link', { files: { data: 'link' } }, 'artifact', 'error'],
    ['no tests', { tests: 0 }, 'tests', 'warning'],
  ] as const)('finds %s, and nothing else', async (_, change, rule, severity) => {
    const found = await findings(change);
    expect(found.map((finding) => [finding.rule, finding.severity])).toEqual([[rule, severity]]);
    expect(found[0]?.place.file).toMatch(/^draft\/./);
    expect(found[0]?.fix).not.toBe('');
  });

  it('collects everything at once', async () => {
    const found = await findings({ files: { LICENSE: '', 'README.md': '' }, module: null, tests: 0 });
    expect(found.map(({ rule }) => rule)).toEqual(['required-files', 'required-files', 'entry', 'tests']);
  });
});
