import type { PluginSummary } from './plugin-summary.ts';

/**
 * How good a plugin is, apart from what was asked, 0 to 1000: downloads by order of magnitude (up to 400), the
 * registry's score (300), ratings as far as there are enough of them (200), a tier that somebody reviewed (100).
 * A deprecated or withdrawn plugin has 0. Integers of integers: the same on every machine.
 */
export function qualityOf(plugin: PluginSummary): number {
  if (isSunk(plugin)) return 0;
  const score = Math.min(100, Math.max(0, plugin.score ?? 0));
  const count = plugin.ratingCount ?? 0;
  const rating = Math.min(5, Math.max(0, plugin.rating ?? 0));
  return (
    Math.min(400, magnitude(plugin.downloads) * 50) +
    Math.round(score * 3) +
    Math.round((rating * 40 * count) / (count + 5)) +
    (plugin.tier.granted === 'wasm' ? 0 : 100)
  );
}

/**
 * The quality that travels with every posting, 0 to 15: coarse on purpose, because where it changes the index
 * of all words of the plugin changes. It moves when downloads reach another power of ten, when a tier is
 * granted or lost, when enough people rate it well, and when the plugin is deprecated or wholly withdrawn.
 */
export function standingOf(plugin: PluginSummary): number {
  if (isSunk(plugin)) return 0;
  const isLiked = (plugin.ratingCount ?? 0) >= LIKED_BY && (plugin.rating ?? 0) >= LIKED_FROM;
  return (
    1 +
    Math.min(MOST_MAGNITUDE, magnitude(plugin.downloads)) +
    (plugin.tier.granted === 'wasm' ? 0 : TIER_LIFT) +
    (isLiked ? 1 : 0)
  );
}

/**
 * More downloads than this no plugin of that standing has; infinite where the standing does not tell. It lets a
 * search for the most downloaded stop before it has read them all.
 */
export function downloadsBelow(standing: number): number {
  return standing === 0 || standing > MOST_MAGNITUDE ? Number.POSITIVE_INFINITY : 10 ** (standing - 1);
}

const MOST_MAGNITUDE = 8;
const TIER_LIFT = 3;
const LIKED_BY = 3;
const LIKED_FROM = 4;

/** Nobody should choose it any more. */
function isSunk(plugin: PluginSummary): boolean {
  return plugin.deprecated !== undefined || plugin.yanked !== undefined;
}

/** Decimal digits of a count, 0 for none: an order of magnitude without floating-point logarithms. */
function magnitude(count = 0): number {
  return count <= 0 ? 0 : String(Math.floor(count)).length;
}
