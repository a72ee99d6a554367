import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { valueOf } from '../../core/finding.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { formatPrivateKey } from '../../core/signatures/ssh-key.ts';
import { uncleanCharacter } from '../../core/text.ts';
import { listing } from '../../io/archives/archive.ts';
import { testKey } from '../../testkit/keys.ts';
import { createImportPorts } from '../../wiring/import.ts';
import { importForgeai } from './import-forgeai.ts';
import type { Imported, ImportOptions } from './import-list.ts';

const DIGEST = 'ab'.repeat(32);
const ARCHIVE = 'https://github.com/acme/rust-executor/releases/download/v1.0.0/rust-executor.tar.gz';

const yaml = (name: string, ...lines: readonly string[]): string =>
  [`name: ${name}`, 'version: 1.0.0', `description: Runs ${name}`, ...lines, ''].join('\n');

const hosted = (name: string, ...lines: readonly string[]): string =>
  yaml(name, `download_url: ${ARCHIVE}`, `file_hash: "sha256:${DIGEST}"`, ...lines);

async function world() {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-forgeai-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(scratch, ...path);
  await mkdir(at('list'));
  await writeFile(at('importer'), formatPrivateKey(testKey('importer')));
  const ports = createImportPorts({ environment: {}, signal: new AbortController().signal });
  const artifacts = { directory: at('files'), url: 'https://files.example.org/' };
  return {
    at,
    artifacts,
    write: async (path: string, content: string | Uint8Array): Promise<void> => {
      await mkdir(dirname(at('list', path)), { recursive: true });
      await writeFile(at('list', path), content);
    },
    manifest: async (name: string, version = '1.0.0'): Promise<ReleaseManifest> => {
      const path = `plugins/executors/${name.slice(0, 2)}/${name}/${version}.toml`;
      return valueOf(readReleaseManifest(await readFile(at('registry', path)), path));
    },
    run: (options: Partial<ImportOptions> = {}): Promise<Imported> =>
      importForgeai(ports, {
        list: at('list'),
        directory: at('registry'),
        id: 'executors',
        key: at('importer'),
        dryRun: false,
        ...options,
      }),
  };
}

const outcomes = ({ plugins }: Imported): Readonly<Record<string, string>> =>
  Object.fromEntries(plugins.map(({ name, outcome }) => [name, outcome]));

const rules = ({ plugins }: Imported): readonly string[] =>
  plugins.flatMap(({ findings }) => findings.map(({ rule }) => rule));

describe('an import of plugins of ForgeAI', () => {
  it('gives every field of plugin.yaml its home in a manifest', async () => {
    const { run, write, manifest } = await world();
    await write(
      'rust/plugin.yaml',
      hosted(
        'rust-executor',
        'author: Acme Team',
        'license: MIT',
        'homepage: https://example.org/rust',
        'repository: https://github.com/acme/rust-executor',
        'supported_languages: [Rust, rust, "c++"]',
        'keywords: [Systems]',
        'dependencies: [rustc, "users@^1.0.0", go-executor]',
        'minimum_forgeai_version: 1.0',
        'maximum_forgeai_version: 1.99.0',
        'security_level: high',
        'container_image: acme/rust-executor:1.0.0',
      ),
    );
    await write('go/plugin.yml', hosted('go-executor'));
    const imported = await run();
    expect(outcomes(imported)).toEqual({ 'go-executor': 'added', 'rust-executor': 'added' });
    expect(rules(imported)).toEqual([]);
    expect(await manifest('rust-executor')).toMatchObject({
      description: 'Runs rust-executor',
      authors: [{ name: 'Acme Team' }],
      license: 'MIT',
      homepage: 'https://example.org/rust',
      repository: 'https://github.com/acme/rust-executor',
      keywords: ['systems'],
      engines: { forgeai: '>=1.0.0 <=1.99.0' },
      security: { tier: 'native', level: 'high' },
      requires: { rustc: '*' },
      dependencies: { users: { range: '^1.0.0' }, 'go-executor': { range: '*' } },
      provides: { languages: ['rust', 'c++'] },
      containerImage: 'acme/rust-executor:1.0.0',
      metadata: { forgeai: { id: 'rust-executor', version: '1.0.0' } },
      artifacts: [{ kind: 'archive', platform: 'any', url: ARCHIVE, sha256: DIGEST }],
    });
  });

  it('tells what has no home, key by key, with its place in the file', async () => {
    const { run, write, manifest } = await world();
    await write(
      'rust/plugin.yaml',
      hosted(
        'Rust_Executor',
        'license: Proprietary stuff',
        'homepage: http://example.org',
        'supported_languages: [rust, "日本"]',
        'dependencies: ["users@not a range", "rm -rf /"]',
        'maximum_forgeai_version: soon',
        'security_level: paranoid',
        'container_image: "$(reboot)"',
        'signature: abcd',
        'colour: blue',
      ),
    );
    const imported = await run();
    expect(imported.plugins).toMatchObject([
      { name: 'Rust_Executor', as: 'rust-executor', outcome: 'added' },
    ]);
    const [{ findings } = { findings: [] }] = imported.plugins;
    expect(findings.map(({ rule }) => rule).toSorted()).toEqual([
      'container-image',
      'dependency',
      'dependency',
      'engine',
      'homepage',
      'language',
      'license',
      'renamed',
      'security-level',
      'signature',
      'unknown-key',
    ]);
    expect(findings.find(({ rule }) => rule === 'license')?.place).toEqual({
      file: 'rust/plugin.yaml',
      line: 6,
      column: 10,
    });
    // A word that nobody knows must not lower the guard.
    expect((await manifest('rust-executor')).security.level).toBe('high');
  });

  it('packs what lies beside plugin.yaml when there is a place for it, and only that', async () => {
    const { run, write, manifest, at, artifacts } = await world();
    await write('rust/plugin.yaml', yaml('rust-executor'));
    await write('rust/rust-executor.so', '\u007fELF');
    await write('rust/docs/README.md', '# Rust');
    await write('rust/.git/config', 'secret');
    await write('other/file', 'no');
    await writeFile(at('secret'), 'of this machine');
    await symlink(at('secret'), at('list', 'rust', 'stolen'));
    const without = await run({ dryRun: true });
    expect([outcomes(without), rules(without)]).toEqual([{ 'rust-executor': 'left-out' }, ['no-artifact']]);
    const imported = await run({ artifacts });
    expect([outcomes(imported), rules(imported)]).toEqual([{ 'rust-executor': 'added' }, []]);
    const [artifact] = (await manifest('rust-executor')).artifacts;
    expect(artifact).toMatchObject({ kind: 'archive', entry: 'rust-executor.so' });
    const path = at('files', artifact!.sha256.slice(0, 2), artifact!.sha256);
    expect(sha256(await readFile(path))).toBe(artifact?.sha256);
    const files = await listing({ plugin: pluginName('rust-executor'), artifact: artifact!, path });
    expect([...files.keys()].toSorted()).toEqual(['docs/README.md', 'plugin.yaml', 'rust-executor.so']);
    expect(await run({ artifacts })).toMatchObject({ written: 0, grants: [] });
  });

  it.each([
    ['without a digest', `download_url: ${ARCHIVE}`],
    ['without an address', `file_hash: ${DIGEST}`],
    ['over plain HTTP', `download_url: http://example.org/a.zip\nfile_hash: ${DIGEST}`],
    ['with a name and password', `download_url: https://me:pw@example.org/a.zip\nfile_hash: ${DIGEST}`],
    ['with another digest', `download_url: ${ARCHIVE}\nfile_hash: md5:123`],
  ])('does not take over an artifact %s, and packs instead', async (_what, lines) => {
    const { run, write, manifest, artifacts } = await world();
    await write('rust/plugin.yaml', yaml('rust-executor', lines));
    const without = await run({ dryRun: true });
    expect(rules(without)).toEqual(['artifact', 'no-artifact']);
    expect(rules(await run({ artifacts }))).toEqual(['artifact', 'not-built']);
    expect((await manifest('rust-executor')).artifacts[0]?.url).toMatch(/^https:\/\/files\.example\.org\//);
  });

  it.each([
    ['wasm', 'wasm', 'executor.wasm', 0],
    ['native', 'binary', 'executor', 1],
    ['native', 'archive', 'executor.ZIP', 1],
  ])('asks for the tier %s for a %s named %s', async (tier, kind, file, grants) => {
    const { run, write, manifest } = await world();
    await write('rust/plugin.yaml', hosted('rust-executor').replace('rust-executor.tar.gz', file));
    expect((await run()).grants).toHaveLength(grants);
    expect(await manifest('rust-executor')).toMatchObject({ security: { tier }, artifacts: [{ kind }] });
  });

  it('reads an archive as it reads a directory, and refuses one that leads out of itself', async () => {
    const { run, write, at, artifacts, manifest } = await world();
    await write('rust/plugin.yaml', yaml('rust-executor'));
    await write('rust/main.go', 'package main');
    await create({ gzip: true, file: at('list.tar.gz'), cwd: at('list') }, ['rust']);
    const imported = await run({ list: at('list.tar.gz'), artifacts });
    expect(rules(imported)).toEqual(['not-built']);
    const packed = (await manifest('rust-executor')).artifacts;
    await rm(at('registry'), { recursive: true });
    await run({ artifacts });
    expect((await manifest('rust-executor')).artifacts).toEqual(packed);
    await create({ gzip: true, file: at('evil.tar.gz'), cwd: at('list', 'rust'), preservePaths: true }, [
      '../rust/plugin.yaml',
    ]);
    await expect(run({ list: at('evil.tar.gz') })).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
  });

  it('leaves out what is broken, and imports the rest', async () => {
    const { run, write } = await world();
    await write('a/plugin.yaml', 'name: [unclosed');
    await write('b/plugin.yaml', hosted('same'));
    await write('c/plugin.yaml', hosted('same'));
    await write('d/plugin.yaml', hosted('sa_me'));
    await write('e/plugin.yaml', 'name: {a: b}\nversion: 1.0.0\ndescription: x\n');
    await write('f/plugin.yaml', hosted('"bi\u202edi\u001b"').replaceAll('\u001b', '\\e'));
    await write('g/plugin.yaml', hosted('versionless').replace('1.0.0', 'newest'));
    await write('h/plugin.yaml', '- a\n- list\n');
    await write('i/plugin.yaml', Buffer.from([0xff, 0xfe, 0x00]));
    await write('j/plugin.yaml', hosted('../../escape'));
    await write('k/plugin.yaml', `a: &a [x]\nb: [${'*a,'.repeat(200)}]\n`);
    const imported = await run();
    expect(outcomes(imported)).toMatchObject({ sa_me: 'left-out', versionless: 'left-out' });
    expect(imported.plugins.filter(({ outcome }) => outcome === 'added').map(({ file }) => file)).toEqual([
      'b/plugin.yaml',
      'j/plugin.yaml',
    ]);
    expect(imported.plugins.find(({ file }) => file === 'j/plugin.yaml')?.as).toBe('escape');
    for (const { outcome, findings } of imported.plugins) {
      const isLeftOut = findings.some(({ severity }) => severity === 'error');
      expect(isLeftOut).toBe(outcome === 'left-out');
      expect(findings.map(({ message }) => uncleanCharacter(message))).toEqual(findings.map(() => undefined));
    }
    expect(new Set(rules(imported))).toEqual(
      new Set([
        'yaml-syntax',
        'duplicate-id',
        'renamed',
        'similar-name',
        'type',
        'name',
        'version',
        'utf-8',
        'yaml-structure',
        'missing-key',
      ]),
    );
  });

  it('refuses a huge plugin.yaml and a place without any', async () => {
    const { run, write, at } = await world();
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await write('a/plugin.yaml', Buffer.alloc(LIMITS.manifestBytes + 1, 97));
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    await expect(readdir(at('registry'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
