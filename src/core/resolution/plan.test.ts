import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { LockedPlugin, Lockfile } from '../formats/lockfile.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { isEmptyPlan, planFor } from './plan.ts';
import type { Choice } from './resolve.ts';

const digest = (text: string) => sha256(Buffer.from(text));

function choice(name: string, version: string, capabilities: readonly string[] = []): Choice {
  const record = {
    version: version as Version,
    manifest: digest(`${name} ${version}`),
    bundle: 0,
    tier: 'wasm',
    capabilities: capabilities.map((id) => ({ id, optional: false })),
    platforms: ['any'],
    engines: {},
    dependencies: {},
  } as const;
  const releases = { name: pluginName(name), owner: 'ada', bundles: [], versions: [record] };
  return { name: pluginName(name), registry: 'main', record: releases, version: record, requiredBy: [''] };
}

function locked(name: string, version: string, special: Partial<LockedPlugin> = {}): LockedPlugin {
  return {
    name: pluginName(name),
    version: version as Version,
    registry: 'main',
    manifest: digest(`${name} ${version}`),
    owner: { name: 'ada', version: 1, key: '' },
    tier: 'wasm',
    capabilities: [],
    dependencies: {},
    platforms: {},
    ...special,
  };
}

function plan(
  current: LockedPlugin[] | undefined,
  choices: Choice[],
  consents: Record<string, string[]> = {},
) {
  const lock: Lockfile | undefined = current && { registries: [], plugins: current };
  return planFor({
    admits: () => true,
    current: lock,
    resolution: { choices },
    consents: new Map(Object.entries(consents).map(([name, ids]) => [pluginName(name), ids])),
    sizes: new Map([[pluginName('lens'), 100]]),
  });
}

describe('planFor', () => {
  it('adds what is not there, with its size where that is known', () => {
    expect(plan(undefined, [choice('lens', '1.0.0'), choice('users', '2.0.0')])).toEqual({
      add: [
        { name: 'lens', registry: 'main', version: '1.0.0', bytes: 100, newCapabilities: [] },
        { name: 'users', registry: 'main', version: '2.0.0', newCapabilities: [] },
      ],
      update: [],
      remove: [],
      keep: [],
      capabilities: { lens: [], users: [] },
    });
  });

  it('keeps, updates either way, and removes', () => {
    const before = [locked('lens', '1.0.0'), locked('map', '2.0.0'), locked('users', '1.0.0')];
    const { add, update, remove, keep } = plan(before, [choice('lens', '1.0.0'), choice('map', '1.0.0')]);
    expect(add).toEqual([]);
    expect(update).toMatchObject([{ name: 'map', from: '2.0.0', version: '1.0.0' }]);
    expect(remove).toEqual([{ name: 'users', version: '1.0.0' }]);
    expect(keep).toEqual([{ name: 'lens', version: '1.0.0' }]);
  });

  it('takes the same version with other bytes, or from another registry, for an update', () => {
    for (const special of [{ manifest: digest('other') }, { registry: 'other' }]) {
      expect(plan([locked('lens', '1.0.0', special)], [choice('lens', '1.0.0')]).update).toMatchObject([
        { name: 'lens', from: '1.0.0', version: '1.0.0' },
      ]);
    }
  });

  it('lists capabilities that nobody on this machine agreed to, whatever the lock says', () => {
    const before = [locked('lens', '1.0.0', { capabilities: ['net', 'query'] })];
    const after = [choice('lens', '2.0.0', ['query', 'net', 'files'])];
    const { update, capabilities } = plan(before, after, { lens: ['query'], users: ['files'] });
    expect(update[0]?.newCapabilities).toEqual(['files', 'net']);
    expect(capabilities).toEqual({ lens: ['files', 'net', 'query'] });
  });

  it('is empty when nothing changes', () => {
    expect(isEmptyPlan(plan([locked('lens', '1.0.0')], [choice('lens', '1.0.0')]))).toBe(true);
    expect(isEmptyPlan(plan([], [choice('lens', '1.0.0')]))).toBe(false);
  });
});
