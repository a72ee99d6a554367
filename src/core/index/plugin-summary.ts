import { defined } from '../defined.ts';
import type { JsonContext } from '../documents/strict-json.ts';
import {
  jsonFault,
  readArray,
  readCount,
  readNumber,
  readObject,
  readOptional,
  readText,
} from '../documents/strict-json.ts';
import type { Tier } from '../formats/manifest.ts';
import type { PluginName } from '../plugin-name.ts';
import { isPluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { isVersion } from '../version.ts';

/** What a result of a search shows of a plugin. */
export interface PluginSummary {
  readonly name: PluginName;
  readonly displayName?: string;
  readonly description: string;
  readonly category: string;
  readonly keywords: readonly string[];
  readonly authors: readonly string[];
  readonly license?: string;
  readonly owner: string;
  /** The newest version that is not yanked and no pre-release; failing that, the newest of all. */
  readonly version: Version;
  readonly tier: { readonly requested: Tier; readonly granted: Tier };
  readonly deprecated?: string;
  /** Why `version` was withdrawn: there is none that was not. */
  readonly yanked?: string;
  /** Facts, absent until measured. `published` is an RFC 3339 timestamp. */
  readonly published?: string;
  readonly score?: number;
  readonly rating?: number;
  readonly ratingCount?: number;
  readonly downloads?: number;
}

/** The keys that every summary has. */
export const SUMMARY_KEYS: readonly string[] = [
  'name',
  'description',
  'category',
  'keywords',
  'authors',
  'owner',
  'version',
  'tier',
];

/** The keys that a summary may have. */
export const SUMMARY_FACTS: readonly string[] = [
  'displayName',
  'license',
  'deprecated',
  'yanked',
  'published',
  'score',
  'rating',
  'ratingCount',
  'downloads',
];

/** What a summary says of a plugin, and nothing else of it; in a stable order of keys, the name first. */
export function summaryOf(plugin: PluginSummary): PluginSummary {
  const { name, displayName, description, category, keywords, authors, license, owner, version } = plugin;
  const { tier, deprecated, yanked, published, score, rating, ratingCount, downloads } = plugin;
  return defined({
    name,
    displayName,
    description,
    category,
    keywords,
    authors,
    license,
    owner,
    version,
    tier: { requested: tier.requested, granted: tier.granted },
    deprecated,
    yanked,
    published,
    score,
    rating,
    ratingCount,
    downloads,
  });
}

/**
 * Reads a summary as {@link summaryOf} makes it.
 *
 * @throws SheafError with the code of the context.
 */
export function readSummary(value: unknown, context: JsonContext): PluginSummary {
  return readSummaryFields(readObject(value, context, SUMMARY_KEYS, SUMMARY_FACTS), context);
}

/** {@link readSummary} from an object whose keys were checked, whatever else it has. */
export function readSummaryFields(
  fields: Readonly<Record<string, unknown>>,
  context: JsonContext,
): PluginSummary {
  const tier = readObject(fields['tier'], context, ['requested', 'granted']);
  return defined({
    name: readName(fields['name'], context),
    displayName: readOptional(fields['displayName'], context, readText),
    description: readText(fields['description'], context),
    category: readText(fields['category'], context),
    keywords: readArray(fields['keywords'], context, readText),
    authors: readArray(fields['authors'], context, readText),
    license: readOptional(fields['license'], context, readText),
    owner: readText(fields['owner'], context),
    version: readVersion(fields['version'], context),
    tier: { requested: readTier(tier['requested'], context), granted: readTier(tier['granted'], context) },
    deprecated: readOptional(fields['deprecated'], context, readText),
    yanked: readOptional(fields['yanked'], context, readText),
    published: readOptional(fields['published'], context, readText),
    score: readOptional(fields['score'], context, readNumber),
    rating: readOptional(fields['rating'], context, readNumber),
    ratingCount: readOptional(fields['ratingCount'], context, readCount),
    downloads: readOptional(fields['downloads'], context, readCount),
  });
}

/** A plugin name in JSON. */
export function readName(value: unknown, context: JsonContext): PluginName {
  if (!isPluginName(value))
    throw jsonFault(context, 'has something that is not a plugin name where one belongs');
  return value;
}

/** A version in JSON. */
export function readVersion(value: unknown, context: JsonContext): Version {
  if (!isVersion(value)) throw jsonFault(context, 'has something that is not a version where one belongs');
  return value;
}

/** A tier in JSON. */
export function readTier(value: unknown, context: JsonContext): Tier {
  if (value !== 'wasm' && value !== 'native' && value !== 'core') {
    throw jsonFault(context, 'has an unknown tier');
  }
  return value;
}
