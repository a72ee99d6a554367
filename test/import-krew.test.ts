import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandShims } from '../src/core/command-shims.ts';
import { sha256 } from '../src/core/digest.ts';
import { valueOf } from '../src/core/finding.ts';
import { type ReleaseManifest, readReleaseManifest } from '../src/core/formats/manifest.ts';
import type { ImportedPlugin } from '../src/core/import/import-report.ts';
import { parsePluginSpec } from '../src/core/plugin-spec.ts';
import { formatPrivateKey, formatPublicKey } from '../src/core/signatures/ssh-key.ts';
import type { Imported } from '../src/ops/import/import-list.ts';
import { install } from '../src/ops/plugins/install.ts';
import { memoryPorts, serveDirectory, serveGit, testKey } from '../src/testkit/index.ts';
import { connectClient } from '../src/wiring/client.ts';
import { type BuiltCli, buildCli } from './support/built-cli.ts';
import { runSheaf } from './support/run-sheaf.ts';
import { startSheaf } from './support/sheaf-process.ts';

/** The whole list of krew becomes a registry that clients install from; nothing is downloaded. */

/** What people look for, and the plugins that answer it. */
const NEEDS: readonly (readonly [need: string, answers: readonly string[]])[] = [
  ['switch context', ['ctx', 'cs', 'switch-config', 'shell-ctx']],
  ['switch namespace', ['ns', 'change-ns']],
  ['view secrets', ['view-secret', 'secretdata', 'modify-secret']],
  ['resource usage', ['resource-capacity', 'view-utilization', 'resource-snapshot', 'view-allocations']],
  ['who has permission', ['who-can', 'access-matrix', 'rbac-lookup', 'permissions']],
  ['tail logs of several pods', ['stern', 'tail', 'mtail', 'kubetail']],
  ['shell on a node', ['node-shell', 'node-admin', 'nsenter']],
  ['capture network packets', ['sniff', 'dumpy', 'podump', 'capture', 'retina']],
  ['rename pvc', ['rename-pvc']],
  ['access matrix', ['access-matrix']],
];

const LIST = fileURLToPath(new URL('../../shared/data/krew-index.tar.gz', import.meta.url));
const hasList = existsSync(LIST);
if (!hasList) console.warn('skipped: the import of krew-index, because ../shared/data has no copy of it');

const SCHEMA = JSON.parse(
  readFileSync(new URL('../schemas/cli-output.schema.json', import.meta.url), 'utf8'),
) as object;
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, schemas: [SCHEMA] });

type ImportDocument = Imported & {
  readonly totals: Readonly<Record<string, number>>;
  readonly dryRun: boolean;
};

describe.skipIf(!hasList)('krew-index', () => {
  let scratch: string;
  let cli: BuiltCli;
  let imported: ImportDocument;
  const at = (...path: string[]): string => join(scratch, ...path);
  const environment = (): Record<string, string | undefined> => ({
    SHEAF_HOME: at('home'),
    PATH: process.env['PATH'],
  });

  /** Runs a command that must succeed; its data. */
  async function sheaf(...argv: string[]): Promise<Record<string, unknown>> {
    const { status, stdout } = await runSheaf([...argv, '--json'], { environment: environment() });
    expect(stdout).toContain('"ok":');
    const document = JSON.parse(stdout) as {
      ok: boolean;
      data: Record<string, unknown>;
      warnings: string[];
    };
    expect({ status, error: document.ok ? undefined : document }).toEqual({ status: 0, error: undefined });
    // Nobody did anything wrong, so no check may raise its voice.
    expect({ argv, warnings: document.warnings }).toEqual({ argv, warnings: [] });
    return document.data;
  }

  async function importList(...more: string[]): Promise<ImportDocument> {
    const argv = ['import', 'krew', LIST, '--out', at('registry'), '--key', at('importer'), ...more];
    const data = await sheaf(...argv);
    const validate = ajv.getSchema('cli-output.schema.json#/$defs/import-krew');
    await validate?.({ schemaVersion: 1, ok: true, data, warnings: [] });
    expect(validate?.errors).toBe(null);
    return data as unknown as ImportDocument;
  }

  /** Every file of the registry with its digest. */
  async function contents(): Promise<ReadonlyMap<string, string>> {
    const entries = await readdir(at('registry'), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(
      await Promise.all(files.map(async (file) => [file, sha256(await readFile(file))] as const)),
    );
  }

  async function manifestOf(name: string): Promise<ReleaseManifest> {
    const { version = '' } = imported.plugins.find((plugin) => plugin.name === name) ?? {};
    const path = join('plugins', imported.category, name.slice(0, 2), name, `${version}.toml`);
    const registry = imported.registry;
    return valueOf(
      readReleaseManifest(await readFile(at('registry', path)), path, { expected: { registry } }),
    );
  }

  const carried = (): readonly ImportedPlugin[] =>
    imported.plugins.filter(({ outcome }) => outcome !== 'left-out');

  function clientOn(platform: string) {
    const { prompt, reporter } = memoryPorts(Date.now(), () => {
      throw new Error('No source is opened in memory.');
    });
    const options = { project: at('project'), global: false, offline: false, environment: environment() };
    return { ...connectClient({ ...options, prompt, reporter }), platform };
  }

  const dryInstall = (platform: string, names: readonly string[]) =>
    install(clientOn(platform), {
      plugins: names.map(parsePluginSpec),
      force: false,
      dryRun: true,
      locked: false,
      acceptCapabilities: false,
      allowStale: false,
      // Some authors write v1.0.3-krew, which SemVer takes for a pre-release.
      prereleases: true,
    });

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'sheaf-krew-'));
    for (const name of ['importer', 'alice', 'bob', 'ci']) {
      await writeFile(at(name), formatPrivateKey(testKey(name)), { mode: 0o600 });
      await writeFile(at(`${name}.pub`), `${formatPublicKey(testKey(name).publicKey)}\n`);
    }
    imported = await importList('--id', 'kubectl');
    cli = await buildCli();
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('reports every plugin of the list once, in the form of the schema', () => {
    expect(imported).toMatchObject({
      registry: 'kubectl',
      created: true,
      category: 'kubectl-plugins',
      gone: [],
    });
    const names = imported.plugins.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(imported.totals).toEqual({
      added: carried().length,
      kept: 0,
      leftOut: names.length - carried().length,
      artifacts: carried().reduce((sum, { platforms }) => sum + platforms.length, 0),
      withFindings: imported.plugins.filter(({ findings }) => findings.length > 0).length,
    });
  });

  it('carries over all but those whose archives only a look inside could place, or whose name is taken', () => {
    expect(imported.plugins.length).toBeGreaterThanOrEqual(400);
    const left = imported.plugins.filter(({ outcome }) => outcome === 'left-out');
    expect(left.length).toBeLessThan(10);
    for (const { findings } of left) {
      const errors = findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
      expect(['no-platform', 'similar-name']).toContain(errors[0]);
    }
    for (const { findings } of carried()) {
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
    expect(imported.grants).toHaveLength(carried().length);
  });

  it('makes releases whose commands clients can put on the PATH side by side', async () => {
    const manifests = await Promise.all(carried().map(({ name }) => manifestOf(name)));
    const shims = commandShims(manifests);
    expect(Object.keys(shims)).toHaveLength(manifests.length);
    for (const { name, bin, artifacts, security } of manifests) {
      expect(security.tier).toBe('native');
      const [[command, program] = []] = Object.entries(bin);
      expect(command).toBe(`kubectl-${name.replaceAll('-', '_')}`);
      for (const { entry, platform, size } of artifacts) {
        expect(size).toBe(undefined);
        expect(platform.startsWith('win32-') ? entry?.replace(/\.exe$/, '') : entry).toBe(program);
      }
    }
  });

  it('tells the top directory of archives that GitHub makes', async () => {
    const { artifacts, notes, bin } = await manifestOf('ctx');
    expect(bin).toEqual({ 'kubectl-ctx': 'kubectx' });
    expect(notes).toContain('fzf');
    const version = /\/v([^/]+)\.tar\.gz$/.exec(artifacts[0]?.url ?? '')?.[1];
    expect(artifacts.find(({ platform }) => platform === 'darwin-arm64')?.files).toEqual([
      { from: `kubectx-${version}/kubectx`, to: 'kubectx' },
      { from: `kubectx-${version}/LICENSE`, to: 'LICENSE' },
    ]);
  });

  it('changes nothing when it is repeated', async () => {
    const before = await contents();
    const again = await importList();
    expect(again).toMatchObject({ registry: 'kubectl', created: false, written: 0, grants: [], gone: [] });
    expect(again.totals).toMatchObject({ added: 0, kept: carried().length });
    expect(await contents()).toEqual(before);
  });

  /** Builds, signs and publishes the registry, for static hosting and on a Git branch. */
  async function publish(): Promise<void> {
    const registry = at('registry');
    const rootKeys = ['alice', 'bob'].flatMap((name) => ['--root-key', at(`${name}.pub`)]);
    await sheaf('registry', 'init', registry, '--id', 'kubectl', '--ci-key', at('ci.pub'), ...rootKeys);
    const events = imported.grants.map((path) => join(registry, path));
    for (const name of ['alice', 'bob']) {
      await sheaf('sign', join(registry, 'registry/trust/root/1.signers'), '--key', at(name));
      await sheaf('sign', ...events, '--key', at(name), '--namespace', 'status@sheaf', '--as', name);
    }
    expect(await sheaf('index', 'build', registry, '--out', at('built'))).toMatchObject({
      plugins: carried().length,
      releases: carried().length,
    });
    await sheaf('index', 'sign', at('built'), '--key', at('ci'));
    await execa('git', ['init', '--quiet', '--bare', at('git/index.git')]);
    await sheaf('index', 'publish', at('built'), '--to', at('public'));
    await sheaf('index', 'publish', at('built'), '--to', `${at('git/index.git')}#index`);
    expect(await sheaf('index', 'verify', at('public'), '--source', registry)).toMatchObject({
      plugins: carried().length,
    });
  }

  it('becomes an index that clients plan installs from, on Linux and on a Mac', async () => {
    await publish();
    await sheaf('--project', at('project'), 'registry', 'add', at('public'), '--yes');
    for (const platform of ['linux-x64', 'darwin-arm64']) {
      const fitting = carried().filter(({ platforms }) => platforms.includes(platform));
      expect(fitting.length).toBeGreaterThan(300);
      const { plan } = await dryInstall(
        platform,
        fitting.map(({ name }) => name),
      );
      expect(plan.add.map(({ name }) => name).toSorted()).toEqual(fitting.map(({ name }) => name).toSorted());
    }
    const unfit = carried().find(({ platforms }) => !platforms.includes('darwin-arm64'));
    await expect(dryInstall('darwin-arm64', [unfit?.name ?? ''])).rejects.toMatchObject({
      message: expect.stringContaining('darwin-arm64') as string,
    });
  });

  it.each([
    ['static HTTP', serveDirectory, 'public', '/'],
    ['Git', serveGit, 'git', '/index.git#index'],
  ])(
    'answers real needs within the first three results after a sync over %s',
    async (name, serve, directory, path) => {
      const server = await serve(at(directory));
      try {
        const home = { ...environment(), SHEAF_HOME: at(`home of ${name}`) };
        const run = (...argv: string[]) => startSheaf(cli.main, argv, { environment: home }).ended;
        const url = `${server.url.replace(/\/$/, '')}${path}`;
        const address = name === 'Git' ? `git+${url}` : url;
        expect(await run('registry', 'add', address, '--yes')).toMatchObject({ status: 0 });
        expect(await run('sync', '--full')).toMatchObject({ status: 0 });
        const missed: unknown[] = [];
        for (const [need, answers] of NEEDS) {
          const line = ['search', ...need.split(' '), '--limit', '3', '--offline', '--json'];
          const { stdout } = await runSheaf(line, { environment: home });
          const { data } = JSON.parse(stdout) as { data: { plugins: readonly { name: string }[] } };
          const found = data.plugins.map((plugin) => plugin.name);
          if (!found.some((plugin) => answers.includes(plugin))) missed.push({ need, found });
        }
        expect(missed).toEqual([]);
      } finally {
        await server.close();
      }
    },
  );
});
