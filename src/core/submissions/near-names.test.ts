import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testkit/random.ts';
import { LIMITS } from '../limits.ts';
import { type PluginName, pluginName } from '../plugin-name.ts';
import { nearNames } from './near-names.ts';

const near = (name: string, ...names: string[]): readonly string[] =>
  nearNames(pluginName(name), names.map(pluginName)).map(
    ({ name, how, slips }) => `${name} ${how}${slips === 0 ? '' : ` ${slips}`}`,
  );

describe('names that could be mistaken', () => {
  it.each([
    ['modem-map', 'modern-map', 'looks-alike'],
    ['vveb-view', 'web-view', 'looks-alike'],
    ['t00ls-set', 'tools-set', 'looks-alike'],
    ['git-1og', 'git-log', 'looks-alike'],
    ['clot-chart', 'dot-chart', 'looks-alike'],
    ['telescop', 'telescope', 'typo 1'],
    ['graph-lesn', 'graph-lens', 'typo 1'],
    ['grahp', 'graph', 'typo 1'],
    ['exec-as', 'execws', 'typo 1'],
    ['advenced-query-enginee', 'advanced-query-engine', 'typo 2'],
    ['lens-graph', 'graph-lens', 'order'],
    ['tree-code-view', 'code-view-tree', 'order'],
    ['graph-lens-plugin', 'graph-lens', 'affix'],
    ['graph-lens', 'graph-lens-js', 'affix'],
    ['official-graph-lens', 'graph-lens-extension', 'affix'],
  ])('%s is near to %s', (name, other, how) => {
    expect(near(name, other)).toEqual([`${other} ${how}`]);
  });

  it.each([
    ['ns', 'cs'],
    ['ctx', 'ctr'],
    ['tail', 'mtail'],
    ['blame', 'flame'],
    ['images', 'volumes'],
    ['node-admin', 'node-shell'],
    ['graph-lens', 'graph-query'],
    ['plugin', 'tool'],
    ['access-matrix', 'dependency-matrix'],
  ])('%s is not near to %s', (name, other) => {
    expect(near(name, other)).toEqual([]);
  });

  it('leaves out names that are the same', () => {
    expect(near('graph-lens', 'graph-lens', 'graphlens', 'graphl-ens')).toEqual([]);
  });

  it('names the nearest first, and not too many', () => {
    expect(near('modern-map', 'map-modern', 'modern-mapp', 'modem-map', 'modern-map-js')).toEqual([
      'modem-map looks-alike',
      'modern-mapp typo 1',
      'map-modern order',
      'modern-map-js affix',
    ]);
    const many = Array.from({ length: 30 }, (_, at) => `modern-map-${at}`);
    expect(near('modern-map', ...many)).toHaveLength(LIMITS.nearNames);
  });

  it('is as far from one name to another as back', () => {
    const random = seededRandom('near names');
    const words = [
      'map',
      'mapp',
      'rnap',
      'plugin',
      'view',
      'veiw',
      'js',
      'a1',
      'al',
      'cloud',
      'doud',
    ] as const;
    const names = Array.from({ length: 80 }, () =>
      pluginName(Array.from({ length: 1 + random.below(3) }, () => random.pick(words)).join('-')),
    );
    const isNear = (a: PluginName, b: PluginName): boolean => nearNames(a, [b]).length > 0;
    const differing = names.flatMap((a) =>
      names.filter((b) => isNear(a, b) !== isNear(b, a)).map((b) => [a, b]),
    );
    expect(differing).toEqual([]);
  });
});
