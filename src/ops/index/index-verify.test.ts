import { describe, expect, it } from 'vitest';
import { refOf, sha256 } from '../../core/digest.ts';
import { writeReviewFile } from '../../core/formats/review-file.ts';
import { readCheckpoint } from '../../core/index/checkpoint.ts';
import { objectPath } from '../../core/index/index-head.ts';
import { releaseDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { DAY } from '../../core/instant.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import { formatPublicKey } from '../../core/signatures/ssh-key.ts';
import { sign } from '../../core/signatures/sshsig.ts';
import type { Version } from '../../core/version.ts';
import { testKey } from '../../testkit/keys.ts';
import { memorySource, memoryTree } from '../../testkit/memory-source.ts';
import { RegistrySimulator } from '../../testkit/registry-simulator.ts';
import { buildIndexFromSource } from './index-build.ts';
import { type VerifiedIndex, verifyIndex } from './index-verify.ts';

function registry(plugins: number): RegistrySimulator {
  const simulator = new RegistrySimulator();
  for (let index = 0; index < plugins; index++)
    simulator.addRelease({ name: `plugin-${index}`, version: '1.0.0' });
  return simulator;
}

function verify(
  simulator: RegistrySimulator,
  source: SourceTree = memoryTree(simulator.source),
): Promise<VerifiedIndex> {
  return verifyIndex({
    published: memorySource(simulator.published),
    source,
    clock: { now: () => simulator.now },
  });
}

describe('verifying a published index', () => {
  it.each([2, 60])('of %i plugins finds it to be what its source gives', async (plugins) => {
    const simulator = registry(plugins);
    await simulator.publish();
    expect(await verify(simulator)).toMatchObject({
      plugins,
      releases: plugins,
      signatures: 1 + 2 * plugins,
    });
  });

  it('works on an index that has expired', async () => {
    const simulator = registry(1);
    await simulator.publish();
    simulator.now += 60 * DAY;
    expect(await verify(simulator)).toMatchObject({ plugins: 1 });
  });

  it.each<[string, (simulator: RegistrySimulator) => void, string]>([
    ['a release', (one) => one.addRelease({ name: 'plugin-1', version: '1.1.0' }), 'plugins of plugin-1'],
    ['a plugin', (one) => one.addRelease({ name: 'plugin-99', version: '1.0.0' }), 'plugins of plugin-99'],
    [
      'a yank of all there is',
      (one) => one.setPlugin('plugin-1', { yanked: { ['1.0.0' as Version]: 'broken' } }),
      'plugins of plugin-1',
    ],
    [
      'a deprecated version',
      (one) => one.setPlugin('plugin-1', { deprecatedVersions: { ['1.0.0' as Version]: 'old' } }),
      'releases of plugin-1',
    ],
    ['an owner', (one) => one.addOwner('other'), 'owners of other'],
    ['a quarantine', (one) => one.addStatus({ plugin: 'plugin-1', kind: 'quarantine' }), 'status'],
  ])('names %s that only the published index has', async (_, invent, where) => {
    for (const plugins of [3, 60]) {
      const simulator = registry(plugins);
      const source = memoryTree(new Map(simulator.source));
      invent(simulator);
      await simulator.publish();
      await expect(verify(simulator, source)).rejects.toMatchObject({
        code: 'SHEAF_INDEX',
        message: expect.stringContaining(`in the ${where}.`) as unknown,
      });
    }
  });

  it('lists every file that its owner did not sign', async () => {
    const simulator = registry(2);
    simulator.addRelease({ name: 'plugin-0', version: '1.1.0' }, 'author', 'thief');
    simulator.addRelease({ name: 'plugin-1', version: '1.1.0' }, 'author', 'thief');
    await simulator.publish();
    await expect(verify(simulator)).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
      details: {
        problems: [expect.stringContaining('plugin-0'), expect.stringContaining('plugin-1')] as unknown,
      },
    });
  });

  it('names a manifest whose signature in the source is that of another one', async () => {
    const simulator = registry(2);
    const at = (name: string): string =>
      `${releaseDirectory('integrations', pluginName(name))}/1.0.0.toml.sig`;
    simulator.source.set(at('plugin-0'), simulator.source.get(at('plugin-1'))!);
    await simulator.publish();
    await expect(verify(simulator)).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
      details: { problems: [expect.stringContaining('1.0.0.toml of plugin-0')] as unknown },
    });
  });

  it.each([
    ['nobody', []],
    ['the key of CI and one maintainer', ['ci', 'maintainer-a']],
  ])('names a tier that was granted by %s', async (_, signers) => {
    const simulator = registry(1);
    const grant = { plugin: pluginName('plugin-0'), kind: 'grant-tier', tier: 'native' } as const;
    simulator.addStatus(grant, ['maintainer-a', 'maintainer-c']);
    await simulator.publish();
    expect(await verify(simulator)).toMatchObject({ signatures: 4 });
    simulator.now += DAY;
    simulator.addStatus(grant, signers);
    await simulator.publish();
    await expect(verify(simulator)).rejects.toMatchObject({
      code: 'SHEAF_THRESHOLD',
      message: expect.stringContaining('2026-11-21-grant-tier') as unknown,
    });
  });

  it.each([
    ['nobody', undefined, 'is not signed'],
    ['another key', 'thief', 'is not one of rita'],
    ['the owner of the plugin', 'author', 'a key of the owner'],
  ])('names a review that was signed by %s', async (_, signer, said) => {
    const simulator = registry(1);
    const path = sourcePath({
      kind: 'review',
      plugin: pluginName('plugin-0'),
      version: '1.0.0' as Version,
      reviewer: 'rita',
    });
    const bytes = writeReviewFile({
      registry: simulator.id,
      plugin: pluginName('plugin-0'),
      version: '1.0.0' as Version,
      reviewer: 'rita',
      rating: 5,
      verdict: 'approve',
      thoroughness: 'high',
      date: simulator.now,
    });
    const line = `rita namespaces="review@sheaf" ${formatPublicKey(testKey('rita').publicKey)}\n`;
    simulator.source.set(sourcePath({ kind: 'reviewers' }), new TextEncoder().encode(line));
    simulator.source.set(path, bytes);
    simulator.source.set(`${path}.sig`, sign(testKey('rita'), 'review@sheaf', bytes));
    await simulator.publish();
    expect(await verify(simulator)).toMatchObject({ signatures: 1 + 2 + 1 });
    if (signer === undefined) simulator.source.delete(`${path}.sig`);
    else simulator.source.set(`${path}.sig`, sign(testKey(signer), 'review@sheaf', bytes));
    simulator.now += DAY;
    await simulator.publish();
    await expect(verify(simulator)).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
      message: expect.stringContaining(said) as unknown,
    });
  });

  it('names every object that is not there or has other bytes, though nothing else differs', async () => {
    const simulator = registry(2);
    await simulator.publish();
    for (const path of [...simulator.published.keys()].filter((one) => one.startsWith('o/'))) {
      const honest = simulator.published.get(path)!;
      simulator.published.delete(path);
      await expect(verify(simulator)).rejects.toMatchObject({ code: 'SHEAF_INDEX' });
      const changed = honest.length === 0 ? Uint8Array.of(1) : honest.with(0, (honest[0] ?? 0) ^ 1);
      simulator.published.set(path, changed);
      await expect(verify(simulator)).rejects.toMatchObject({
        code: expect.stringMatching(/^SHEAF_(DIGEST|SIZE)$/) as unknown,
      });
      simulator.published.set(path, honest);
    }
    simulator.published.set(`o/00/${'0'.repeat(64)}`, new Uint8Array(9));
    expect(await verify(simulator)).toMatchObject({ plugins: 2 });
  });

  it('names an index whose head says the same in other bytes', async () => {
    const simulator = registry(1);
    await simulator.publish();
    const checkpoint = simulator.latestCheckpoint();
    const head = simulator.published.get(objectPath(checkpoint.index.sha256))!;
    const other = new TextEncoder().encode(`${new TextDecoder().decode(head).trimEnd()} \n`);
    simulator.published.set(objectPath(sha256(other)), other);
    simulator.publishCheckpoint({ ...checkpoint, index: refOf(other) });
    await expect(verify(simulator)).rejects.toMatchObject({
      code: 'SHEAF_INDEX',
      message: expect.stringContaining('in the head.') as unknown,
    });
  });

  it('refuses facts at another commit than the checkpoint names, and to go on without them', async () => {
    const simulator = registry(1);
    const at = (commit: string): SourceTree => ({
      ...memoryTree(simulator.source),
      commit: async () => commit.repeat(40),
    });
    const none = (commit: string): SourceTree => ({
      ...memoryTree(new Map()),
      commit: async () => commit.repeat(40),
    });
    const built = await buildIndexFromSource(
      { source: at('a'), facts: none('f') },
      { issued: simulator.now, life: DAY },
    );
    for await (const { path, bytes } of built.files()) simulator.published.set(path, bytes);
    simulator.publishCheckpoint(built.checkpoint);
    const ports = {
      published: memorySource(simulator.published),
      source: at('a'),
      clock: { now: () => simulator.now },
    };
    expect(await verifyIndex({ ...ports, facts: none('f') })).toMatchObject({ plugins: 1 });
    await expect(verifyIndex({ ...ports, facts: none('e') })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await expect(verifyIndex(ports)).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  });

  it('refuses a source at another commit than the checkpoint names', async () => {
    const simulator = registry(1);
    const at = (commit: string): SourceTree => ({
      ...memoryTree(simulator.source),
      commit: async () => commit.repeat(40),
    });
    const build = await buildIndexFromSource({ source: at('a') }, { issued: simulator.now, life: DAY });
    for await (const { path, bytes } of build.files()) simulator.published.set(path, bytes);
    simulator.publishCheckpoint(build.checkpoint);
    expect(readCheckpoint(simulator.published.get('checkpoints/1-1.json')!).source.commit).toBe(
      'a'.repeat(40),
    );
    expect(await verify(simulator, at('a'))).toMatchObject({ commit: 'a'.repeat(40) });
    await expect(verify(simulator, at('b'))).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });
});
