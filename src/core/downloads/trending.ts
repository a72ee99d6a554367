import type { Downloads } from '../formats/audit-file.ts';
import type { CollectionFile } from '../formats/collection-file.ts';
import type { Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { monthBefore, monthOf } from './monthly-counts.ts';

/** Downloads of a plugin by month, those of all its releases together. */
export type MonthlyDownloads = Downloads['months'];

/** A plugin that rises. */
export interface Trend {
  readonly name: PluginName;
  /** How far the last complete month stands out, 0 for nothing special. */
  readonly trend: number;
  /** Downloads in that month. */
  readonly recent: number;
}

/** Months before the last complete one that it is compared with. */
const MONTHS_BEFORE = 3;
/** As if every plugin had this many downloads a month: one download more of a plugin with none is no trend. */
const FLOOR = 10;
/** What a plugin must reach: chance alone gives one of about forty plugins as much. */
const LEAST = 2;

/** Downloads of several releases together. */
export function sumMonths(all: readonly MonthlyDownloads[]): MonthlyDownloads {
  const sum: Record<string, number> = {};
  for (const months of all) {
    for (const [month, count] of Object.entries(months)) sum[month] = (sum[month] ?? 0) + count;
  }
  return sum;
}

/**
 * How far the last complete month stands out from the three before it: (recent − mean) / √(mean + 10), 0 when it
 * does not. Downloads come one by one, so their number varies by about its square root (a Poisson process): the
 * figure counts such steps, and neither the largest plugins nor the smallest lead for their size alone.
 */
export function trendOf(months: MonthlyDownloads, now: Instant): Pick<Trend, 'trend' | 'recent'> {
  let month = monthBefore(monthOf(now));
  const recent = months[month] ?? 0;
  let before = 0;
  for (let count = 0; count < MONTHS_BEFORE; count += 1) {
    month = monthBefore(month);
    before += months[month] ?? 0;
  }
  const mean = before / MONTHS_BEFORE;
  return { recent, trend: Math.max(0, (recent - mean) / Math.sqrt(mean + FLOOR)) };
}

/** The plugins that stand out most, at most ten; equal ones by downloads, then by name. */
export function trendingPlugins(
  plugins: ReadonlyMap<PluginName, MonthlyDownloads>,
  now: Instant,
): readonly Trend[] {
  return [...plugins]
    .map(([name, months]): Trend => ({ name, ...trendOf(months, now) }))
    .filter(({ trend }) => trend >= LEAST)
    .toSorted((a, b) => b.trend - a.trend || b.recent - a.recent || (a.name < b.name ? -1 : 1))
    .slice(0, LIMITS.trendingPlugins);
}

/** The collection in which a registry shows them: `registry/collections/trending.toml`, computed, not curated. */
export function trendingCollection(trends: readonly Trend[], now: Instant): CollectionFile {
  const month = monthBefore(monthOf(now));
  return {
    title: 'Trending',
    description: `Plugins whose downloads in ${month} stand out from the three months before`,
    certifies: false,
    featured: false,
    plugins: trends.map(({ name, recent }) => ({ name, note: `${recent} downloads in ${month}` })),
  };
}
