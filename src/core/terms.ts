import { foldName } from './plugin-name.ts';
import { standingOf } from './ranks.ts';
import type { PluginRecord } from './records.ts';
import { foldText, wordsOf } from './words.ts';

/** Which filters are terms too: `category:integrations`, `keyword:git`. The rest is decided on the record. */
export type FilterField =
  | 'category'
  | 'tier'
  | 'license'
  | 'owner'
  | 'author'
  | 'keyword'
  | 'language'
  | 'capability';

/** What a posting says of a document besides its id, packed into one byte. */
export interface Mark {
  /** 1 to 15, summed over the fields in which the word appears; 0 for filters. */
  readonly weight: number;
  /** 0 to 15, core/ranks.ts: lets a search drop what cannot be among the first without fetching it. */
  readonly standing: number;
}

const WEIGHTS = { name: 10, displayName: 8, keyword: 6, category: 3, author: 2, description: 2 };

/** The mark in a posting's byte. */
export function readMark(byte: number): Mark {
  return { weight: byte >>> 4, standing: byte & 15 };
}

/** The term of a filter. Values are folded like words, so case and accents do not matter. */
export function filterTerm(field: FilterField, value: string): string {
  return `${field}:${foldText(value).trim().replaceAll(/\s+/g, '-')}`;
}

/**
 * Every term of a plugin with its mark. It depends on nothing but the record: the terms of an earlier state are
 * known from the earlier record, and a searcher can check a hit against the record it fetched.
 */
export function termsOf(plugin: PluginRecord): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  const add = (texts: readonly string[], weight: number): void => {
    for (const word of new Set(texts.flatMap(wordsOf))) {
      weights.set(word, Math.min(15, (weights.get(word) ?? 0) + weight));
    }
  };
  // The name without hyphens too: people write graphlens for graph-lens.
  add([plugin.name, foldName(plugin.name)], WEIGHTS.name);
  if (plugin.displayName !== undefined) add([plugin.displayName], WEIGHTS.displayName);
  add(plugin.keywords, WEIGHTS.keyword);
  add([plugin.category], WEIGHTS.category);
  add(plugin.authors, WEIGHTS.author);
  add([plugin.description], WEIGHTS.description);
  for (const filter of filtersOf(plugin)) weights.set(filter, 0);
  const standing = standingOf(plugin);
  return new Map([...weights].map(([term, weight]) => [term, (weight << 4) | standing]));
}

function filtersOf(plugin: PluginRecord): readonly string[] {
  return [
    filterTerm('category', plugin.category),
    filterTerm('tier', plugin.tier.granted),
    filterTerm('owner', plugin.owner),
    ...licenseIds(plugin.license).map((id) => filterTerm('license', id)),
    ...plugin.authors.map((author) => filterTerm('author', author)),
    ...plugin.keywords.map((keyword) => filterTerm('keyword', keyword)),
    ...plugin.languages.map((language) => filterTerm('language', language)),
    ...plugin.capabilities.map((capability) => filterTerm('capability', capability)),
  ];
}

/** The licences that an SPDX expression names; operators and parentheses carry no filter value. */
function licenseIds(expression = ''): readonly string[] {
  return (expression.match(/[A-Za-z0-9.+:-]+/g) ?? []).filter((id) => !/^(AND|OR|WITH)$/.test(id));
}
