import { describe, expect, it } from 'vitest';
import { type Found, faultsOf, only, saidOf } from '../../../test/support/said-of-release.ts';
import {
  type ChangeDraft,
  type Replacements,
  submittedChange,
} from '../../../test/support/submitted-change.ts';
import { SheafError } from '../errors.ts';
import { exampleModule } from '../scanning/wasm-example.ts';
import { CONTENT_RULES } from './content-rules.ts';

const URL = 'url = ';
const PLACE = 'https://git.example.org/dana/graph-lens/releases/download/v1.2.0/graph-lens-1.2.0.tar.gz';
const asKind = (kind: string, platform: string): Replacements => [
  ['kind = "archive"', `kind = "${kind}"`],
  ['platform = "any"', `platform = "${platform}"`],
  ['entry = "plugin.wasm"\n', ''],
];

describe('release-url', () => {
  it.each([
    ['another host', PLACE.replace('git.example.org', 'git.example.com')],
    ['a host that begins alike', PLACE.replace('git.example.org', 'git.example.org.evil.example')],
    ['another port', PLACE.replace('git.example.org', 'git.example.org:8443')],
    ['another owner', PLACE.replace('/dana/', '/erin/')],
    ['an owner whose name begins alike', PLACE.replace('/dana/', '/dana-evil/')],
    ['a host in other letters and another owner', 'https://git.example.org/DANA/x.tar.gz'],
  ])('finds an artifact at %s', async (_, url) => {
    expect(await saidOf({ published: [[PLACE, url]] })).toEqual(
      only(
        'release-url',
        'error',
        /lies below no address of the owner: "https:\/\/git\.example\.org\/dana\/"/,
        URL,
      ),
    );
  });

  it.each([
    ['dots', PLACE.replace('/dana/', '/dana/../erin/'), 'is another spelling'],
    ['dots that lead nowhere else', PLACE.replace('/dana/', '/dana/./'), 'is another spelling'],
    ['encoded dots', PLACE.replace('/dana/', '/dana/%2e%2e/erin/'), 'is another spelling'],
    ['dots at an encoded slash', PLACE.replace('/dana/', '/dana/..%2ferin/'), 'has a segment of dots'],
    ['an encoded backslash', PLACE.replace('/dana/', '/dana/..%5Cerin/'), 'has an encoded percent sign'],
    ['an encoded percent sign', PLACE.replace('/dana/', '/dana/%252e%252e/erin/'), 'has an encoded percent'],
    ['a query', `${PLACE}?url=https://evil.example/`, 'has a query'],
    ['an empty query', `${PLACE}?`, 'has a query'],
    ['a fragment', `${PLACE}#x`, 'has a query'],
    ['a default port', PLACE.replace('example.org', 'example.org:443'), 'is another spelling'],
  ])('finds an address with %s', async (_, url, problem) => {
    expect(await saidOf({ published: [[PLACE, url]] })).toEqual(
      only('release-url', 'error', new RegExp(problem), URL),
    );
  });

  it('finds a repository and a source that are somebody else’s', async () => {
    const elsewhere = 'repository = "https://git.example.org/erin/graph-lens"';
    const own = 'repository = "https://git.example.org/dana/graph-lens"';
    expect(await saidOf({ toml: [[own, elsewhere]] })).toEqual(
      only('release-url', 'error', /erin/, 'repository = '),
    );
    expect(await saidOf({ published: [[`[source]\n${own}`, `[source]\n${elsewhere}`]] })).toEqual(
      only('release-url', 'error', /erin/, 'repository = '),
    );
  });

  it('takes what plugin.toml adds, and a prefix that is the repository itself', async () => {
    const url = 'https://files.example.org/lens/graph-lens-1.2.0.tar.gz';
    const draft: ChangeDraft = { published: [[PLACE, url]] };
    expect(
      await faultsOf({ ...draft, plugin: { repositories: ['https://files.example.org/lens/'] } }),
    ).toEqual([]);
    const about = { repositories: ['https://git.example.org/dana/graph-lens/'] };
    expect(await faultsOf({ owner: { about } })).toEqual([]);
    const clone = 'repository = "https://git.example.org/dana/graph-lens.git"';
    expect(
      await faultsOf({
        owner: { about },
        published: [[`[source]\n${clone.replace('.git"', '"')}`, `[source]\n${clone}`]],
      }),
    ).toEqual([]);
  });

  it('takes the tag of a release with its slash encoded, as GitHub does, and a host in capitals', async () => {
    for (const url of [PLACE.replace('/v1.2.0/', '/cli%2Fv1.2.0/'), PLACE.replace('git.', 'GIT.')])
      expect(await faultsOf({ published: [[PLACE, url]] })).toEqual([]);
  });

  it('takes nothing where nothing is stated', async () => {
    const found = await faultsOf({ owner: { about: { repositories: [] } } });
    expect(found.map(({ rule }) => rule)).toEqual(['release-url', 'release-url', 'release-url']);
    expect(found[0]?.message).toContain('none are stated');
  });
});

describe('artifact-fetch', () => {
  it('says why an artifact cannot be used, with the way out that is known', async () => {
    const problem = new SheafError('SHEAF_DIGEST', 'What git.example.org sent does not match its digest.');
    expect(await saidOf({ examined: { problem, files: undefined } })).toEqual(
      only(
        'artifact-fetch',
        'error',
        '"graph-lens-1.2.0.tar.gz" cannot be used: What git.example.org sent does not match its digest.',
        URL,
      ),
    );
    const hint = 'Publish it elsewhere.';
    const [fault] = await faultsOf({
      examined: { problem: new SheafError('SHEAF_NETWORK', 'Gone.', { hint }), files: undefined },
    });
    expect(fault?.fix).toBe(hint);
  });

  it('finds that no size is stated, which only imported releases may lack', async () => {
    const draft: ChangeDraft = { published: [['size = 1000\n', '']] };
    expect(await saidOf(draft)).toEqual(
      only('artifact-fetch', 'error', /does not state the size/, '[[artifact]]'),
    );
    const about = { repositories: ['https://git.example.org/dana/'] };
    expect(await faultsOf({ ...draft, owner: { name: 'imported', about } })).toEqual([]);
  });
});

describe('embedded-manifest', () => {
  it('finds that it is missing, unless the release is imported', async () => {
    const draft: ChangeDraft = { files: { 'sheaf.plugin.toml': null } };
    expect(await saidOf(draft)).toEqual(
      only('embedded-manifest', 'error', /does not hold sheaf\.plugin\.toml/, URL),
    );
    expect(await faultsOf({ ...draft, owner: { name: 'imported' } })).toEqual([]);
  });

  it('is not fooled by a new owner who calls themselves imported', async () => {
    const draft: ChangeDraft = {
      files: { 'sheaf.plugin.toml': null },
      owner: { name: 'imported', isNew: true },
    };
    expect(await saidOf(draft)).toEqual(only('embedded-manifest', 'error', /does not hold/, URL));
  });

  it('finds that it cannot be read', async () => {
    expect(await saidOf({ files: { 'sheaf.plugin.toml': '[plugin' } })).toEqual(
      only('embedded-manifest', 'error', /cannot be read: The file is not valid TOML/, URL),
    );
  });

  it.each([
    [
      'a text',
      [['a lens"', 'two lenses"']],
      'plugin.description is "\\"Shows a graph through a lens\\"" in "graph-lens-1.2.0.tar.gz" and "\\"Shows a graph through two lenses\\"" here.',
      'description',
    ],
    [
      'a number',
      [['= 16', '= 17']],
      'performance.max_memory_mb is "16" in "graph-lens-1.2.0.tar.gz" and "17" here.',
      'max_memory_mb',
    ],
    [
      'a field that is only here',
      [['commands = ["run"]', 'commands = ["run"]\nlanguages = ["dot"]']],
      'provides.languages is absent in "graph-lens-1.2.0.tar.gz" and "[\\"dot\\"]" here.',
      'languages',
    ],
    [
      'a field that is only there',
      [['serde = "1.0"\n', '']],
      'dependencies.serde is "\\"1.0\\"" in "graph-lens-1.2.0.tar.gz" and absent here.',
      '[dependencies]',
    ],
  ] as const)('names %s that differs', async (_, published, message, line) => {
    expect(await saidOf({ published })).toEqual(only('embedded-manifest', 'error', message, line));
  });

  it('does not mind another order, spelling or comment', async () => {
    const { plugins } = await submittedChange();
    const carried = plugins[0]?.releases[0]?.artifacts[0]?.files?.[0]?.bytes;
    const text = new TextDecoder()
      .decode(carried)
      .replace('author = "Dana"', '# me\nauthor = [{ name = "Dana" }]');
    expect(await faultsOf({ files: { 'sheaf.plugin.toml': text } })).toEqual([]);
  });

  it('warns of a program that cannot carry one', async () => {
    const published = asKind('binary', 'linux-x64');
    const toml: Replacements = [['tier = "wasm"', 'tier = "native"']];
    expect(await saidOf({ toml, published })).toEqual(
      only('embedded-manifest', 'warning', /is a program that cannot carry a manifest/, URL),
    );
  });
});

describe('required-files', () => {
  it.each([
    ['the text of the licence', { LICENSE: null }, /there is no text of the licence/],
    ['a README', { 'README.md': null }, /there is no README/],
  ])('finds that %s is missing', async (_, files, message) => {
    expect(await saidOf({ files })).toEqual(only('required-files', 'error', message, URL));
    expect(await faultsOf({ files, owner: { name: 'imported' } })).toEqual([]);
  });

  it.each([
    ['the schema of the configuration', '[config]\nschema = "config.json"\n'],
    ['a command', '[bin]\nlens = "config.json"\n'],
  ])('finds that %s is missing, also in what was imported', async (_, table) => {
    const draft: ChangeDraft = { toml: [['[provides]', `${table}[provides]`]] };
    expect(await saidOf(draft)).toEqual(
      only('required-files', 'error', /names "config.json", which is not there/, URL),
    );
    expect(await faultsOf({ ...draft, owner: { name: 'imported' } })).toHaveLength(1);
    expect(await faultsOf({ ...draft, files: { 'config.json': '{}' } })).toEqual([]);
  });

  it('knows that programs have another ending on Windows', async () => {
    const toml: Replacements = [['[provides]', '[bin]\nlens = "bin/lens"\n[provides]']];
    const published: Replacements = [['platform = "any"', 'platform = "win32-x64"']];
    expect(await faultsOf({ toml, published, files: { 'bin/lens.exe': 'x' } })).toEqual([]);
    const elsewhere: ChangeDraft = { toml, files: { 'bin/lens.exe': 'x' } };
    expect(await saidOf(elsewhere)).toEqual(
      only('required-files', 'error', /names "bin\/lens", which is not there/, URL),
    );
  });
});

describe('entry', () => {
  it('finds that it is not in the archive', async () => {
    expect(await saidOf({ files: { 'plugin.wasm': null } })).toEqual(
      only('entry', 'error', /does not hold its entry "plugin.wasm"/, URL),
    );
  });

  it('finds that nothing says which file to load, unless nothing is to be loaded', async () => {
    const published: Replacements = [['entry = "plugin.wasm"\n', '']];
    expect(await saidOf({ published })).toEqual(
      only('entry', 'error', /does not say which file to load/, URL),
    );
    expect(await faultsOf({ published, toml: [['commands = ["run"]', 'commands = []']] })).toEqual([]);
  });

  it.each([
    [
      'what is no module',
      { files: { 'plugin.wasm': 'nothing' } },
      /In "graph-lens-1\.2\.0\.tar\.gz": The module/,
    ],
    [
      'a command that it does not export',
      { toml: [['["run"]', '["run", "walk"]']] },
      /does not export "walk"/,
    ],
    [
      'a capability that it does not use',
      { toml: [['capabilities = []', 'capabilities = ["query"]']] },
      /which the module does not use/,
    ],
    ['more memory than stated', { module: exampleModule('', '300') }, /memory/],
  ] as const)('finds %s', async (_, draft, message) => {
    expect(await saidOf(draft)).toEqual(only('entry', 'error', message, URL));
  });

  it('finds a capability that is not declared', async () => {
    const module = exampleModule('(import "query" "run" (func (param i32 i32) (result i64)))');
    expect(await saidOf({ module })).toEqual(
      only('entry', 'error', /which the manifest does not declare/, URL),
    );
    expect(await faultsOf({ module, toml: [['capabilities = []', 'capabilities = ["query"]']] })).toEqual([]);
  });
});

describe('builds', () => {
  const BUILD = '[requires]\ncargo = "*"\n[build]\ncommand = ["cargo", "build"]\noutput = "target/lens"\n';
  const source = (build: string, tier = 'native'): ChangeDraft => ({
    toml: [
      ['tier = "wasm"', `tier = "${tier}"`],
      ['[provides]', `${build}[provides]`],
    ],
    published: asKind('source', 'any'),
    files: { 'plugin.wasm': null, 'src/main.rs': 'fn main() {}' },
  });

  it('takes source that says how it is built', async () => {
    expect(await faultsOf(source(BUILD))).toEqual([]);
  });

  it('takes commands that the build will make', async () => {
    const bin = `${BUILD}[bin]\nlens = "target/lens"\n`;
    expect(await faultsOf(source(bin))).toEqual([]);
  });

  it('finds source of a tier that is not built', async () => {
    expect(await saidOf(source(BUILD, 'wasm'))).toEqual(
      only('builds', 'error', /only built for the tier native/, 'tier = '),
    );
  });

  it('finds a program that [requires] does not name', async () => {
    expect(await saidOf(source(BUILD.replace('[requires]\ncargo = "*"\n', '')))).toEqual(
      only('builds', 'warning', /runs "cargo", which \[requires\] does not name/, 'command = '),
    );
  });

  it('finds what the build should make', async () => {
    const draft = source(BUILD);
    const files = { ...draft.files, 'target/lens': 'program' };
    expect(await saidOf({ ...draft, files })).toEqual(
      only('builds', 'error', /already holds "target\/lens"/, URL),
    );
  });

  it('finds an output that lies elsewhere', async () => {
    const { release } = await sourceWithOutput('../lens');
    expect(release).toEqual([expect.objectContaining({ rule: 'builds', severity: 'error' })]);
  });

  async function sourceWithOutput(output: string): Promise<{ readonly release: readonly Found[] }> {
    const change = await submittedChange(source(BUILD));
    const [plugin] = change.plugins;
    const releases = plugin?.releases.map((one) => ({
      ...one,
      manifest: { ...one.manifest, build: { command: ['cargo'], output } },
    }));
    const plugins = plugin === undefined ? [] : [{ ...plugin, releases: releases ?? [] }];
    const rules = CONTENT_RULES.filter(({ id }) => id === 'builds');
    const found = await Promise.all(
      rules.map(async ({ id, judge }) =>
        (await judge({ ...change, plugins })).map((one) => ({ rule: id, ...one })),
      ),
    );
    return { release: found.flat() };
  }

  it('finds a program for any platform', async () => {
    const published = asKind('binary', 'any');
    const found = await faultsOf({ toml: [['tier = "wasm"', 'tier = "native"']], published });
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['embedded-manifest', 'warning'],
      ['builds', 'error'],
    ]);
  });
});
