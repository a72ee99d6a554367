import { describe, expect, it } from 'vitest';
import { faultsOf, only, saidOf } from '../../../test/support/said-of-release.ts';
import {
  type ChangeDraft,
  MIT_TEXT,
  type Replacements,
  submittedChange,
} from '../../../test/support/submitted-change.ts';
import { exampleModule } from '../scanning/wasm-example.ts';

/** What stands on the lines where faults are. */
const VERSION = 'version = ';
const URL = 'url = ';
const needing = (line: string): Replacements => [
  ['serde = "1.0"\n', `serde = "1.0"\n[dependencies.plugins]\n${line}\n`],
];
const withEngine = (line: string): Replacements => [['parseltongue_version = ">=0.3.0 <2"', line]];
const asKind = (kind: string, platform: string): Replacements => [
  ['kind = "archive"', `kind = "${kind}"`],
  ['platform = "any"', `platform = "${platform}"`],
  ['entry = "plugin.wasm"\n', ''],
];

describe('a release in order', () => {
  it('has no fault, packed or as a bare module', async () => {
    expect(await faultsOf()).toEqual([]);
    expect(await faultsOf({ bare: true, published: asKind('wasm', 'any') })).toEqual([]);
  });

  it('has none either when nobody looked at its artifacts', async () => {
    expect(await faultsOf({ examined: { files: undefined } })).toEqual([]);
  });
});

describe('version-growth', () => {
  const notes: Replacements = [['[provides]', '[install]\nnotes = "Run lens init."\n[provides]']];

  it.each([
    ['the first of all', []],
    ['higher than all others of its line', ['0.9.0', '1.0.0', '1.1.9', '1.2.0-rc.1']],
    ['a backport to an older line', ['1.0.0', '1.1.0', '2.0.0', '2.5.0']],
  ])('takes %s', async (_, versions) => {
    expect(await faultsOf({ versions })).toEqual([]);
  });

  it.each([
    ['1.2.1', ['1.0.0', '1.2.1', '2.0.0']],
    ['1.10.0', ['1.9.0', '1.10.0']],
    ['1.2.1-beta.1', ['1.2.1-beta.1']],
  ])('finds a version below %s of its line', async (highest, versions) => {
    expect(await saidOf({ versions })).toEqual(
      only('version-growth', 'error', `Version 1.2.0 is lower than ${highest}, which is published.`, VERSION),
    );
  });

  it('finds a number that was used and removed', async () => {
    for (const before of [{ yanked: { '1.2.0': 'broken' } }, { deprecatedVersions: { '1.2.0': 'old' } }]) {
      expect(await saidOf({ before })).toEqual(
        only('version-growth', 'error', 'Version 1.2.0 was published before, and removed.', VERSION),
      );
    }
  });

  it.each([
    ['a major version', ['0.9.0'], '1.2.0'],
    ['a minor version below 1.0.0', ['0.3.0', '0.3.1'], '0.4.0'],
  ])('finds %s without notes', async (_, versions, version) => {
    const draft: ChangeDraft = { versions, version };
    expect(await saidOf(draft)).toEqual(
      only('version-growth', 'error', /nothing says what changed/, VERSION),
    );
  });

  it('takes notes in the manifest, and a changelog that names the version', async () => {
    const versions = ['0.9.0'];
    expect(await faultsOf({ versions, toml: notes })).toEqual([]);
    expect(await faultsOf({ versions, files: { 'CHANGELOG.md': '# v1.2.0\n\nNew names.' } })).toEqual([]);
    expect(await faultsOf({ versions, files: { 'NOTES.txt': 'In 1.2.0: new names.' } })).toEqual([]);
    expect(await faultsOf({ versions, examined: { files: undefined } })).toEqual([]);
  });

  it('does not take a changelog of other versions', async () => {
    const files = { 'CHANGELOG.md': '# 11.2.0\n# 1.2.0-rc.1\n# 1.2.01' };
    expect(await saidOf({ versions: ['0.9.0'], files })).toEqual(
      only('version-growth', 'error', /nothing says/, VERSION),
    );
  });
});

describe('engines', () => {
  /** As authors are shown it. */
  const OPEN = 'parseltongue_version = ">=0.3.0"';

  it.each([
    ['the registry supports all later versions, too', { parseltongue: { supported: '>=0.3.0' as never } }],
    ['the registry has no engines', {}],
  ])('finds a range without end where %s', async (_, engines) => {
    const { registry } = await submittedChange();
    const draft = { toml: withEngine(OPEN), change: { registry: { ...registry, engines } } };
    expect(await saidOf(draft)).toEqual(
      only('engines', 'warning', /has no upper end/, 'parseltongue_version'),
    );
  });

  it('takes a range without end where the supported versions end', async () => {
    expect(await faultsOf({ toml: withEngine(OPEN) })).toEqual([]);
  });

  it('finds a range that nobody supports', async () => {
    expect(await saidOf({ toml: withEngine('parseltongue_version = "^2.1.0"') })).toEqual(
      only('engines', 'error', /No supported version of parseltongue/, 'parseltongue_version'),
    );
  });

  it('finds an engine that no host has, and means the one that is spelled alike', async () => {
    const found = await faultsOf({ toml: withEngine('parseltonge_version = ">=0.3.0 <2"') });
    expect(found.map(({ rule, severity, fix }) => [rule, severity, fix])).toEqual([
      ['engines', 'warning', 'Did you mean parseltongue_version?'],
      ['engines', 'warning', 'Write parseltongue_version under [compatibility].'],
    ]);
  });

  it('shows engines of others without a bound, beside one of the registry', async () => {
    const lines = 'parseltongue_version = ">=0.3.0 <2"\nrust_version = ">=1.70.0"';
    expect(await saidOf({ toml: withEngine(lines) })).toEqual(
      only('engines', 'warning', /No host of this registry has/, 'rust_version'),
    );
  });

  it('finds that none is named', async () => {
    expect(await saidOf({ toml: withEngine('') })).toEqual(
      only('engines', 'warning', /does not say with which hosts/, '[compatibility]'),
    );
  });
});

describe('capabilities', () => {
  const asking = (id: string) => ({
    toml: [['capabilities = []', `capabilities = ["${id}"]`]] as const,
    module: exampleModule(`(import "${id}" "run" (func (param i32 i32) (result i64)))`),
  });

  it('finds one that no host offers, and means the one that is spelled alike', async () => {
    expect(await saidOf(asking('qery'))).toEqual(
      only('capabilities', 'error', /do not offer the capability "qery"/, 'capabilities = '),
    );
    expect((await faultsOf(asking('qery')))[0]?.fix).toBe('Did you mean "query"?');
  });

  it('finds one that the tier may not have', async () => {
    expect(await saidOf(asking('network'))).toEqual(
      only('capabilities', 'error', /is for the tier native/, 'capabilities = '),
    );
  });
});

describe('plugin-dependencies', () => {
  const draft = (line: string, others: NonNullable<ChangeDraft['others']> = {}): ChangeDraft => ({
    toml: needing(line),
    others,
  });
  const LINE = 'users = ';
  const TABLE = '[dependencies.plugins]';

  it('takes plugins that fit, those of other registries, and what is yanked beside what is not', async () => {
    const others = {
      users: { versions: { '1.0.0': { needs: { names: '^1' } }, '1.1.0': {} }, yanked: ['1.1.0'] },
      names: { versions: { '1.0.0': {} } },
    };
    expect(await faultsOf(draft('users = "^1"', others))).toEqual([]);
    expect(await faultsOf(draft('users = { version = "^1", registry = "elsewhere" }'))).toEqual([]);
  });

  it.each([
    ['one that does not exist', 'users = "^1"', {}, 'The registry has no plugin users.'],
    [
      'versions that do not exist',
      'users = "^3"',
      { users: { versions: { '1.0.0': {} } } },
      'No version of users lies in "^3"; the newest is 1.0.0.',
    ],
    [
      'versions that were yanked',
      'users = "^1"',
      { users: { versions: { '1.0.0': {}, '2.0.0': {} }, yanked: ['1.0.0'] } },
      'All versions of users in "^1" were yanked; the newest is 2.0.0.',
    ],
  ] as const)('finds %s', async (_, line, others, message) => {
    expect(await saidOf(draft(line, others))).toEqual(only('plugin-dependencies', 'error', message, LINE));
  });

  it('means the plugin that is spelled alike', async () => {
    const change = (await submittedChange()).names;
    const names = new Map([...change, ['users' as never, ['visualizers']]]);
    const [fault] = await faultsOf({ ...draft('uzers = "^1"'), change: { names } });
    expect(fault?.fix).toBe('Did you mean users?');
  });

  it('only warns of what is optional', async () => {
    const line = 'users = { version = "^1", optional = true }';
    expect(await saidOf(draft(line))).toEqual(
      only('plugin-dependencies', 'warning', /has no plugin users/, LINE),
    );
  });

  it('warns of a range without end', async () => {
    const others = { users: { versions: { '1.0.0': {} } } };
    expect(await saidOf(draft('users = ">=1"', others))).toEqual(
      only('plugin-dependencies', 'warning', /no upper end/, LINE),
    );
  });

  it('finds that two of them do not fit together, and says why', async () => {
    const others = {
      users: { versions: { '1.0.0': { needs: { names: '^1' } } } },
      teams: { versions: { '1.0.0': { needs: { names: '^2' } } } },
      names: { versions: { '1.0.0': {}, '2.0.0': {} } },
    };
    expect(await saidOf(draft('users = "^1"\nteams = "^1"', others))).toEqual(
      only('plugin-dependencies', 'error', /^graph-lens 1\.2\.0 cannot be installed: .*names/, TABLE),
    );
  });

  it('finds that what it needs does not run where it does', async () => {
    const others = { users: { versions: { '1.0.0': { platform: 'win32-x64' } } } };
    const published: Replacements = [['platform = "any"', 'platform = "linux-x64"']];
    expect(await saidOf({ ...draft('users = "^1"', others), published })).toEqual(
      only('plugin-dependencies', 'error', /cannot be installed on linux-x64/, TABLE),
    );
    expect(await faultsOf(draft('users = "^1"', others))).toEqual([]);
  });

  it('finds a circle through the release, and no other', async () => {
    const back = {
      users: { versions: { '1.0.0': { needs: { names: '^1' } } } },
      names: { versions: { '1.0.0': { needs: { 'graph-lens': '^1' } } } },
    };
    expect(await saidOf(draft('users = "^1"', back))).toEqual(
      only(
        'plugin-dependencies',
        'error',
        'The plugins need each other: graph-lens → users → names → graph-lens. No host can load one before the other.',
        TABLE,
      ),
    );
    const aside = {
      users: { versions: { '1.0.0': { needs: { names: '^1' } } } },
      names: { versions: { '1.0.0': { needs: { users: '^1' } } } },
    };
    expect(await faultsOf(draft('users = "^1"', aside))).toEqual([]);
  });
});

describe('package-dependencies', () => {
  it('warns of a plugin among the packages', async () => {
    const others = { serde: { versions: { '1.0.0': {} } } };
    expect(await saidOf({ others })).toEqual(
      only('package-dependencies', 'warning', /"serde" is a plugin of this registry/, 'serde'),
    );
  });
});

describe('licence', () => {
  const under = (line: string): Replacements => [['license = "MIT"\n', line]];

  it('finds that none is named, where the policy asks for one', async () => {
    expect(await saidOf({ toml: under('') })).toEqual(
      only('licence', 'error', 'The manifest names no licence.', '[plugin]'),
    );
    const licenses = { required: false, allow: [], deny: [] };
    expect(await faultsOf({ toml: under(''), change: { licenses } })).toEqual([]);
  });

  it('finds one that the policy does not allow, and takes a choice with one that it does', async () => {
    const text = { LICENSE: 'GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007' };
    const draft: ChangeDraft = { toml: under('license = "GPL-3.0-only"\n'), files: text };
    expect(await saidOf(draft)).toEqual(
      only('licence', 'error', /does not take plugins under "GPL-3\.0-only"/, 'license = '),
    );
    const denying = { licenses: { required: true, allow: [], deny: ['GPL-3.0-only'] } };
    expect((await faultsOf({ ...draft, change: denying }))[0]?.fix).toBe('It refuses GPL-3.0-only.');
    expect(await faultsOf({ toml: under('license = "GPL-3.0-only OR MIT"\n') })).toEqual([]);
  });

  it('warns of the text of another licence, and not of one that it does not know', async () => {
    const files = { LICENSE: 'Apache License\nVersion 2.0, January 2004' };
    expect(await saidOf({ files })).toEqual(
      only('licence', 'warning', /reads like Apache-2\.0, and the manifest says "MIT"/, URL),
    );
    expect(await faultsOf({ files: { LICENSE: 'Be good.' } })).toEqual([]);
    expect(await faultsOf({ files: { ...files, 'LICENSE-MIT': MIT_TEXT } })).toEqual([]);
  });
});

describe('claims', () => {
  it('warns of a claim that nobody can check', async () => {
    const claim = '[testing]\nperformance_validated = true\n';
    expect(await saidOf({ toml: [['[provides]', `${claim}[provides]`]] })).toEqual(
      only(
        'claims',
        'warning',
        'performance_validated is a claim that nobody can check without benchmark_suite.',
        'performance_validated',
      ),
    );
    const suite = `${claim}benchmark_suite = "benches/"\n`;
    expect(await faultsOf({ toml: [['[provides]', `${suite}[provides]`]] })).toEqual([]);
  });

  it('finds a first release that wants to be part of the host', async () => {
    const toml: Replacements = [['tier = "wasm"', 'tier = "core"']];
    expect(await saidOf({ toml, versions: [] })).toEqual(
      only('claims', 'error', /asks for the tier core/, 'tier = '),
    );
    expect(await faultsOf({ toml })).toEqual([]);
  });
});
