import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instant, parseInstant } from '../instant.ts';
import { type PluginName, pluginName } from '../plugin-name.ts';
import { addReading, monthBefore, monthOf } from './monthly-counts.ts';
import { nextPageOf, readReleasePage, repositoryOf } from './release-assets.ts';
import { sumMonths, trendingCollection, trendingPlugins, trendOf } from './trending.ts';

const at = (text: string): Instant => parseInstant(text) ?? 0;
const NOW = at('2026-11-20T09:00:00Z');
const OLD = at('2026-01-01T00:00:00Z');
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('a reading of a counter', () => {
  it('counts for its month what came since the one before', () => {
    const first = addReading({ total: 100, months: { '2026-10': 40 } }, 130, NOW, OLD);
    expect(first).toEqual({ total: 130, months: { '2026-10': 40, '2026-11': 30 } });
    expect(addReading(first, 135, NOW, OLD).months['2026-11']).toBe(35);
  });

  it('of an old release counts for no month when it is the first', () => {
    expect(addReading(undefined, 5000, NOW, OLD)).toEqual({ total: 5000, months: {} });
    expect(addReading(undefined, 12, NOW, at('2026-11-01T00:00:00Z'))).toEqual({
      total: 12,
      months: { '2026-11': 12 },
    });
  });

  it('that fell takes nothing away', () => {
    const before = { total: 100, months: { '2026-10': 100 } };
    expect(addReading(before, 3, NOW, OLD)).toBe(before);
    expect(addReading(before, 100, NOW, OLD)).toBe(before);
    expect(addReading(before, 101, NOW, OLD).months).toEqual({ '2026-10': 100, '2026-11': 1 });
  });

  it('never makes months that sum to more than the total', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 12 }), (readings) => {
        let downloads: ReturnType<typeof addReading> | undefined;
        for (const [index, counter] of readings.entries()) {
          downloads = addReading(downloads, counter, OLD + index * 20 * 86_400_000, OLD);
        }
        const sum = Object.values(downloads?.months ?? {}).reduce((total, one) => total + one, 0);
        expect(sum).toBeLessThanOrEqual(downloads?.total ?? 0);
        expect(downloads?.total ?? 0).toBe(Math.max(0, ...readings));
      }),
      { seed: 5 },
    );
  });

  it('knows the months', () => {
    expect(monthOf(at('2026-01-01T00:00:00Z'))).toBe('2026-01');
    expect([monthBefore('2026-11'), monthBefore('2027-01')]).toEqual(['2026-10', '2026-12']);
  });
});

describe('the list of releases of a forge', () => {
  it('yields the counts by address, and nothing else of it', () => {
    const page = [
      { tag_name: 'v1', author: { login: 'x' }, assets: [{ browser_download_url: 'u', download_count: 3 }] },
      { assets: [] },
    ];
    expect([...readReleasePage(bytes(page), 'host')]).toEqual([['u', 3]]);
  });

  it.each([
    [{}],
    [[{}]],
    [[{ assets: [{ browser_download_url: 'u' }] }]],
    [[null]],
    [[{ assets: [{ browser_download_url: 'u', download_count: -1 }] }]],
  ])('is refused in the form %j', (page) => {
    expect(() => readReleasePage(bytes(page), 'host')).toThrow('The list of releases of host');
  });

  it.each([
    ['https://github.com/acme/lens/releases/download/v1.0.0/lens.wasm', 'acme/lens'],
    ['https://github.com/acme/lens/archive/v1.0.0.tar.gz', undefined],
    ['https://github.com/acme/../releases/download/v1/x', undefined],
    ['https://github.com/acme/le?ns/releases/download/v1/x', undefined],
    ['https://example.org/acme/lens/releases/download/v1/x', undefined],
    ['https://github.com/acme/lens/releases/download/v1', undefined],
  ])('%s belongs to %s', (url, repository) => {
    expect(repositoryOf(url, 'https://github.com/')).toBe(repository);
  });

  it('goes on where the Link header says so', () => {
    const link = '<https://api.example/2>; rel="next", <https://api.example/9>; rel="last"';
    expect(nextPageOf(link)).toBe('https://api.example/2');
    expect(nextPageOf('<https://api.example/1>; rel="prev"')).toBeUndefined();
    expect(nextPageOf(undefined)).toBeUndefined();
  });
});

describe('trending', () => {
  const months = (...counts: readonly number[]): Record<string, number> =>
    Object.fromEntries(counts.map((count, index) => [`2026-${String(10 - index).padStart(2, '0')}`, count]));

  it('compares the last complete month with the three before, and leaves the current one out', () => {
    expect(trendOf({ ...months(100, 10, 10, 10), '2026-11': 9999 }, NOW)).toEqual({
      recent: 100,
      trend: 90 / Math.sqrt(20),
    });
    expect(trendOf(months(10, 100, 100, 100), NOW).trend).toBe(0);
    expect(trendOf({}, NOW)).toEqual({ recent: 0, trend: 0 });
  });

  it('rises with the month and falls with those before, and is never negative', () => {
    const count = fc.nat(100_000);
    fc.assert(
      fc.property(count, count, count, count, count, (recent, a, b, c, more) => {
        const { trend } = trendOf(months(recent, a, b, c), NOW);
        expect(trend).toBeGreaterThanOrEqual(0);
        expect(trendOf(months(recent + more, a, b, c), NOW).trend).toBeGreaterThanOrEqual(trend);
        expect(trendOf(months(recent, a + more, b, c), NOW).trend).toBeLessThanOrEqual(trend);
      }),
      { seed: 9 },
    );
  });

  it('shows at most ten, no small change, and the same whatever the order', () => {
    const plugins = new Map<PluginName, Record<string, number>>(
      Array.from({ length: 20 }, (_, index) => [pluginName(`lens-${index}`), months(50 + index)]),
    );
    plugins.set(pluginName('flat-lens'), months(1000, 1000, 1000, 1000));
    plugins.set(pluginName('tiny-lens'), months(3));
    const found = trendingPlugins(plugins, NOW).map(({ name }) => name);
    expect(found).toHaveLength(10);
    expect(found[0]).toBe('lens-19');
    expect(trendingPlugins(new Map([...plugins].toReversed()), NOW).map(({ name }) => name)).toEqual(found);
    expect(found).not.toEqual(expect.arrayContaining(['flat-lens']));
  });

  it('becomes a collection that says what it counted', () => {
    const trends = trendingPlugins(new Map([[pluginName('graph-lens'), months(70)]]), NOW);
    expect(trendingCollection(trends, NOW)).toMatchObject({
      featured: false,
      certifies: false,
      plugins: [{ name: 'graph-lens', note: '70 downloads in 2026-10' }],
    });
  });

  it('adds the months of several releases', () => {
    expect(sumMonths([{ '2026-10': 1 }, { '2026-10': 2, '2026-09': 5 }])).toEqual({
      '2026-10': 3,
      '2026-09': 5,
    });
  });
});
