import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { bundledProgram } from '../../../test/bundled-program.ts';
import type { Finding } from '../../core/finding.ts';
import { writeAuditFile } from '../../core/formats/audit-file.ts';
import { checkpointPath } from '../../core/index/checkpoint.ts';
import { objectPath } from '../../core/index/index-head.ts';
import { createIndexReader } from '../../core/index/index-reader.ts';
import { pluginDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { DAY, parseInstant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import type { Version } from '../../core/version.ts';
import { createSourceTree } from '../../io/git/source-tree.ts';
import { type FileMap, memorySource, memoryTree } from '../../testkit/memory-source.ts';
import { RegistrySimulator } from '../../testkit/registry-simulator.ts';
import { type TemporaryDirectory, temporaryDirectory, writeTree } from '../../testkit/temporary-directory.ts';
import { buildIndexFromSource, type IndexBuild, type IndexBuildPorts } from './index-build.ts';
import { objectsOf, readPreviousIndex } from './previous-index.ts';

const run = promisify(execFile);
const ISSUED = parseInstant('2026-11-20T09:00:00Z')!;
const OPTIONS = { issued: ISSUED, life: 7 * DAY };
const NAME = 'graph-lens' as PluginName;

const directories: TemporaryDirectory[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await directory.remove();
});

async function newDirectory(): Promise<TemporaryDirectory> {
  const directory = await temporaryDirectory();
  directories.push(directory);
  return directory;
}

function registry(): RegistrySimulator {
  const simulator = new RegistrySimulator();
  simulator.addRelease({ name: 'graph-lens', version: '1.0.0' });
  simulator.addRelease({ name: 'graph-lens', version: '1.1.0' });
  simulator.addRelease({ name: 'call-tree', version: '0.1.0', dependencies: { 'graph-lens': '^1.0.0' } });
  return simulator;
}

/** The published tree of a build, on top of what was published before. */
async function published(build: IndexBuild, before: FileMap = new Map()): Promise<FileMap> {
  const files = new Map(before);
  for await (const { path, bytes } of build.files()) files.set(path, bytes);
  return files;
}

async function findingsOf(source: SourceTree): Promise<readonly Finding[]> {
  const error = await buildIndexFromSource({ source }, OPTIONS).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'SHEAF_INVALID_FILE' });
  return (error as { details: { findings: readonly Finding[] } }).details.findings;
}

/** A real repository with the files in one commit. */
async function repository(
  files: FileMap,
): Promise<{ path: string; open: () => SourceTree; commit: () => Promise<void> }> {
  const directory = await newDirectory();
  await writeTree(directory.path, files);
  const git = (...args: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
      cwd: directory.path,
    });
  const commit = async (): Promise<void> => {
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', 'change');
  };
  await git('init', '--quiet');
  await commit();
  return { path: directory.path, open: () => createSourceTree(directory.path, process.env), commit };
}

async function put(root: string, path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), bytes);
}

describe('building an index from its source', () => {
  it('gives a complete published tree with the next checkpoint, unsigned', async () => {
    const build = await buildIndexFromSource({ source: memoryTree(registry().source) }, OPTIONS);
    const files = await published(build);
    expect(build.checkpoint).toMatchObject({
      registry: 'simulated',
      epoch: 1,
      version: 1,
      root: 1,
      issued: ISSUED,
    });
    expect(files.has('latest')).toBe(true);
    expect(files.has('root/1.signers.maintainer-a.sig')).toBe(true);
    expect([...files.keys()].filter((path) => path.endsWith('.json.sig'))).toEqual([]);
    const reader = createIndexReader(build.head, objectsOf(memorySource(files)));
    expect((await reader.releases(NAME))?.versions.map((one) => one.version)).toEqual(['1.1.0', '1.0.0']);
    expect((await reader.plugin('call-tree' as PluginName))?.owner).toBe('author');
  });

  it('writes every object before what refers to it, and latest last', async () => {
    const build = await buildIndexFromSource({ source: memoryTree(registry().source) }, OPTIONS);
    const paths: string[] = [];
    for await (const { path } of build.files()) paths.push(path);
    expect(paths.at(-1)).toBe('latest');
    expect(paths.at(-2)).toBe(checkpointPath(build.checkpoint));
    expect(paths.indexOf(objectPath(build.checkpoint.index.sha256))).toBeGreaterThan(
      paths.indexOf(objectPath(build.head.trees.releases.root.sha256)),
    );
  });

  it('counts on from the previous checkpoint, and anew in a new epoch', async () => {
    const simulator = registry();
    const source = memoryTree(simulator.source);
    const first = await published(await buildIndexFromSource({ source }, OPTIONS));
    const second = await buildIndexFromSource({ source, previous: memorySource(first) }, OPTIONS);
    expect(second.checkpoint).toMatchObject({ epoch: 1, version: 2 });
    expect(second.checkpoint.index).toEqual(
      (await buildIndexFromSource({ source }, OPTIONS)).checkpoint.index,
    );
    simulator.rotateRoot({ epoch: 2, ci: 'ci-2' });
    const third = await buildIndexFromSource(
      { source: memoryTree(simulator.source), previous: memorySource(await published(second, first)) },
      OPTIONS,
    );
    expect(third.checkpoint).toMatchObject({ epoch: 2, version: 1, root: 2 });
  });

  it('refuses to go on from an index that is not there, of another registry, or issued later', async () => {
    const source = memoryTree(registry().source);
    const attempt = (ports: Partial<IndexBuildPorts>, issued = ISSUED): Promise<unknown> =>
      buildIndexFromSource({ source, ...ports }, { ...OPTIONS, issued });
    await expect(attempt({ previous: memorySource(new Map()) })).rejects.toMatchObject({
      code: 'SHEAF_NOT_A_REGISTRY',
    });
    const other = new RegistrySimulator({ id: 'other' });
    await other.publish();
    await expect(attempt({ previous: memorySource(other.published) })).rejects.toMatchObject({
      code: 'SHEAF_INDEX',
    });
    const own = memorySource(await published(await buildIndexFromSource({ source }, OPTIONS)));
    await expect(attempt({ previous: own }, ISSUED - 1000)).rejects.toMatchObject({ code: 'SHEAF_CLOCK' });
  });

  it('refuses a life of more than 30 days', async () => {
    const build = buildIndexFromSource(
      { source: memoryTree(registry().source) },
      { issued: ISSUED, life: 31 * DAY },
    );
    await expect(build).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  });

  it('is the same in any order of directory listing', async () => {
    const files = registry().source;
    const tree = memoryTree(files);
    const reversed: SourceTree = {
      ...tree,
      list: async (directory) => (await tree.list(directory)).toReversed(),
    };
    const [a, b] = await Promise.all(
      [tree, reversed].map((source) => buildIndexFromSource({ source }, OPTIONS)),
    );
    expect(await published(b!)).toEqual(await published(a!));
  });

  it('is the same in another process with another time zone and language', async () => {
    const { path, open } = await repository(registry().source);
    const here = await buildIndexFromSource({ source: open() }, OPTIONS);
    const child = await bundledProgram(
      (await newDirectory()).path,
      `
      import { createSourceTree } from ${JSON.stringify(moduleUrl('../../io/git/source-tree.ts'))};
      import { buildIndexFromSource } from ${JSON.stringify(moduleUrl('./index-build.ts'))};
      const source = createSourceTree(process.argv[2], process.env);
      const { checkpoint } = await buildIndexFromSource({ source }, { issued: ${ISSUED}, life: ${7 * DAY} });
      console.log(new Date(0).getTimezoneOffset(), checkpoint.index.sha256);
    `,
    );
    const elsewhere = { TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' };
    const { stdout } = await run(process.execPath, [child, path], { env: { ...process.env, ...elsewhere } });
    expect(stdout.trim()).toBe(`-765 ${here.checkpoint.index.sha256}`);
  });
});

describe('a broken source', () => {
  it('is refused with the findings of all files at once', async () => {
    const { source } = registry();
    const broken = (path: string): void => void source.set(path, new TextEncoder().encode('what = '));
    broken('plugins/integrations/gr/graph-lens/1.0.0.toml');
    broken('plugins/integrations/ca/call-tree/plugin.toml');
    broken('registry/categories/integrations.toml');
    source.delete('plugins/integrations/gr/graph-lens/1.1.0.toml.sig');
    const files = (await findingsOf(memoryTree(source))).map((finding) => finding.place.file);
    expect(files).toEqual(files.toSorted());
    expect(new Set(files)).toEqual(
      new Set([
        'plugins/integrations/ca/call-tree/plugin.toml',
        'plugins/integrations/gr/graph-lens/1.0.0.toml',
        'plugins/integrations/gr/graph-lens/1.1.0.toml.sig',
        'registry/categories/integrations.toml',
      ]),
    );
  });

  it.each<[string, string, (source: FileMap) => void]>([
    [
      'a release without plugin.toml',
      'missing-file',
      (source) => void source.delete('plugins/integrations/gr/graph-lens/plugin.toml'),
    ],
    [
      'a signature without its release',
      'stray-signature',
      (source) => void source.delete('plugins/integrations/gr/graph-lens/1.0.0.toml'),
    ],
    [
      'a plugin in two categories',
      'two-categories',
      (source) => copy(source, 'plugins/integrations/gr/graph-lens', 'plugins/executors/gr/graph-lens'),
    ],
    [
      'a file that is none of a plugin',
      'stray-file',
      (source) => void source.set('plugins/integrations/gr/graph-lens/notes.txt', new Uint8Array()),
    ],
    [
      'a plugin below the wrong letters',
      'stray-file',
      (source) => copy(source, 'plugins/integrations/gr/graph-lens', 'plugins/integrations/xx/graph-lens'),
    ],
    ['an owner nobody knows', 'unknown-owner', (source) => remove(source, 'registry/trust/owners/author/')],
    [
      'a gap in the keys of an owner',
      'broken-chain',
      (source) => void source.delete('registry/trust/owners/changed/1.signers'),
    ],
    ['no root', 'broken-chain', (source) => remove(source, 'registry/trust/root/')],
    ['no registry.toml', 'missing-file', (source) => void source.delete('registry/registry.toml')],
    [
      'bytes that are not UTF-8',
      'encoding',
      (source) => void source.set('plugins/integrations/gr/graph-lens/1.0.0.toml', Uint8Array.of(0xff)),
    ],
  ])('with %s is refused', async (_, rule, change) => {
    const simulator = registry();
    simulator.addOwner('changed');
    simulator.rotateOwner('changed', ['changed-2'], ['changed']);
    const { source } = simulator;
    change(source);
    expect((await findingsOf(memoryTree(source))).map((finding) => finding.rule)).toContain(rule);
  });

  it('with a file that only may be a mistake is built with a warning', async () => {
    const { source } = registry();
    source.set('registry/notes.txt', new Uint8Array());
    source.set('registry/README.md', new Uint8Array());
    const { findings } = await buildIndexFromSource({ source: memoryTree(source) }, OPTIONS);
    expect(findings.map((finding) => finding.place.file)).toContain('registry/notes.txt');
    expect(findings.map((finding) => finding.place.file)).not.toContain('registry/README.md');
  });
});

describe('facts', () => {
  const audit = (version: string, downloads: number): [string, Uint8Array] => [
    sourcePath({ kind: 'audit', plugin: NAME, version: version as Version }),
    writeAuditFile({
      registry: 'simulated',
      plugin: NAME,
      version: version as Version,
      published: ISSUED,
      scan: { rules: '1', score: 88, coverage: 1, passed: true, findings: [] },
      compatibility: [],
      waivers: [],
      downloads: { total: downloads, months: {} },
    }),
  ];

  it('reach the records, from a tree of their own as from the source', async () => {
    const { source } = registry();
    const facts: FileMap = new Map([audit('1.0.0', 70), audit('1.1.0', 30)]);
    const apart = await buildIndexFromSource(
      { source: memoryTree(source), facts: memoryTree(facts) },
      OPTIONS,
    );
    const reader = createIndexReader(apart.head, objectsOf(memorySource(await published(apart))));
    expect(await reader.plugin(NAME)).toMatchObject({
      downloads: 100,
      score: 88,
      published: '2026-11-20T09:00:00Z',
    });
    const together = await buildIndexFromSource(
      { source: memoryTree(new Map([...source, ...facts])) },
      OPTIONS,
    );
    expect(together.checkpoint.index).toEqual(apart.checkpoint.index);
  });

  it('cannot replace a file that people wrote, nor say anything outside of registry/security', async () => {
    const { source } = registry();
    const facts: FileMap = new Map([
      ['registry/registry.toml', new TextEncoder().encode('evil')],
      ['plugins/integrations/gr/graph-lens/9.0.0.toml', new TextEncoder().encode('evil')],
      audit('1.0.0', 999),
    ]);
    const own = new Map([...source, audit('1.0.0', 5)]);
    const build = await buildIndexFromSource({ source: memoryTree(own), facts: memoryTree(facts) }, OPTIONS);
    expect(build.checkpoint.index).toEqual(
      (await buildIndexFromSource({ source: memoryTree(own) }, OPTIONS)).checkpoint.index,
    );
  });
});

describe('the status of plugins in an index', () => {
  it('is with the plugin where a tier is granted, and in a file for everybody where something is taken', async () => {
    const simulator = registry();
    const signers = ['maintainer-a', 'maintainer-b'];
    simulator.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, signers);
    simulator.addStatus({ plugin: NAME, kind: 'quarantine' });
    simulator.addStatus({ plugin: 'gone-away', kind: 'quarantine' });
    const build = await buildIndexFromSource({ source: memoryTree(simulator.source) }, OPTIONS);
    const { head, fetchObject } = await readPreviousIndex(memorySource(await published(build)));
    const reader = createIndexReader(head, fetchObject);
    const granted = Object.keys(await reader.grants(NAME));
    expect(granted).toHaveLength(1 + signers.length);
    expect(granted.every((path) => path.includes('grant-tier'))).toBe(true);
    expect(await reader.grants('call-tree' as PluginName)).toEqual({});
    const shared = Object.keys(JSON.parse(new TextDecoder().decode(await reader.file('status'))) as object);
    expect(shared.map((path) => path.split('/').at(-2))).toEqual(['gone-away', NAME]);
    expect(shared.every((path) => path.endsWith('-quarantine.toml'))).toBe(true);
  });
});

describe('building on top of a previous index', () => {
  it('reads only what changed and gives the same bytes as a full build', async () => {
    const simulator = registry();
    const { path, open, commit } = await repository(simulator.source);
    let files = await published(await buildIndexFromSource({ source: open() }, OPTIONS));
    const next = async (): Promise<{ incremental: boolean; read: readonly string[] }> => {
      await commit();
      const read: string[] = [];
      const source = open();
      const watched: SourceTree = { ...source, read: (file) => (read.push(file), source.read(file)) };
      const build = await buildIndexFromSource({ source: watched, previous: memorySource(files) }, OPTIONS);
      const full = await buildIndexFromSource({ source }, OPTIONS);
      expect(build.checkpoint.index).toEqual(full.checkpoint.index);
      expect(build.checkpoint.source.commit).toMatch(/^[0-9a-f]{40}$/);
      files = await published(build, files);
      // The tree is complete: everything that a full build consists of is there.
      for await (const file of full.files()) expect(files.has(file.path)).toBe(true);
      return { incremental: build.incremental, read };
    };
    const sync = async (): Promise<void> => {
      for (const directory of ['plugins', 'registry']) await rm(join(path, directory), { recursive: true });
      await writeTree(path, simulator.source);
    };

    simulator.addRelease({ name: 'graph-lens', version: '1.2.0' });
    await sync();
    const release = await next();
    expect(release.incremental).toBe(true);
    expect(release.read.some((file) => file.includes('call-tree'))).toBe(false);

    simulator.addRelease({ name: 'new-one', version: '1.0.0' });
    simulator.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, ['maintainer-a']);
    simulator.setPlugin('graph-lens', { keywords: ['graphs'], yanked: { ['1.2.0' as Version]: 'broken' } });
    simulator.addOwner('other');
    simulator.revoke('author');
    await sync();
    expect((await next()).incremental).toBe(true);

    await mkdir(join(path, 'plugins/executors/gr'), { recursive: true });
    await rename(
      join(path, 'plugins/integrations/gr/graph-lens'),
      join(path, 'plugins/executors/gr/graph-lens'),
    );
    await rm(join(path, 'plugins/integrations/ne'), { recursive: true });
    await put(path, `${pluginDirectory('reviews', NAME)}/README.md`, new Uint8Array());
    expect((await next()).incremental).toBe(true);

    await rm(join(path, 'registry/trust/owners/other'), { recursive: true });
    expect((await next()).incremental).toBe(false);
  });

  it('leaves out what the receiver has', async () => {
    const simulator = registry();
    const { open, path, commit } = await repository(simulator.source);
    const before = await published(await buildIndexFromSource({ source: open() }, OPTIONS));
    simulator.addRelease({ name: 'graph-lens', version: '1.2.0' });
    await writeTree(path, simulator.source);
    await commit();
    const build = await buildIndexFromSource({ source: open(), previous: memorySource(before) }, OPTIONS);
    const added: string[] = [];
    for await (const file of build.files(async (object) => before.has(objectPath(object.sha256))))
      added.push(file.path);
    // Bundle, two leaves, history, head; the roots, the checkpoint and latest are always there.
    expect(added.filter((file) => file.startsWith('o/'))).toHaveLength(5);
  });

  it('of a tree that is not clean names no commit, and the next build reads everything', async () => {
    const { open, path } = await repository(registry().source);
    await put(path, 'registry/notes.txt', new Uint8Array());
    const build = await buildIndexFromSource({ source: open() }, OPTIONS);
    expect(build.checkpoint.source.commit).toBeNull();
    const next = await buildIndexFromSource(
      { source: open(), previous: memorySource(await published(build)) },
      OPTIONS,
    );
    expect(next.incremental).toBe(false);
  });
});

function copy(files: FileMap, from: string, to: string): void {
  for (const [path, bytes] of files)
    if (path.startsWith(`${from}/`)) files.set(path.replace(from, to), bytes);
}

function remove(files: FileMap, prefix: string): void {
  for (const path of files.keys()) if (path.startsWith(prefix)) files.delete(path);
}

function moduleUrl(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
