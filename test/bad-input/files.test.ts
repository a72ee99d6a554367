import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeTree } from '../../src/testkit/index.ts';
import {
  allRefused,
  attempts,
  refusal,
  refusalOf,
  type UserOfRegistry,
  uncleanPart,
  userOfRegistry,
} from '../support/registry-on-loopback.ts';

/** Files that people edit, in every way in which an edit goes wrong. */

const LENS = { name: 'graph-lens', version: '1.0.0' };
const COMMANDS = [
  ['install'],
  ['install', 'users'],
  ['update'],
  ['remove', 'graph-lens'],
  ['list'],
  ['verify'],
];

/** A user with `graph-lens` installed. */
async function withLens(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([LENS, { name: 'users', version: '1.0.0' }]);
  await user.does('install', 'graph-lens');
  return user;
}

describe('sheaf.toml', () => {
  it.each([
    ['broken TOML', '[plugins]\ngraph-lens = "^1.0.0\n', /./, 'sheaf.toml:2:21', /./],
    ['an unknown key', '[plugin]\n[hots]\n', /hots/, 'sheaf.toml:2:2', /host/],
    ['a value of the wrong type', '[plugins]\ngraph-lens = 1\n', /graph-lens/, 'sheaf.toml:2:1', /./],
    ['no range', '[plugins]\ngraph-lens = "newest"\n', /"newest"/, 'sheaf.toml:2:1', /./],
    ['bytes that are no UTF-8', '\u00ff\u00fe', /UTF-8/, 'sheaf.toml:1:1', /./],
  ])('with %s is refused at its place', async (_, text, sentence, place, hint) => {
    const user = await withLens();
    await writeFile(user.at('project/sheaf.toml'), Buffer.from(text, 'latin1'));
    expect(await attempts(user, COMMANDS)).toEqual(
      allRefused(COMMANDS, { status: 1, code: 'SHEAF_INVALID_FILE', sentence, place, hint }),
    );
  });
});

describe('config.toml', () => {
  it.each([
    ['broken TOML', '[registries.acme\n', /./, 'config.toml:1:17', /./],
    ['an unknown key', '[polcy]\ntiers = ["wasm"]\n', /polcy/, 'config.toml:1:2', /policy/],
    ['a value of the wrong type', 'registries = 3\n', /registries/, 'config.toml:1:1', /./],
  ])('with %s is refused at its place', async (_, text, sentence, place, hint) => {
    const user = await withLens();
    await writeFile(user.at('home/config/config.toml'), text);
    const commands = [['install'], ['sync'], ['registry', 'list'], ['info', 'graph-lens']];
    expect(await attempts(user, commands)).toEqual(
      allRefused(commands, { status: 1, code: 'SHEAF_INVALID_FILE', sentence, place, hint }),
    );
  });
});

describe('sheaf.lock', () => {
  const lockOf = (user: UserOfRegistry) => user.at('project/sheaf.lock');
  /** Rewrites the lock of a user. */
  async function edited(edit: (text: string) => string): Promise<UserOfRegistry> {
    const user = await withLens();
    const before = await readFile(lockOf(user), 'utf8');
    expect(edit(before)).not.toBe(before);
    await writeFile(lockOf(user), edit(before));
    return user;
  }
  const writers = [['install'], ['install', 'users'], ['install', '--frozen'], ['update'], ['list']];

  it('from the future is refused, and never rewritten in an older form', async () => {
    const user = await edited((text) => text.replace('version = 1', 'version = 2'));
    expect(await attempts(user, writers)).toEqual(
      allRefused(writers, {
        status: 10,
        code: 'SHEAF_LOCK_INVALID',
        sentence: /^sheaf\.lock cannot be used: /,
        place: 'sheaf.lock:2:1',
        hint: 'Upgrade sheaf.',
      }),
    );
  });

  it('with conflict markers is refused at the first of them', async () => {
    const user = await edited((text) =>
      text.replace(/\n\[\[plugin\]\]/, '\n<<<<<<< HEAD\n[[plugin]]').concat('=======\n>>>>>>> other\n'),
    );
    expect(await attempts(user, writers)).toEqual(
      allRefused(writers, {
        status: 10,
        code: 'SHEAF_LOCK_INVALID',
        sentence: 'sheaf.lock cannot be used: A merge left conflict markers in it.',
        place: ':1',
        hint: /git checkout --ours/,
      }),
    );
  });

  it('that was broken by hand is refused', async () => {
    const user = await edited((text) => text.replace('[[plugin]]', '[[plugin]'));
    expect(await attempts(user, writers)).toEqual(
      allRefused(writers, {
        status: 10,
        code: 'SHEAF_LOCK_INVALID',
        sentence: /^sheaf\.lock cannot be used: /,
        place: ':10',
        hint: /^Restore sheaf\.lock from version control/,
      }),
    );
  });

  it('whose manifest was swapped by hand installs nothing', async () => {
    const user = await edited((text) => text.replace(/^manifest = ".{8}/m, 'manifest = "00000000'));
    expect(await attempts(user, [['install'], ['install', '--frozen'], ['install', '--force']])).toEqual(
      allRefused([['install'], ['install', '--frozen'], ['install', '--force']], {
        status: 5,
        code: 'SHEAF_INDEX',
        sentence: 'graph-lens 1.0.0 is not the release that was locked.',
        hint: /^A release never changes/,
      }),
    );
  });

  it('that names a version which does not exist installs nothing', async () => {
    const user = await edited((text) => text.replace('version = "1.0.0"', 'version = "1.0.1"'));
    expect(await attempts(user, [['install'], ['install', '--frozen']])).toEqual(
      allRefused([['install'], ['install', '--frozen']], {
        status: 6,
        code: 'SHEAF_UNKNOWN_VERSION',
        sentence: 'Registry acme has no graph-lens 1.0.1.',
        hint: /./,
      }),
    );
  });

  it('that promises another artifact cannot bring it in', async () => {
    const user = await edited((text) =>
      text.replace(/sha256 = "[0-9a-f]{64}", size/, `sha256 = "${'0'.repeat(64)}", size`),
    );
    expect(
      await attempts(user, [
        ['install', '--frozen'],
        ['install', '--locked'],
      ]),
    ).toEqual(
      allRefused(
        [
          ['install', '--frozen'],
          ['install', '--locked'],
        ],
        {
          status: 10,
          code: 'SHEAF_LOCK_INVALID',
          sentence: 'sheaf.lock says something else about a plugin than its signed release.',
          hint: /^Restore sheaf\.lock from version control/,
        },
      ),
    );
    await user.does('install', '--force');
    expect(await user.does('verify')).toContain('1 plugin as signed');
  });

  it('from another registry is refused before anything is fetched', async () => {
    const user = await edited((text) => text.replaceAll('"acme"', '"other"'));
    user.artifacts.asked.length = 0;
    expect(
      await attempts(user, [
        ['install', '--frozen'],
        ['install', '--locked'],
      ]),
    ).toEqual(
      allRefused(
        [
          ['install', '--frozen'],
          ['install', '--locked'],
        ],
        {
          status: 6,
          code: 'SHEAF_UNKNOWN_REGISTRY',
          sentence: 'graph-lens is wanted from registry other, which is not configured.',
          hint: 'Add it with: sheaf registry add URL.',
        },
      ),
    );
    expect(user.artifacts.asked).toEqual([]);
  });

  it('that is missing or incomplete refuses a locked installation', async () => {
    const user = await withLens();
    await writeFile(user.at('project/sheaf.toml'), '[plugins]\ngraph-lens = "^1.0.0"\nusers = "^1.0.0"\n');
    const locked = [
      ['install', '--frozen'],
      ['install', '--locked'],
    ];
    expect(await attempts(user, locked)).toEqual(
      allRefused(locked, {
        status: 10,
        code: 'SHEAF_LOCK_OUTDATED',
        sentence: 'sheaf.lock is out of date: sheaf.toml needs users, which is not locked.',
        hint: /Run `sheaf install` without --locked/,
      }),
    );
    await rm(lockOf(user));
    expect(await attempts(user, locked)).toEqual(
      allRefused(locked, {
        status: 10,
        code: 'SHEAF_LOCK_OUTDATED',
        sentence: 'sheaf.lock is out of date: There is no sheaf.lock yet.',
        hint: /Run `sheaf install` without --locked/,
      }),
    );
  });

  it('that is complete installs what it says without the network, also on a fresh checkout', async () => {
    const user = await withLens();
    await rm(user.at('project/.sheaf'), { recursive: true });
    const before = await user.belongings();
    await Promise.all([user.index.stop(), user.artifacts.stop()]);
    await user.does('install', '--frozen');
    expect(await user.belongings()).toMatchObject(before);
    expect(await user.does('verify')).toContain('1 plugin as signed');
  });
});

describe('a registry manifest', () => {
  const MANIFEST = 'plugins/integrations/gr/graph-lens/1.0.0.toml';

  /** `sheaf index build` over a repository in which one manifest was rewritten. */
  async function build(rewrite: (text: string) => string, path: string = MANIFEST) {
    const user = await userOfRegistry([LENS], { add: false });
    const text = new TextDecoder().decode(user.registry.source.get(MANIFEST));
    expect(text).toContain('graph-lens');
    user.registry.source.set(path, new TextEncoder().encode(rewrite(text)));
    await writeTree(user.at('repository'), user.registry.source);
    await writeTree(user.at('out'), new Map([['latest', new TextEncoder().encode('1-1\n')]]));
    const result = await user.sheaf('index', 'build', user.at('repository'), '--out', user.at('out'));
    expect(await readFile(user.at('out/latest'), 'utf8')).toBe('1-1\n');
    return result;
  }
  const refused = { status: 1, code: 'SHEAF_INVALID_FILE' } as const;

  it('with broken TOML stops the build', async () => {
    expect(
      refusalOf(await build((text) => text.replace('name = "graph-lens"', 'name = graph-lens'))),
    ).toEqual(
      refusal({
        ...refused,
        sentence: /./,
        place: `${MANIFEST}:2:8`,
        hint: /./,
      }),
    );
  });

  it('with an unknown key names the key that was meant', async () => {
    expect(refusalOf(await build((text) => text.replace('license =', 'licence =')))).toEqual(
      refusal({
        ...refused,
        sentence: /licence/,
        place: `${MANIFEST}:6:1`,
        hint: /license/,
      }),
    );
  });

  it('with a value of the wrong type says which type it must be', async () => {
    expect(refusalOf(await build((text) => text.replace(/description = .*/, 'description = 5')))).toEqual(
      refusal({
        ...refused,
        sentence: /description/,
        place: `${MANIFEST}:4:1`,
        hint: /./,
      }),
    );
  });

  it('whose version is not that of its file name stops the build', async () => {
    expect(refusalOf(await build((text) => text.replace('version = "1.0.0"', 'version = "1.0.1"')))).toEqual(
      refusal({
        ...refused,
        sentence: /1\.0\.1/,
        place: `${MANIFEST}:3:1`,
        hint: /./,
      }),
    );
  });

  it('with characters that deceive the reader of a terminal is refused and shown escaped', async () => {
    const result = await build((text) =>
      text.replace('The simulated plugin', 'The \u202ebidi \u001b[31mplugin'),
    );
    expect(uncleanPart(result.stderr)).toBeUndefined();
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('\\u202e');
  });

  it('whose file name has characters that deceive is refused and shown escaped', async () => {
    const result = await build(
      (text) => text,
      'plugins/integrations/gr/graph-\u202elens/1.0.0\u001b[2J.toml',
    );
    expect(uncleanPart(result.stderr)).toBeUndefined();
    expect(result).toMatchObject({ status: 1, stdout: '' });
  });

  it('that is broken does not hide the others that are', async () => {
    const result = await build((text) =>
      text.replace('license =', 'licence =').replace('version = "1.0.0"', 'version = 1'),
    );
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('licence');
    expect(result.stderr).toMatch(/1\.0\.0\.toml:3:1/);
  });
});
