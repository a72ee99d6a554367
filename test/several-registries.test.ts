import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { anotherRegistry } from './support/another-registry.ts';
import { refusal, refusalOf, type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** Two registries and one name: where a plugin comes from, and what a cloned project can do about it. */

const lockOf = (user: UserOfRegistry): Promise<string> => readFile(user.at('project/sheaf.lock'), 'utf8');

async function project(user: UserOfRegistry, text: string): Promise<void> {
  await mkdir(user.at('project'), { recursive: true });
  await writeFile(user.at('project/sheaf.toml'), text);
}

const LENS = { name: 'graph-lens', version: '1.0.0' };

describe('a plugin that nobody binds to a registry', () => {
  it('stays with the one it was locked from when an earlier one gets its name, and the person is told', async () => {
    const user = await userOfRegistry([{ name: 'map', version: '1.0.0' }]);
    const second = await anotherRegistry(user, 'second', [LENS]);
    await user.does('install', 'graph-lens');
    expect(await lockOf(user)).toContain('registry = "second"\nabsent_in = ["acme"]\n');

    user.registry.addRelease({ ...LENS, version: '9.0.0' });
    user.registry.now += 1000;
    await user.registry.publish();
    await second.release({ ...LENS, version: '1.1.0' });
    const { status, stderr } = await user.sheaf('update');
    expect(status).toBe(0);
    expect(stderr).toContain(
      'Registry acme has a plugin graph-lens, too; it stays with second. Decide with: sheaf install second/graph-lens or acme/graph-lens.',
    );
    expect(await lockOf(user)).toMatch(/version = "1\.1\.0"\nregistry = "second"\nabsent_in = \["acme"\]/);
    expect((await user.sheaf('install', '--locked')).stderr).toContain(
      'Registry acme has a plugin graph-lens',
    );

    await user.does('install', 'second/graph-lens');
    expect((await user.sheaf('update')).stderr).not.toContain('too; it stays');
    await user.does('install', 'acme/graph-lens@9', '--accept-capabilities');
    expect(await lockOf(user)).toContain('version = "9.0.0"\nregistry = "acme"\n');
  });

  it('is looked up by its route alone, which no command line and no project gets around', async () => {
    const user = await userOfRegistry([{ ...LENS, version: '9.0.0' }]);
    const second = await anotherRegistry(user, 'second', [LENS]);
    await user.does('config', 'set', 'routes.graph-*', 'second');
    expect(await user.does('config', 'get', 'routes.graph-*')).toContain('second');
    expect(await user.does('info', 'graph-lens')).toContain('1.0.0');
    await user.does('sync');
    user.index.asked.length = 0;
    await user.does('install', 'graph-lens');
    // Its name is not even asked for elsewhere: an object that is fetched would be one on the way to it.
    expect(user.index.asked.filter(({ path }) => path.startsWith('o/'))).toEqual([]);
    expect(second.index.asked.some(({ path }) => path.startsWith('o/'))).toBe(true);
    expect(await lockOf(user)).not.toContain('absent_in');

    expect(refusalOf(await user.sheaf('install', 'acme/graph-lens'))).toEqual(
      refusal({
        status: 9,
        code: 'SHEAF_POLICY',
        sentence: 'graph-lens is wanted from registry acme, but the routes have it come from second.',
      }),
    );
    await project(user, '[plugins]\ngraph-lens = "*"\n[routes]\n"graph-lens" = "acme"\n');
    expect(refusalOf(await user.sheaf('install', '--offline'))).toEqual(
      refusal({
        status: 9,
        code: 'SHEAF_POLICY',
        sentence: 'The routes for graph-lens leave no registry in which to look it up.',
        hint: /only narrow down/,
      }),
    );
  });

  it('moves when a new route says so, and a lock file from elsewhere is then out of date', async () => {
    const user = await userOfRegistry([LENS]);
    await anotherRegistry(user, 'second', [{ ...LENS, version: '2.0.0' }]);
    await user.does('install', 'graph-lens');
    await writeFile(user.at('project/sheaf.toml'), '[plugins]\ngraph-lens = "*"\n');
    await user.does('config', 'set', 'routes.graph-lens', 'second');
    expect(refusalOf(await user.sheaf('install', '--locked'))).toEqual(
      refusal({
        status: 10,
        code: 'SHEAF_LOCK_OUTDATED',
        sentence: /graph-lens is locked from acme, but the routes have it come from elsewhere\.$/,
      }),
    );
    await user.does('install', '--accept-capabilities');
    expect(await lockOf(user)).toContain('version = "2.0.0"\nregistry = "second"');
  });
});

describe('a dependency', () => {
  const NEEDY = { name: 'needy', version: '1.0.0', dependencies: { users: '^1.0.0' } };
  const USERS = { name: 'users', version: '1.0.0' };

  it('comes from the registry of who needs it, also in an update and from a lock file that was edited', async () => {
    const user = await userOfRegistry([{ ...USERS, version: '1.9.0' }]);
    const second = await anotherRegistry(user, 'second', [NEEDY, USERS]);
    await user.does('install', 'needy');
    expect(await lockOf(user)).toMatch(/name = "users"\nversion = "1\.0\.0"\nregistry = "second"/);
    await second.release({ ...USERS, version: '1.1.0' });
    await user.does('update');
    const honest = await lockOf(user);
    expect(honest).toMatch(/name = "users"\nversion = "1\.1\.0"\nregistry = "second"/);

    // The same file as a project would bring it that leads a dependency to a registry its user trusts, too.
    await user.does('remove', 'needy');
    await user.does('install', 'users');
    const foreign = /\[\[plugin\]\]\nname = "users".*/s.exec(await lockOf(user))?.[0] ?? '';
    const acme = /\[\[registry\]\]\nid = "acme".*?\n\n/s.exec(await lockOf(user))?.[0] ?? '';
    expect(foreign).toContain('registry = "acme"');
    const edited = honest
      .replace('[[registry]]', `${acme}[[registry]]`)
      .replace(/\[\[plugin\]\]\nname = "users".*/s, foreign);
    await rm(user.at('project'), { recursive: true });
    await project(user, '[plugins]\nneedy = "^1.0.0"\n');
    await writeFile(user.at('project/sheaf.lock'), edited);
    for (const options of [['--locked'], ['--frozen'], []]) {
      expect(refusalOf(await user.sheaf('install', ...options))).toEqual(
        refusal({
          status: 10,
          code: 'SHEAF_LOCK_INVALID',
          sentence: 'sheaf.lock has users from registry acme, but needy needs the one of registry second.',
        }),
      );
    }
    await user.does('update', 'users', '--accept-capabilities');
    expect(await lockOf(user)).toMatch(/name = "users"\nversion = "1\.1\.0"\nregistry = "second"/);
  });

  it('that a route leads elsewhere is not taken from there for somebody else', async () => {
    const user = await userOfRegistry([USERS]);
    await anotherRegistry(user, 'second', [NEEDY, USERS]);
    await user.does('config', 'set', 'routes.users', 'acme');
    expect(refusalOf(await user.sheaf('install', 'needy'))).toEqual(
      refusal({
        status: 9,
        code: 'SHEAF_POLICY',
        sentence: /the routes do not let users come from the registry second/,
        hint: /^The routes have users come from acme;/,
      }),
    );
  });
});

describe('a cloned project', () => {
  it('gets nothing from a registry that nobody here agreed to, and the registry hears nothing of it', async () => {
    const user = await userOfRegistry([]);
    const theirs = await anotherRegistry(user, 'theirs', [{ ...LENS, capabilities: ['net'] }], {
      add: false,
    });
    await project(
      user,
      `[registries.theirs]\nid = "theirs"\nurl = "${theirs.index.url}"\nroot = "sha256:${theirs.registry.rootId}"\n[plugins]\ngraph-lens = { version = "*", registry = "theirs" }\n`,
    );
    const before = await user.belongings();
    const command = `sheaf registry add ${theirs.index.url} --root sha256:${theirs.registry.rootId}`;
    for (const line of [['install'], ['install', '--dry-run'], ['install', '--frozen'], ['update']]) {
      const result = await user.sheaf(...line);
      expect([line, result.status]).toEqual([line, 6]);
    }
    expect(refusalOf(await user.sheaf('install'))).toEqual(
      refusal({
        status: 6,
        code: 'SHEAF_UNKNOWN_REGISTRY',
        sentence: 'This project proposes registry theirs, which nobody here has agreed to yet.',
        hint: `If you trust whoever runs it: ${command}.`,
      }),
    );
    expect(theirs.index.asked).toEqual([]);
    expect(await user.belongings()).toEqual(before);

    await user.does(...command.split(' ').slice(1));
    // The registry is trusted now; what its plugins may do is another question.
    expect((await user.sheaf('install')).status).toBe(9);
    await user.does('install', '--accept-capabilities');
  });

  it('gets no capabilities by its lock file: consent is that of the machine', async () => {
    const release = { ...LENS, capabilities: ['net'] };
    const author = await userOfRegistry([release]);
    await author.does('install', 'graph-lens');
    const files = ['sheaf.toml', 'sheaf.lock'];
    const texts = await Promise.all(files.map((name) => readFile(author.at('project', name), 'utf8')));
    await author.does('remove', 'graph-lens');
    expect(texts[1]).toContain('capabilities = ["net"]');
    // Another machine of the same registry: nothing of what was agreed to comes along.
    const other = (...argv: string[]) =>
      runSheaf(['--project', author.at('clone'), ...argv], {
        environment: { ...author.environment, SHEAF_HOME: author.at('other-home') },
      });
    const pin = `sha256:${author.registry.rootId}`;
    await other('registry', 'add', author.index.url, '--root', pin);
    for (const [index, name] of files.entries()) {
      await mkdir(author.at('clone'), { recursive: true });
      await writeFile(author.at('clone', name), texts[index] ?? '');
    }
    for (const options of [['--locked'], []]) {
      const refused = await other('install', ...options);
      expect([refused.status, refused.stderr]).toEqual([9, expect.stringContaining('SHEAF_CAPABILITIES')]);
    }
    expect((await other('install', '--locked', '--accept-capabilities')).status).toBe(0);
  });
});
