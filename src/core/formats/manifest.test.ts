import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { PLATFORMS } from '../platform.ts';
import { type Manifest, readManifest, readReleaseManifest, writeManifest } from './manifest.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, file = 'sheaf.plugin.toml') => readManifest(encode(text), file);

const AUTHORED = `[plugin]
name = "advanced-query-engine"
version = "1.2.0"
description = "Enhanced query capabilities for complex architectural analysis"
author = "community-contributor" # string, { name, email, url }, or an array of them
license = "MIT"                  # SPDX expression
repository = "https://github.com/contributor/advanced-query-engine"

[compatibility]
parseltongue_version = ">=0.3.0"
rust_version = ">=1.70.0"

[performance]
max_query_time_us = 800
max_memory_mb = 10
cpu_intensive = false

[security]
tier = "wasm"
capabilities = ["query", "read-isg"]
sandbox_required = true

[dependencies]
serde = "1.0"
tokio = "1.0"

[testing]
test_suite = "tests/"
benchmark_suite = "benches/"
performance_validated = true
`;

const FURTHER = `
[dependencies.plugins]
users = "^1.0.0"
charts = { version = "^1", registry = "other-plugins", optional = true }
[requires]
rustc = "*"
[provides]
languages = ["rust"]
commands = ["query"]
[bin]
advanced-query = "bin/advanced-query"
[config]
schema = "config.schema.json"
[install]
notes = "Run \`aqe init\` once."
[build]
command = ["cargo", "build", "--release", "--offline"]
output = "target/release/aqe"
[metadata.some-tool]
anything = { goes = [1, "two", 3.5] }
`;

const RELEASED = `
[release]
registry = "example-plugins"
[source]
repository = "https://github.com/contributor/advanced-query-engine"
commit = "${'a1'.repeat(20)}"
tag = "v1.2.0"
[[artifact]]
kind = "archive"
platform = "linux-x64"
url = "https://github.com/contributor/aqe/releases/download/v1.2.0/aqe-linux-x64.tar.gz"
size = 183220
sha256 = "${'0f'.repeat(32)}"
entry = "plugin.wasm"
files = [{ from = "aqe", to = "bin/advanced-query" }]
attestation = "https://example.org/aqe.sigstore"
[[artifact]]
kind = "wasm"
platform = "darwin-arm64"
url = "https://example.org/aqe.wasm"
sha256 = "${'0e'.repeat(32)}"
`;

const COMPLETE = AUTHORED + FURTHER + RELEASED;

/** The one finding of an authored manifest after an edit. */
const broken = (from: string | RegExp, to: string) => {
  const edited = COMPLETE.replace(from, to);
  expect(edited).not.toBe(COMPLETE);
  const { value, findings } = read(edited);
  expect(value).toBeUndefined();
  expect(findings.map(({ rule }) => rule)).toHaveLength(1);
  return findings[0]!;
};

describe('an author writes', () => {
  it('a manifest without release and artifacts', () => {
    const { value, findings } = read(AUTHORED);
    expect(findings).toEqual([]);
    expect(value).toEqual({
      name: 'advanced-query-engine',
      version: '1.2.0',
      description: 'Enhanced query capabilities for complex architectural analysis',
      authors: [{ name: 'community-contributor' }],
      license: 'MIT',
      repository: 'https://github.com/contributor/advanced-query-engine',
      keywords: [],
      links: {},
      engines: { parseltongue: '>=0.3.0', rust: '>=1.70.0' },
      performance: { maxQueryTimeUs: 800, maxMemoryMb: 10, cpuIntensive: false },
      security: {
        tier: 'wasm',
        capabilities: [
          { id: 'query', optional: false },
          { id: 'read-isg', optional: false },
        ],
        sandboxRequired: true,
        level: 'standard',
      },
      packages: { serde: '1.0', tokio: '1.0' },
      dependencies: {},
      requires: {},
      provides: { languages: [], commands: [] },
      bin: {},
      testing: { testSuite: 'tests/', benchmarkSuite: 'benches/', performanceValidated: true },
      metadata: {},
      artifacts: [],
    });
  });

  it('every further table', () => {
    const { value, findings } = read(AUTHORED + FURTHER);
    expect(findings).toEqual([]);
    expect(value).toMatchObject({
      packages: { serde: '1.0' },
      dependencies: {
        users: { range: '^1.0.0', optional: false },
        charts: { range: '^1', registry: 'other-plugins', optional: true },
      },
      requires: { rustc: '*' },
      provides: { languages: ['rust'], commands: ['query'] },
      bin: { 'advanced-query': 'bin/advanced-query' },
      configSchema: 'config.schema.json',
      notes: 'Run `aqe init` once.',
      build: { command: ['cargo', 'build', '--release', '--offline'], output: 'target/release/aqe' },
      metadata: { 'some-tool': { anything: { goes: [1, 'two', 3.5] } } },
    });
  });

  it.each([
    ['{ name = "A", email = "a@example.org", url = "https://example.org/" }', 1],
    ['["A", { name = "B" }]', 2],
  ])('authors as %s', (author, count) => {
    const { value } = read(AUTHORED.replace('"community-contributor"', author));
    expect(value?.authors).toHaveLength(count);
    expect(value?.authors[0]?.name).toBe('A');
  });

  it('capabilities with reasons', () => {
    const { value } = read(
      AUTHORED.replace('"read-isg"]', '{ id = "read-isg", reason = "to see", optional = true }]'),
    );
    expect(value?.security.capabilities).toEqual([
      { id: 'query', optional: false },
      { id: 'read-isg', reason: 'to see', optional: true },
    ]);
  });
});

const release = (text: string, expected = {}) =>
  readReleaseManifest(encode(text), 'plugins/query-extensions/ad/advanced-query-engine/1.2.0.toml', {
    expected,
  });

describe('a release', () => {
  it('names its registry and its artifacts', () => {
    const { value, findings } = release(COMPLETE, {
      name: 'advanced-query-engine',
      version: '1.2.0',
      registry: 'example-plugins',
    });
    expect(findings).toEqual([]);
    expect(value?.registry).toBe('example-plugins');
    expect(value?.artifacts[0]).toEqual({
      kind: 'archive',
      platform: 'linux-x64',
      url: 'https://github.com/contributor/aqe/releases/download/v1.2.0/aqe-linux-x64.tar.gz',
      size: 183220,
      sha256: '0f'.repeat(32),
      entry: 'plugin.wasm',
      files: [{ from: 'aqe', to: 'bin/advanced-query' }],
      attestation: 'https://example.org/aqe.sigstore',
    });
  });

  it('is refused without registry and without artifact', () => {
    const { value, findings } = release(AUTHORED);
    expect(value).toBeUndefined();
    expect(findings.map(({ rule }) => rule)).toEqual(['missing-release', 'missing-artifact']);
  });

  it.each([
    ['name', 'graph-lens', 2],
    ['version', '1.2.1', 3],
    ['registry', 'other-plugins', 53],
  ])('is refused under another %s, so that its signature cannot be replayed', (what, wanted, line) => {
    const { value, findings } = release(COMPLETE, { [what]: wanted });
    expect(value).toBeUndefined();
    expect(findings).toMatchObject([{ rule: `${what}-mismatch`, place: { line } }]);
  });

  it('is refused when its file is named after another version', () => {
    const { findings } = readReleaseManifest(encode(AUTHORED + RELEASED), 'ad/aqe/1.3.0.toml');
    expect(findings).toMatchObject([
      {
        rule: 'version-file-name',
        severity: 'error',
        place: { file: 'ad/aqe/1.3.0.toml', line: 3, column: 1 },
      },
    ]);
  });
});

describe('what is refused, with place and fix', () => {
  it.each<[string, string | RegExp, string, string, string]>([
    ['broken TOML', 'name = "adv', 'name = adv', 'toml-syntax', 'advanced-query'],
    ['a misspelt key', 'license =', 'licence =', 'unknown-key', 'licence ='],
    ['an unknown table', '[testing]', '[tests]', 'unknown-key', 'tests]'],
    ['an unknown key of an artifact', 'size = 183220', 'bytes = 183220', 'unknown-key', 'bytes ='],
    ['a wrong type', 'max_memory_mb = 10', 'max_memory_mb = "10"', 'wrong-type', 'max_memory_mb'],
    ['a missing key', /description = .*\n/, '', 'missing-key', 'plugin]\nname'],
    ['a bad name', '"advanced-query-engine"', '"Advanced_Query"', 'bad-value', 'name = "Adv'],
    ['a device name of Windows', '"advanced-query-engine"', '"con"', 'bad-value', 'name = "con'],
    ['the name "constructor"', '"advanced-query-engine"', '"constructor"', 'bad-value', 'name = "cons'],
    ['a description of two lines', '"Enhanced', '"A\\nB', 'bad-value', 'description'],
    ['a long description', '"Enhanced', `"${'x'.repeat(300)}`, 'too-long', 'description'],
    ['a blank description', /"Enhanced.*"/, '"  "', 'bad-value', 'description'],
    ['a version with a v', '"1.2.0"', '"v1.2.0"', 'bad-value', 'version = "v'],
    ['a version with build metadata', '"1.2.0"', '"1.2.0+b1"', 'bad-value', 'version'],
    ['a version beyond 2^53', '"1.2.0"', '"1.2.99999999999999999"', 'version', 'version'],
    ['a bad licence', '"MIT"', '"MIT AND"', 'license', 'license'],
    ['an unknown tier', 'tier = "wasm"', 'tier = "wsm"', 'bad-choice', 'tier'],
    ['a wildcard capability', '"query", "read', '"query", "*", "read', 'bad-value', '"*"'],
    ['a capability twice', '"read-isg"]', '{ id = "query" }]', 'duplicate-capability', '{ id = "query" }'],
    ['an engine without _version', 'rust_version', 'rust', 'bad-key', 'rust ='],
    ['a bad range', '">=1.70.0"', '">=1.x.y.z"', 'range', 'rust_version'],
    ['a bad range of a plugin', 'version = "^1"', 'version = "one"', 'range', 'version = "one"'],
    ['a Cargo table as package', 'serde = "1.0"', 'serde = { version = "1.0" }', 'wrong-type', 'serde'],
    [
      'a dependency on itself',
      'users = ',
      'advanced-query-engine = ',
      'self-dependency',
      'advanced-query-engine =',
    ],
    [
      'http',
      /"https:\/\/github.com\/contributor\/adv[^"]*"\n\n/,
      '"http://github.com/x"\n\n',
      'url-scheme',
      'repository',
    ],
    [
      'a password in a URL',
      'url = "https://example.org',
      'url = "https://u:p@example.org',
      'url-credentials',
      'url = "https://u:p',
    ],
    [
      'javascript: as homepage',
      'license =',
      'homepage = "javascript:alert(1)"\nlicense =',
      'bad-value',
      'homepage',
    ],
    [
      'a path out of the plugin',
      '"bin/advanced-query"\n',
      '"../../bin/sh"\n',
      'bad-value',
      'advanced-query = "..',
    ],
    ['an absolute path', '"config.schema.json"', '"/etc/passwd"', 'bad-value', 'schema = "/etc'],
    [
      'commands that differ in case',
      'advanced-query = "bin',
      'AQ = "x"\naq = "bin',
      'duplicate-command',
      'aq =',
    ],
    [
      'a platform twice',
      '"darwin-arm64"',
      '"linux-x64"',
      'platform-overlap',
      'platform = "linux-x64"\nurl = "https://example.org',
    ],
    ['any beside another platform', '"darwin-arm64"', '"any"', 'platform-overlap', 'platform = "any"'],
    ['an unknown platform', '"darwin-arm64"', '"macos-arm64"', 'bad-choice', 'platform = "macos'],
    ['a short digest', '0e0e"', '0e"', 'bad-value', 'sha256 = "0e'],
    [
      'an entry of a single file',
      'sha256 = "0e',
      'entry = "x"\nsha256 = "0e',
      'not-an-archive',
      'entry = "x"',
    ],
    ['a native binary of tier wasm', 'kind = "wasm"', 'kind = "binary"', 'artifact-tier', 'kind = "binary"'],
    [
      'two files that become one',
      'files = [',
      'files = [{ from = "x", to = "BIN/advanced-query" }, ',
      'duplicate-file',
      'to = "bin/adv',
    ],
    ['metadata outside a table', '[metadata.some-tool]', '[metadata]\nx = 1', 'wrong-type', 'x = 1'],
    ['a key twice', 'tier = "wasm"', 'tier = "wasm"\ntier = "native"', 'duplicate-key', 'tier = "native"'],
    [
      'a __proto__ table',
      '[metadata.some-tool]',
      '[metadata.__proto__]',
      'unsafe-key',
      'metadata.__proto__]',
    ],
    ['ESC in a name', '"advanced-query-engine"', '"a\\u001b[31m"', 'unclean-character', 'name'],
    ['bidi in an author', 'community-contributor', 'commun\u202eity', 'unclean-character', '\u202eity'],
  ])('%s', (_, from, to, rule, pointsAt) => {
    const finding = broken(from, to);
    expect(finding).toMatchObject({ rule, severity: 'error', place: { file: 'sheaf.plugin.toml' } });
    const { line, column } = finding.place;
    const lines = COMPLETE.replace(from, to)
      .split('\n')
      .slice(line! - 1);
    expect(lines.join('\n').slice(column! - 1)).toSatisfy((rest: string) => rest.startsWith(pointsAt));
    expect(finding.message).toMatch(/^\S.*[.?]$/);
    expect(finding.fix).toMatch(/\S/);
    expect(finding.message + finding.fix).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('guesses what a misspelt key was meant to be', () => {
    expect(broken('license =', 'licence =').message).toBe(
      'The key "licence" is not known in plugin. Did you mean "license"?',
    );
  });

  it('tells what belongs to a missing key', () => {
    expect(broken(/description = .*\n/, '').fix).toMatch(/^Add description: What the plugin does/);
  });

  it('source without a way to build it', () => {
    const text = AUTHORED + RELEASED.replace('kind = "wasm"', 'kind = "source"');
    expect(read(text).findings).toMatchObject([{ rule: 'missing-build' }]);
  });

  it('source that names a file to load beside the one that it builds', () => {
    const source = RELEASED.replace('kind = "archive"', 'kind = "source"');
    expect(read(AUTHORED + FURTHER + source).findings).toMatchObject([{ rule: 'source-entry' }]);
  });

  it('all at once, in the order of the file', () => {
    const text = AUTHORED.replace('"1.2.0"', '"x"')
      .replace('license =', 'licence =')
      .replace('800', '"fast"');
    const { findings } = read(text);
    expect(findings.map(({ place }) => place.line)).toEqual([3, 6, 14]);
  });

  it('a file over the bound, unread', () => {
    const text = `${AUTHORED}#${'x'.repeat(LIMITS.manifestBytes)}`;
    expect(read(text).findings).toMatchObject([{ rule: 'file-size' }]);
  });

  it('thousands of wrong keys, with a bounded number of findings', () => {
    const keys = Array.from({ length: 5000 }, (_, index) => `key${index} = 1`).join('\n');
    expect(read(`${keys}\n${AUTHORED}`).findings).toHaveLength(LIMITS.findingsPerFile);
  });
});

it('warns of a flat dependency that is a plugin, and still reads the manifest', () => {
  const { value, findings } = readManifest(encode(AUTHORED), 'sheaf.plugin.toml', {
    isPlugin: (name) => name === 'tokio',
  });
  expect(value).toBeDefined();
  expect(findings).toMatchObject([
    { rule: 'flat-dependency', severity: 'warning', place: { line: 25, column: 1 } },
  ]);
  expect(findings[0]?.fix).toContain('[dependencies.plugins]');
});

const partial = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });

describe('the writer', () => {
  it('writes what the reader reads', () => {
    const manifest = read(COMPLETE).value!;
    expect(read(new TextDecoder().decode(writeManifest(manifest)))).toEqual({
      value: manifest,
      findings: [],
    });
  });

  const slug = fc
    .stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}$/)
    .filter((name) => name.length >= 2);
  const name = slug.filter((text) => !/^(con|prn|aux|nul|com\d|lpt\d|constructor)$/.test(text));
  const line = fc
    .string({
      unit: fc.constantFrom('a', 'Z', ' ', '"', '\\', "'", 'ß', '日', '#', '=', '😀'),
      minLength: 1,
      maxLength: 20,
    })
    .filter((text) => text.trim() !== '');
  const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map((parts) => parts.join('.'));
  const range = version.map((text) => `^${text}`);
  const url = slug.map((text) => `https://example.org/${text}`);
  const path = fc.array(slug, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const names = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { maxKeys: 3 });
  const leaf: fc.Arbitrary<unknown> = fc.oneof(
    line,
    fc.integer(),
    fc.boolean(),
    fc.constant([]),
    fc.constant({}),
  );
  const artifact = fc.record(
    {
      kind: fc.constant('archive' as const),
      url,
      size: fc.integer({ min: 1, max: 1e6 }),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      entry: path,
      files: fc.array(fc.record({ from: path, to: path }), { minLength: 1, maxLength: 1 }),
    },
    { requiredKeys: ['kind', 'url', 'sha256'] },
  );
  const manifest = fc.record(
    {
      name,
      version,
      description: line,
      displayName: line,
      authors: fc.array(
        fc.record({ name: line, email: fc.constant('a@b'), url }, { requiredKeys: ['name'] }),
        { maxLength: 3 },
      ),
      license: fc.constantFrom('MIT', '(MIT OR Apache-2.0) AND BSD-3-Clause'),
      keywords: fc.uniqueArray(slug, { maxLength: 3 }),
      links: partial({ discussions: url, support: url, purchase: url }),
      engines: fc.dictionary(slug, range, { maxKeys: 3 }),
      performance: fc.record(
        {
          maxQueryTimeUs: fc.integer({ min: 1, max: 1e6 }),
          maxMemoryMb: fc.constant(10),
          cpuIntensive: fc.boolean(),
        },
        { requiredKeys: ['cpuIntensive'] },
      ),
      security: fc.record(
        {
          tier: fc.constantFrom('wasm', 'native', 'core'),
          capabilities: fc.uniqueArray(
            fc.record(
              { id: slug, reason: line, optional: fc.boolean() },
              { requiredKeys: ['id', 'optional'] },
            ),
            { maxLength: 3, selector: ({ id }) => id },
          ),
          sandboxRequired: fc.boolean(),
          level: fc.constantFrom('standard', 'high'),
          abi: fc.constant('1'),
        },
        { requiredKeys: ['tier', 'capabilities', 'sandboxRequired', 'level'] },
      ),
      packages: fc.dictionary(
        slug.filter((text) => text !== 'plugins'),
        version,
        { maxKeys: 3 },
      ),
      dependencies: names(
        fc.record({ range, registry: name, optional: fc.boolean() }, { requiredKeys: ['range', 'optional'] }),
      ),
      requires: names(range),
      provides: fc.record({
        languages: fc.uniqueArray(slug, { maxLength: 2 }),
        commands: fc.uniqueArray(slug, { maxLength: 2 }),
      }),
      bin: names(path),
      configSchema: path,
      notes: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
      testing: fc.record(
        { testSuite: path, performanceValidated: fc.boolean() },
        { requiredKeys: ['performanceValidated'] },
      ),
      build: fc.record({ command: fc.array(line, { minLength: 1, maxLength: 3 }), output: path }),
      metadata: fc.dictionary(
        slug,
        fc.dictionary(line, fc.oneof(leaf, fc.array(leaf), fc.dictionary(slug, leaf))),
      ),
      registry: name,
      source: fc.record(
        { repository: url, commit: fc.stringMatching(/^[0-9a-f]{40}$/), tag: version },
        { requiredKeys: ['repository', 'commit'] },
      ),
      artifacts: fc
        .tuple(fc.subarray(PLATFORMS.slice(1)), fc.infiniteStream(artifact))
        .map(([platforms, artifacts]) =>
          platforms.map((platform) => ({ ...artifacts.next().value!, platform })),
        ),
    },
    {
      requiredKeys: [
        'name',
        'version',
        'description',
        'authors',
        'keywords',
        'links',
        'engines',
        'performance',
        'security',
        'packages',
        'dependencies',
        'requires',
        'provides',
        'bin',
        'testing',
        'metadata',
        'artifacts',
      ],
    },
  );

  it('loses nothing of any manifest, and writes equal manifests as equal bytes', () => {
    fc.assert(
      fc.property(manifest, (value) => {
        if (Object.hasOwn(value.dependencies, value.name)) return;
        const bytes = writeManifest(value as unknown as Manifest);
        const reading = readManifest(bytes, 'sheaf.plugin.toml');
        expect(reading).toEqual({ value, findings: [] });
        expect(writeManifest(reading.value!)).toEqual(bytes);
      }),
      { numRuns: 100 },
    );
  });
});
