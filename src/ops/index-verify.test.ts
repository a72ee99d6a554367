import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../core/index/checkpoint.ts';
import { DAY } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { SourceTree } from '../core/ports.ts';
import type { Version } from '../core/version.ts';
import { memorySource, memoryTree } from '../testkit/memory-source.ts';
import { RegistrySimulator } from '../testkit/registry-simulator.ts';
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
    [
      'a quarantine',
      (one) => one.addStatus({ plugin: 'plugin-1' as PluginName, kind: 'quarantine' }),
      'status',
    ],
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
