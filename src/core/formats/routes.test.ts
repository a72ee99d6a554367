import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pluginName } from '../plugin-name.ts';
import { type Routes, routeOf, routesOf } from './routes.ts';

const route = (name: string, ...files: Routes[]): readonly string[] | undefined =>
  routeOf(files, pluginName(name));

describe('a route', () => {
  const user = routesOf({
    'acme-*': 'acme',
    'acme-public-*': ['public', 'acme'],
    'acme-public-map': 'maps',
    'acme-public-map*': 'public',
  });

  it('is that of the most special pattern', () => {
    expect(route('acme-lens', user)).toEqual(['acme']);
    expect(route('acme-public-lens', user)).toEqual(['public', 'acme']);
    expect(route('acme-public-map', user)).toEqual(['maps']);
    expect(route('acme-public-maps', user)).toEqual(['public']);
    expect(route('acme', user)).toBeUndefined();
    expect(route('acmes-lens', user)).toBeUndefined();
    expect(route('lens', user, routesOf({ '*': 'main', 'map-*': 'maps' }))).toEqual(['main']);
  });

  it('of a project only takes registries away from that of its user', () => {
    expect(route('acme-public-lens', user, routesOf({ '*': 'acme' }))).toEqual(['acme']);
    expect(route('acme-public-lens', user, routesOf({ '*': ['acme', 'public', 'evil'] }))).toEqual([
      'public',
      'acme',
    ]);
    expect(route('acme-lens', user, routesOf({ 'acme-lens': 'evil' }))).toEqual([]);
    expect(route('lens', user, routesOf({ lens: 'public' }))).toEqual(['public']);
  });

  it('never leads anywhere that another file excludes, in whatever order they come', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 });
    const patterns = fc.constantFrom('*', 'acme-*', 'acme-lens', 'map');
    const files = fc.array(fc.dictionary(patterns, ids), { maxLength: 3 });
    fc.assert(
      fc.property(files, fc.constantFrom('acme-lens', 'acme-map', 'map', 'other'), (all, name) => {
        const own = all.map((file) => route(name, file)).filter((one) => one !== undefined);
        const found = route(name, ...all);
        expect(found === undefined).toBe(own.length === 0);
        for (const ids of own) expect(ids).toEqual(expect.arrayContaining([...(found ?? [])]));
        const common = ['a', 'b', 'c'].filter((id) => own.length > 0 && own.every((ids) => ids.includes(id)));
        expect(new Set(found)).toEqual(new Set(common));
        expect(new Set(route(name, ...all.toReversed()))).toEqual(new Set(found));
      }),
      { numRuns: 500, seed: 20261120 },
    );
  });
});
