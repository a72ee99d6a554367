import { describe, expect, it } from 'vitest';
import type { PluginName } from '../plugin-name.ts';
import { cycleThrough } from './cycle.ts';

/** What was chosen: names to the names that they need. */
function chosen(needs: Readonly<Record<string, readonly string[]>>): Parameters<typeof cycleThrough>[1] {
  return Object.entries(needs).map(([name, needed]) => ({
    name: name as PluginName,
    version: { dependencies: Object.fromEntries(needed.map((one) => [one, {}])) } as never,
  }));
}

const through = (name: string, needs: Parameters<typeof chosen>[0]) =>
  cycleThrough(name as PluginName, chosen(needs));

describe('a cycle through a plugin', () => {
  it('is the shortest way back to it', () => {
    expect(through('a', { a: ['b', 'c'], b: ['d'], c: ['a'], d: ['a'] })).toEqual(['a', 'c', 'a']);
    expect(through('a', { a: ['a'] })).toEqual(['a', 'a']);
  });

  it('is none that does not come back, goes around elsewhere, or leads over what was not chosen', () => {
    expect(through('a', { a: ['b', 'c'], b: ['c'], c: [] })).toBeUndefined();
    expect(through('a', { a: ['b'], b: ['c'], c: ['b'] })).toBeUndefined();
    expect(through('a', { a: ['b'] })).toBeUndefined();
    expect(through('x', { a: ['x'] })).toBeUndefined();
  });

  it('is found in a graph whose ways are beyond counting', () => {
    const layers = Array.from({ length: 40 }, (_, layer) => [`l${layer}`, `r${layer}`]);
    const needs = Object.fromEntries(
      layers.flatMap((pair, layer) => pair.map((name) => [name, layers[layer + 1] ?? ['a']])),
    );
    expect(through('a', { a: layers[0] ?? [], ...needs })).toHaveLength(42);
  });
});
