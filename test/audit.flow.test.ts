import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DAY } from '../src/core/instant.ts';
import type { Version } from '../src/core/version.ts';
import { addAdvisory, publishNext } from './support/advisories.ts';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** What `sheaf audit` says of a lock file, from what `sheaf sync` has put on this machine. */

const START = Math.floor(Date.now() / 1000) * 1000;
const LENS = ['1.0.0', '1.1.0', '1.2.0', '2.0.0'].map((version) => ({ name: 'graph-lens', version }));
const HIGH = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';

afterEach(() => {
  vi.useRealTimers();
});

/** Sets the clock of the machine, and nothing else: timers go on. */
function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now });
}

/** A project that has graph-lens 1.1.0 locked, and wants it below 2. */
async function project(): Promise<UserOfRegistry> {
  const user = await userOfRegistry(LENS, { now: START });
  await user.does('install', 'graph-lens@1.1.0');
  await writeFile(user.at('project/sheaf.toml'), '[plugins]\ngraph-lens = "^1.0.0"\n');
  return user;
}

async function appendToml(user: UserOfRegistry, text: string): Promise<void> {
  const path = user.at('project/sheaf.toml');
  await writeFile(path, `${await readFile(path, 'utf8')}\n${text}\n`);
}

const findings = async (user: UserOfRegistry, ...argv: string[]) =>
  (await jsonOf(user, 'audit', 'audit', ...argv)).data['findings'] as readonly Record<string, unknown>[];

describe('an audit', () => {
  it('finds nothing where nothing is known, states the age, and ends with 0', async () => {
    const user = await project();
    await user.does('sync');
    setClock(START + 3 * 60 * 60 * 1000);
    const { status, stdout } = await user.sheaf('audit');
    expect(status).toBe(0);
    expect(stdout).toContain('Nothing is known against 1 locked plugin.');
    expect(stdout).toContain('3 hours ago (checkpoint 1-1)');
    const { data } = await jsonOf(user, 'audit', 'audit');
    expect(data).toMatchObject({ findings: [], plugins: 1, checkpointAge: 3 * 60 * 60 });
  });

  it('names an advisory, how bad it is and the nearest version without it, and ends with 9', async () => {
    const user = await project();
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0001',
      about: 'graph-lens',
      events: ['introduced 1.0.0', 'fixed 1.2.0'],
      summary: 'Crafted graphs run code',
      aliases: ['CVE-2026-12345'],
      severity: [{ type: 'CVSS_V3', score: HIGH }],
      references: [{ type: 'ADVISORY', url: 'https://example.org/advisory' }],
    });
    await publishNext(user.registry);
    expect(await user.does('sync')).toContain('PLUG-2026-0001');
    await user.index.stop();
    const { status, stdout } = await user.sheaf('audit');
    expect(status).toBe(9);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'advisory PLUG-2026-0001 critical 9.8  graph-lens 1.1.0',
      '    graph-lens 1.1.0 is affected by PLUG-2026-0001: "Crafted graphs run code".',
      '    https://example.org/advisory',
      '    Move to 1.2.0 or later with: sheaf update graph-lens.',
    ]);
    expect(await findings(user)).toMatchObject([
      {
        kind: 'advisory',
        id: 'PLUG-2026-0001',
        aliases: ['CVE-2026-12345'],
        plugin: 'graph-lens',
        version: '1.1.0',
        registry: 'acme',
        severity: { vector: HIGH, score: 9.8, rating: 'critical' },
        fixedIn: '1.2.0',
      },
    ]);
  });

  it('names the version to install where sheaf.toml keeps the better one out', async () => {
    const user = await project();
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0001',
      about: 'graph-lens',
      events: ['introduced 0', 'fixed 2.0.0'],
    });
    await publishNext(user.registry);
    await user.does('sync');
    expect(await findings(user)).toMatchObject([
      { fix: 'Move to 2.0.0 with: sheaf install graph-lens@2.0.0.', fixedIn: '2.0.0' },
    ]);
  });

  it('needs no sync after an install, an update or a rollback', async () => {
    const user = await project();
    expect((await user.sheaf('audit')).status).toBe(0);
    user.registry.addRelease({ name: 'graph-lens', version: '1.3.0' });
    await publishNext(user.registry);
    await user.does('update');
    expect((await user.sheaf('audit')).status).toBe(0);
    await user.does('rollback');
    await user.index.stop();
    expect((await user.sheaf('audit')).status).toBe(0);
  });

  it('passes over what was withdrawn, and what is about another version', async () => {
    const user = await project();
    const about = 'graph-lens';
    addAdvisory(user.registry, { id: 'PLUG-2026-0001', about, withdrawn: START });
    addAdvisory(user.registry, { id: 'PLUG-2026-0002', about, events: ['introduced 1.1.1'] });
    await publishNext(user.registry);
    await user.does('sync');
    expect(await findings(user)).toEqual([]);
  });

  it('names withdrawn and deprecated versions, and a quarantine before them', async () => {
    const user = await project();
    user.registry.setPlugin('graph-lens', {
      yanked: { ['1.1.0' as Version]: 'corrupts graphs' },
      deprecated: 'use call-lens',
    });
    user.registry.addStatus({ kind: 'quarantine', plugin: 'graph-lens', reason: 'odd traffic' });
    await publishNext(user.registry);
    await user.does('sync');
    const found = await findings(user);
    expect(found.map(({ kind }) => kind)).toEqual(['quarantine', 'yanked', 'deprecated']);
    expect(found[0]).toMatchObject({
      message: expect.stringMatching(
        /^graph-lens 1\.1\.0 is quarantined since .*: "odd traffic"\.$/,
      ) as string,
      fix: 'No version of graph-lens is better; remove it with: sheaf remove graph-lens.',
    });
  });

  it.each<[string, boolean, { epoch: number; version: number } | undefined]>([
    ['from before it was locked on', true, { epoch: 1, version: 1 }],
    ['from after it was locked on', false, { epoch: 1, version: 2 }],
    ['altogether', true, undefined],
  ])('judges a key that is revoked %s', async (_, isFound, from) => {
    const user = await project();
    user.registry.revoke('author', from);
    await publishNext(user.registry);
    await user.does('sync');
    expect((await findings(user)).map(({ kind }) => kind)).toEqual(isFound ? ['revoked-key'] : []);
  });

  it('compares the packages that a plugin is built from, installed or not', async () => {
    const user = await userOfRegistry(
      [{ name: 'graph-lens', version: '1.0.0', manifest: { packages: { serde: '1.0', tokio: '1.40' } } }],
      { now: START },
    );
    await user.does('install', 'graph-lens');
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0003',
      about: 'crates.io/serde',
      events: ['introduced 0', 'fixed 1.0.200'],
      aliases: ['RUSTSEC-2026-0001'],
    });
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0004',
      about: 'crates.io/tokio',
      events: ['introduced 0', 'fixed 1.30.0'],
    });
    await publishNext(user.registry);
    await user.does('sync');
    const expected = [{ kind: 'package-advisory', id: 'PLUG-2026-0003', plugin: 'graph-lens' }];
    expect(await findings(user)).toMatchObject(expected);
    await rm(user.at('project/.sheaf'), { recursive: true });
    await user.does('sync');
    expect(await findings(user)).toMatchObject(expected);
  });

  it('names plugins that nobody signed', async () => {
    const user = await userOfRegistry([]);
    const folder = user.at('own');
    await mkdir(folder);
    await writeFile(user.at('own/main.wasm'), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    await writeFile(
      user.at('own/sheaf.plugin.toml'),
      [
        '[plugin]',
        'name = "own-lens"',
        'version = "0.1.0"',
        'description = "Of this machine"',
        'author = "me"',
        'license = "MIT"',
        '[security]',
        'tier = "wasm"',
      ].join('\n'),
    );
    await user.does('install', folder, '--allow-local');
    expect(await findings(user)).toMatchObject([{ kind: 'unverified', plugin: 'own-lens' }]);
  });

  it('counts an expired checkpoint as a finding, and one that is older than the lock', async () => {
    const user = await project();
    await user.does('sync');
    const old = user.at('home/state/registries', `${user.registry.rootId}.json`);
    const state = await readFile(old);
    setClock(START + 8 * DAY);
    expect(await findings(user)).toMatchObject([{ kind: 'old-checkpoint', registry: 'acme' }]);
    vi.useRealTimers();
    await publishNext(user.registry);
    await user.does('update');
    await user.does('install', 'graph-lens@1.1.0');
    await writeFile(old, state);
    expect(await findings(user)).toMatchObject([
      { kind: 'old-checkpoint', message: expect.stringContaining('older than 1-2') as string },
    ]);
  });

  it('looks at another lock file, and at none where none is needed', async () => {
    const user = await project();
    await user.does('sync');
    await rm(user.at('project/sheaf.toml'));
    const lock = user.at('other.lock');
    await writeFile(lock, await readFile(user.at('project/sheaf.lock')));
    await rm(user.at('project/sheaf.lock'));
    expect((await jsonOf(user, 'audit', 'audit')).data).toMatchObject({ plugins: 0, checkpointAge: null });
    expect((await jsonOf(user, 'audit', 'audit', '--lock', lock)).data).toMatchObject({ plugins: 1 });
  });

  it('names a release that the registry does not have, and a registry that is not configured', async () => {
    const user = await project();
    await user.does('sync');
    const path = user.at('project/sheaf.lock');
    const lock = await readFile(path, 'utf8');
    await writeFile(path, lock.replace('version = "1.1.0"', 'version = "1.1.9"'));
    expect(await findings(user)).toMatchObject([{ kind: 'unknown-release', version: '1.1.9' }]);
    await writeFile(path, lock);
    await user.does('registry', 'remove', 'acme', '--yes');
    expect(await findings(user)).toMatchObject([{ kind: 'unknown-registry', registry: 'acme' }]);
  });
});

describe('an ignore', () => {
  const until = (days: number): string => new Date(START + days * DAY).toISOString().slice(0, 10);
  const ignore = (id: string, days: number, more = ''): string =>
    `[[audit.ignore]]\nid = "${id}"\nreason = "no untrusted graphs"\nuntil = "${until(days)}"\n${more}`;

  async function affected(): Promise<UserOfRegistry> {
    const user = await project();
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0001',
      about: 'graph-lens',
      aliases: ['CVE-2026-12345'],
    });
    await publishNext(user.registry);
    await user.does('sync');
    return user;
  }

  it.each<[string, string, number, string]>([
    ['by its id', ignore('PLUG-2026-0001', 30), 0, 'applied'],
    ['by another name', ignore('CVE-2026-12345', 30), 0, 'applied'],
    ['for its plugin', ignore('PLUG-2026-0001', 30, 'plugin = "graph-lens"'), 0, 'applied'],
    ['for another plugin', ignore('PLUG-2026-0001', 30, 'plugin = "call-lens"'), 9, 'unused'],
    ['on its last day', ignore('PLUG-2026-0001', 0), 0, 'applied'],
    ['after its last day', ignore('PLUG-2026-0001', -1), 9, 'ended'],
    ['of something else', ignore('PLUG-2025-0001', 30), 9, 'unused'],
  ])('%s sets a finding aside, or is reported', async (_, toml, status, state) => {
    const user = await affected();
    setClock(START + 120_000);
    await appendToml(user, toml);
    const { data } = await jsonOf(user, 'audit', 'audit');
    expect(data['ignores']).toMatchObject([{ state, reason: 'no untrusted graphs' }]);
    expect((data['ignored'] as unknown[]).length).toBe(status === 0 ? 1 : 0);
    const result = await user.sheaf('audit');
    expect(result.status).toBe(status);
    expect(result.stdout).toContain(
      { applied: 'ignored until', unused: 'matches nothing any more', ended: 'ended on' }[state],
    );
  });

  it('has no effect on what must not be installed', async () => {
    const user = await project();
    user.registry.addStatus({ kind: 'quarantine', plugin: 'graph-lens' });
    await publishNext(user.registry);
    await user.does('sync');
    await appendToml(user, ignore('quarantine', 30));
    const { status, stdout } = await user.sheaf('audit');
    expect(status).toBe(9);
    expect(stdout).toContain('cannot be ignored');
  });

  it('stays where it is when sheaf changes the file', async () => {
    const user = await affected();
    await appendToml(user, `# ours\n${ignore('PLUG-2026-0001', 30)}`);
    await user.does('install', 'graph-lens@^1.2');
    const text = await readFile(user.at('project/sheaf.toml'), 'utf8');
    expect(text).toContain(`# ours\n[[audit.ignore]]\nid = "PLUG-2026-0001"`);
    expect((await user.sheaf('audit')).status).toBe(0);
  });
});

describe('other commands', () => {
  it('show advisories and what is refused: info, outdated, install, sync', async () => {
    const user = await project();
    addAdvisory(user.registry, {
      id: 'PLUG-2026-0001',
      about: 'graph-lens',
      events: ['introduced 0', 'fixed 1.2.0'],
      summary: 'Crafted graphs run code',
      severity: [{ type: 'CVSS_V3', score: HIGH }],
    });
    user.registry.addStatus({ kind: 'quarantine', plugin: 'graph-lens', version: '2.0.0' as Version });
    await publishNext(user.registry);
    const sync = await jsonOf(user, 'sync', 'sync');
    expect(sync.data['affecting']).toMatchObject([{ id: 'PLUG-2026-0001', plugin: 'graph-lens' }]);
    const info = await jsonOf(user, 'info', 'info', 'graph-lens');
    expect(info.data).toMatchObject({
      advisories: [{ id: 'PLUG-2026-0001', malware: false, versions: ['1.1.0', '1.0.0'] }],
      barred: [{ version: '2.0.0', kind: 'quarantine' }],
    });
    const shown = await user.does('info', 'graph-lens');
    expect(shown).toContain('advisory PLUG-2026-0001 critical 9.8: Crafted graphs run code');
    expect(shown).toMatch(/2\.0\.0 .*is quarantined since/);
    const outdated = await jsonOf(user, 'outdated', 'outdated');
    expect(outdated.data['plugins']).toMatchObject([{ advisories: ['PLUG-2026-0001'] }]);
    const { warnings } = await jsonOf(user, 'install', 'install', 'graph-lens@1.0.0');
    expect(warnings).toEqual([
      'graph-lens 1.0.0 is affected by PLUG-2026-0001: "Crafted graphs run code"; sheaf audit says what to do.',
    ]);
  });

  it('say so when nothing newer is there than what an advisory affects', async () => {
    const user = await userOfRegistry([{ name: 'graph-lens', version: '1.0.0' }], { now: START });
    await user.does('install', 'graph-lens');
    expect(await user.does('outdated')).toBe('Everything is up to date.\n');
    addAdvisory(user.registry, { id: 'PLUG-2026-0001', about: 'graph-lens' });
    await publishNext(user.registry);
    expect(await user.does('outdated')).toContain('PLUG-2026-0001');
  });
});
