import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { LockedEntry } from '../formats/lock-entries.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import { chainsTo, dependencyTree, type TreeNode, wishesOf } from './dependency-graph.ts';

const range = '^1.0.0' as VersionRange;

/** `entries({ map: ['users'] })`: map 1.0.0 needs users. */
function entries(needs: Readonly<Record<string, readonly string[]>>): LockedEntry[] {
  return Object.entries(needs).map(([name, needed]) => ({
    name: pluginName(name),
    version: '1.0.0' as Version,
    tier: 'wasm',
    capabilities: [],
    dependencies: Object.fromEntries(needed.map((one) => [one, range])),
    registry: 'main',
    manifest: sha256(Buffer.from(name)),
    verified: true,
  }));
}

const wishes = (...names: string[]) =>
  wishesOf({ plugins: names.map((name) => ({ name: pluginName(name), range, optional: false })), local: [] });

const shown = (nodes: readonly TreeNode[]): unknown =>
  nodes.map(({ name, repeated, dependencies }) =>
    dependencies.length === 0 ? `${name}${repeated ? ' again' : ''}` : [name, shown(dependencies)],
  );

describe('chainsTo', () => {
  const chains = (name: string, wanted: string[], needs: Record<string, string[]>) =>
    chainsTo(pluginName(name), wishes(...wanted), entries(needs)).map((chain) =>
      chain.map((link) => link.name).join(' > '),
    );

  it('shows the shortest chain through everything that needs the plugin directly', () => {
    const needs = { app: ['view', 'map'], view: ['map'], map: ['users'], tools: ['users'], users: [] };
    expect(chains('users', ['app', 'tools'], needs)).toEqual(['tools > users', 'app > map > users']);
  });

  it('shows that sheaf.toml asks for it itself', () => {
    expect(chains('users', ['users', 'map'], { map: ['users'], users: [] })).toEqual([
      'users',
      'map > users',
    ]);
  });

  it('ends in cycles, and never goes through the plugin itself', () => {
    expect(chains('bb', ['aa'], { aa: ['bb'], bb: ['cc'], cc: ['bb', 'aa'] })).toEqual(['aa > bb']);
  });

  it('is empty for what nothing needs any more', () => {
    expect(chains('users', ['app'], { app: [], map: ['users'], users: [] })).toEqual([]);
  });

  it('takes no longer where paths are many', () => {
    const needs: Record<string, string[]> = { end: [] };
    for (let layer = 0; layer < 40; layer++) {
      const next = layer === 39 ? ['end'] : [`left-${layer + 1}`, `right-${layer + 1}`];
      needs[`left-${layer}`] = next;
      needs[`right-${layer}`] = next;
    }
    expect(chains('end', ['left-0'], needs)).toHaveLength(2);
  });
});

describe('dependencyTree', () => {
  it('shows what needs what, and the dependencies of each plugin once', () => {
    const set = entries({ app: ['map', 'view'], view: ['map'], map: ['users'], users: [] });
    expect(shown(dependencyTree(wishes('app', 'users'), set))).toEqual([
      [
        'app',
        [
          ['map', ['users']],
          ['view', ['map again']],
        ],
      ],
      'users',
    ]);
  });

  it('ends in cycles', () => {
    const set = entries({ aa: ['bb'], bb: ['aa'] });
    expect(shown(dependencyTree(wishes('aa'), set))).toEqual([['aa', [['bb', ['aa again']]]]]);
  });

  it('leaves out what is wanted and not installed', () => {
    expect(dependencyTree(wishes('gone'), [])).toEqual([]);
  });
});
