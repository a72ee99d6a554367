import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPluginName } from '../plugin-name.ts';
import { importedName } from './imported-name.ts';

describe('the name of an imported plugin', () => {
  it.each([
    ['graph-view', 'graph-view'],
    ['Graph_View', 'graph-view'],
    ['a..b', 'a-b'],
    ['3d-graph', 'plugin-3d-graph'],
    ['-edges-', 'edges'],
    ['../../escape', 'escape'],
  ])('%s becomes %s', (id, name) => {
    expect(importedName(id)).toBe(name);
  });

  it.each(['', 'x', '___', 'CON', 'constructor', 'café', '日本', 'a\u202eb', 'a\u001b[31m', 'x'.repeat(65)])(
    'there is none for %j',
    (id) => {
      expect(importedName(id)).toBe(undefined);
    },
  );

  it('is one, and is its own name', () => {
    const ids = fc.sample(fc.string({ maxLength: 80 }), { numRuns: 1000, seed: 7 });
    const names = ids.map(importedName).filter((name) => name !== undefined);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !isPluginName(name) || importedName(name) !== name)).toEqual([]);
  });
});
