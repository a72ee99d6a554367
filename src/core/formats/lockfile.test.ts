import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sha256, sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import {
  type LockedLocal,
  type LockedPlugin,
  type Lockfile,
  lockfileOf,
  readLockfile,
  writeLockfile,
} from './lockfile.ts';

const digest = (text: string): Sha256 => sha256(Buffer.from(text));

function plugin(name: string, version = '1.0.0'): LockedPlugin {
  return {
    name: pluginName(name),
    version: version as Version,
    registry: 'example-plugins',
    manifest: digest(name),
    owner: { name: 'ada', version: 1, key: `SHA256:${'A'.repeat(43)}` },
    tier: 'wasm',
    capabilities: ['query', 'read-isg'],
    dependencies: { [pluginName('users')]: '^1.0.0' as VersionRange },
    platforms: { any: { url: 'https://example.org/a.wasm', sha256: digest('a'), size: 12 } },
  };
}

const lock: Lockfile = {
  registries: [
    {
      id: 'example-plugins',
      url: 'https://example.org/plugins/',
      root: { version: 1, sha256: digest('root') },
      checkpoint: { epoch: 1, version: 57, sha256: digest('checkpoint') },
    },
  ],
  plugins: [plugin('lens'), { ...plugin('users'), capabilities: [], dependencies: {} }],
};

const text = new TextDecoder().decode(writeLockfile(lock));
const read = (text: string) => lockfileOf(readLockfile(Buffer.from(text), 'sheaf.lock'));

function refusal(text: string): SheafError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof SheafError) return error;
  }
  return expect.unreachable('it was read');
}

describe('sheaf.lock', () => {
  it('keeps which registries had no plugin of a name', () => {
    const absent = { ...lock, plugins: [{ ...plugin('lens'), absentIn: ['acme', 'beta'] }] };
    const written = new TextDecoder().decode(writeLockfile(absent));
    expect(written).toContain('registry = "example-plugins"\nabsent_in = ["acme", "beta"]\n');
    expect(read(written)).toEqual(absent);
    expect(text).not.toContain('absent_in');
  });

  it('reads what it writes', () => {
    expect(read(text)).toEqual(lock);
    expect(read(new TextDecoder().decode(writeLockfile({ registries: [], plugins: [] })))).toEqual({
      registries: [],
      plugins: [],
    });
  });

  it('keeps plugins that nobody signed in a list of their own', () => {
    const local: LockedLocal = {
      name: pluginName('drafts'),
      version: '0.1.0-dev' as Version,
      path: '../drafts',
      kind: 'archive',
      sha256: digest('drafts'),
      size: 7,
      entry: 'build/drafts.wasm',
      tier: 'wasm',
      capabilities: ['query'],
      dependencies: { [pluginName('users')]: '^1.0.0' as VersionRange },
    };
    const bytes = writeLockfile({ ...lock, local: [local] });
    const written = new TextDecoder().decode(bytes);
    expect(written).toContain('[[local]]\nname = "drafts"');
    expect(read(written)).toEqual({ ...lock, local: [local] });
    const twice = writeLockfile({ ...lock, local: [{ ...local, name: pluginName('users') }] });
    expect(refusal(new TextDecoder().decode(twice)).message).toContain('users is listed twice');
  });

  it('gives the same bytes for the same lock in any order', () => {
    const [lens, users] = lock.plugins;
    const shuffled = { ...lock, plugins: [users!, { ...lens!, capabilities: ['read-isg', 'query'] }] };
    expect(new TextDecoder().decode(writeLockfile(shuffled))).toBe(text);
  });

  it('looks like this', () => {
    expect(
      text.replaceAll(/[0-9a-f]{64}/g, '…'),
    ).toBe(`# Written by sheaf. Commit this file, and change it only with sheaf.
version = 1

[[registry]]
id = "example-plugins"
url = "https://example.org/plugins/"
root = { version = 1, sha256 = "…" }
checkpoint = { epoch = 1, version = 57, sha256 = "…" }

[[plugin]]
name = "lens"
version = "1.0.0"
registry = "example-plugins"
manifest = "…"
owner = { name = "ada", version = 1, key = "SHA256:${'A'.repeat(43)}" }
tier = "wasm"
capabilities = ["query", "read-isg"]
[plugin.dependencies]
users = "^1.0.0"
[plugin.platforms]
any = { url = "https://example.org/a.wasm", sha256 = "…", size = 12 }

[[plugin]]
name = "users"
version = "1.0.0"
registry = "example-plugins"
manifest = "…"
owner = { name = "ada", version = 1, key = "SHA256:${'A'.repeat(43)}" }
tier = "wasm"
capabilities = []
[plugin.platforms]
any = { url = "https://example.org/a.wasm", sha256 = "…", size = 12 }
`);
  });

  it('changes only the lines of the plugin that changed', () => {
    const updated = { ...lock, plugins: [plugin('lens', '1.1.0'), lock.plugins[1]!] };
    const before = text.split('\n');
    const after = new TextDecoder().decode(writeLockfile(updated)).split('\n');
    expect(after.filter((line, index) => line !== before[index])).toEqual(['version = "1.1.0"']);
  });

  it('is read with the line ends of Windows', () => {
    expect(read(text.replaceAll('\n', '\r\n'))).toEqual(lock);
  });

  it('is refused with conflict markers, at their line, with the way out', () => {
    const conflict = text.replace(
      '[[plugin]]\nname = "users"',
      '<<<<<<< HEAD\n[[plugin]]\nname = "users"\n=======\n>>>>>>> other',
    );
    const error = refusal(conflict);
    expect(error.code).toBe('SHEAF_LOCK_INVALID');
    expect(error.message).toBe('sheaf.lock cannot be used: A merge left conflict markers in it.');
    expect(error.place).toEqual({
      file: 'sheaf.lock',
      line: conflict.split('\n').indexOf('<<<<<<< HEAD') + 1,
      column: 1,
    });
    expect(error.hint).toContain('run `sheaf install` to resolve again');
  });

  it('is refused when a newer sheaf wrote it, whatever else is in it', () => {
    const error = refusal('version = 2\nnew_things = [1]\n');
    expect(error.code).toBe('SHEAF_LOCK_INVALID');
    expect(error.message).toContain('written by a newer sheaf');
    expect(error.hint).toBe('Upgrade sheaf.');
  });

  it.each([
    ['nothing at all', ''],
    ['no TOML', 'version = \n'],
    ['an unknown key', text.replace('tier =', 'teir =')],
    ['a wrong digest', text.replace(digest('lens'), 'abc')],
    [
      'a plugin twice, as a merge without conflict leaves it',
      text.replace('name = "users"', 'name = "lens"'),
    ],
    [
      'a registry twice',
      text.replace(
        '[[plugin]]',
        `${text.slice(text.indexOf('[[registry]]'), text.indexOf('[[plugin]]'))}[[plugin]]`,
      ),
    ],
    ['a registry that is not listed', text.replace('registry = "example-plugins"', 'registry = "other"')],
    ['a range that is none', text.replace('users = "^1.0.0"', 'users = "one"')],
    ['a version that is none', text.replace('version = "1.0.0"', 'version = "99999999999999999999.0.0"')],
    ['no artifact', text.replace(/any = .*\n/, '')],
    ['an empty epoch', text.replace('epoch = 1', 'epoch = 0')],
  ])('is refused with %s, and says how to get a good one', (_, broken) => {
    const error = refusal(broken);
    expect(error.code).toBe('SHEAF_LOCK_INVALID');
    expect(error.hint).toContain('sheaf install');
  });

  it('survives any text in it, or refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (url) => {
        const odd = { ...lock, registries: [{ ...lock.registries[0]!, url }] };
        const reading = readLockfile(writeLockfile(odd), 'sheaf.lock');
        expect(reading.value ?? odd).toEqual(odd);
        expect(reading.value === undefined).toBe(reading.findings.length > 0);
      }),
    );
  });
});
