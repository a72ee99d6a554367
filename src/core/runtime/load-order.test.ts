import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PluginName, pluginName } from '../plugin-name.ts';
import { loadOrder } from './load-order.ts';

describe('the order of loading', () => {
  it('has everything before what needs it, each once', () => {
    const edges = array(tuple(nat(15), integer({ min: 1, max: 15 })), { maxLength: 60 });
    assert(
      property(edges, (pairs) => {
        const names = Array.from({ length: 32 }, (_, index) => pluginName(`plugin-${index}`));
        // Needs point upwards only, so there is no circle.
        const needs = (name: PluginName): readonly PluginName[] =>
          pairs.flatMap(([from, step]) => (names[from] === name ? [names[from + step]!] : []));
        const order = loadOrder(names.slice(0, 16), needs);
        expect(new Set(order).size).toBe(order.length);
        for (const name of order) {
          for (const needed of needs(name)) expect(order.indexOf(needed)).toBeLessThan(order.indexOf(name));
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('refuses a circle, and names it', () => {
    const next: Readonly<Record<string, string>> = { top: 'left', left: 'right', right: 'left' };
    const needs = (name: PluginName): readonly PluginName[] =>
      next[name] === undefined ? [] : [pluginName(next[name])];
    expect(() => loadOrder([pluginName('top')], needs)).toThrow(
      expect.objectContaining({
        code: 'SHEAF_RESOLUTION',
        message: 'No order to load these plugins: left needs right needs left.',
      }),
    );
  });
});
