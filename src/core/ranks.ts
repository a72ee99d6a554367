import type { PluginName } from './plugin-name.ts';
import { isPluginName } from './plugin-name.ts';
import type { PluginRecord } from './records.ts';
import type { JsonContext } from './strict-json.ts';
import { jsonFault, parseJsonText, readCount, readNumber, readObject, readText } from './strict-json.ts';

/** The column that results are ranked and sorted by: one short JSON line of the `ranks` tree for each plugin. */
export interface RankRecord {
  readonly name: PluginName;
  /** 0 to 1000, {@link qualityOf}. Freshness is the searcher's: it depends on when one asks. */
  readonly quality: number;
  readonly downloads?: number;
  readonly rating?: number;
  readonly published?: string;
}

/** The rank line of a plugin: a function of its record, so that it changes only with it. */
export function rankOf(plugin: PluginRecord): RankRecord {
  const { name, downloads, rating, published } = plugin;
  return {
    name,
    quality: qualityOf(plugin),
    ...(downloads === undefined ? {} : { downloads }),
    ...(rating === undefined ? {} : { rating }),
    ...(published === undefined ? {} : { published }),
  };
}

/** Writes a rank line, without newline. */
export function writeRank({ name, quality, downloads, rating, published }: RankRecord): string {
  return JSON.stringify({ name, quality, downloads, rating, published });
}

/**
 * Reads a rank line.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readRank(line: string): RankRecord {
  const context: JsonContext = { what: 'A line of the ranks', code: 'SHEAF_INDEX' };
  const fields = readObject(
    parseJsonText(line, context),
    context,
    ['name', 'quality'],
    ['downloads', 'rating', 'published'],
  );
  const { name, downloads, rating, published } = fields;
  if (!isPluginName(name)) throw jsonFault(context, 'belongs to no plugin');
  return {
    name,
    quality: readCount(fields['quality'], context),
    ...(downloads === undefined ? {} : { downloads: readCount(downloads, context) }),
    ...(rating === undefined ? {} : { rating: readNumber(rating, context) }),
    ...(published === undefined ? {} : { published: readText(published, context) }),
  };
}

/**
 * How good a plugin is, apart from what was asked, 0 to 1000: downloads by order of magnitude (up to 400), the
 * registry's score (300), ratings as far as there are enough of them (200), a tier that somebody reviewed (100).
 * A deprecated plugin has 0. Integers of integers: the same on every machine.
 */
export function qualityOf(plugin: PluginRecord): number {
  if (plugin.deprecated !== undefined) return 0;
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
 * granted or lost and when the plugin is deprecated; never with a release.
 */
export function standingOf(plugin: PluginRecord): number {
  if (plugin.deprecated !== undefined) return 0;
  return 1 + Math.min(8, magnitude(plugin.downloads)) + (plugin.tier.granted === 'wasm' ? 0 : 3);
}

/** Decimal digits of a count, 0 for none: an order of magnitude without floating-point logarithms. */
function magnitude(count = 0): number {
  return count <= 0 ? 0 : String(Math.floor(count)).length;
}
