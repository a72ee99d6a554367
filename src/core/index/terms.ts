import { foldName } from '../plugin-name.ts';
import { MOST_WEIGHT, NAME_START, WHOLE_NAME, writeMark } from './marks.ts';
import { standingOf } from './ranks.ts';
import type { PluginRecord } from './records.ts';
import { foldText, wordsOf } from './words.ts';

/** What a search can be narrowed by. Each value is a term of the index. */
export type FilterField =
  | 'category'
  | 'tier'
  | 'license'
  | 'owner'
  | 'author'
  | 'keyword'
  | 'language'
  | 'capability'
  /** `yes` for what somebody reviewed: a granted tier above wasm. */
  | 'verified';

const WEIGHTS = { name: 10, displayName: 8, keyword: 6, category: 3, author: 2, description: 2 };

/** What filter terms begin with. It sorts before all letters, so that no prefix of a word meets a filter. */
const FILTER = ':';

/** The term of a filter. Values are folded like words, so case and accents do not matter. */
export function filterTerm(field: FilterField, value: string): string {
  return `${filterPrefix(field)}${foldText(value).trim().replaceAll(/\s+/g, '-')}`;
}

/** What all terms of a filter begin with. */
export function filterPrefix(field: FilterField): string {
  return `${FILTER}${field}:`;
}

/** Whether a term is one of words, not of a filter. */
export function isWord(term: string): boolean {
  return !term.startsWith(FILTER);
}

/** The term of what a plugin demands of an engine: `:engine:parseltongue@>=0.3.0_<2`. */
export function engineTerm(engine: string, range: string): string {
  return `${enginePrefix(engine)}${range.trim().replaceAll(/\s+/g, '_')}`;
}

/** What all terms about an engine begin with; behind it stands the range, with `_` for its spaces. */
export function enginePrefix(engine: string): string {
  return `${FILTER}engine:${engine}@`;
}

/**
 * Every term of a plugin with its mark. It depends on nothing but the record: the terms of an earlier state are
 * known from the earlier record, and a searcher can check a hit against the record it fetched.
 */
export function termsOf(plugin: PluginRecord): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  const add = (texts: readonly string[], weight: number): void => {
    for (const word of new Set(texts.flatMap(wordsOf))) {
      weights.set(word, Math.min(MOST_WEIGHT, (weights.get(word) ?? 0) + weight));
    }
  };
  add([plugin.name], WEIGHTS.name);
  if (plugin.displayName !== undefined) add([plugin.displayName], WEIGHTS.displayName);
  add(plugin.keywords, WEIGHTS.keyword);
  add([plugin.category], WEIGHTS.category);
  add(plugin.authors, WEIGHTS.author);
  add([plugin.description], WEIGHTS.description);
  const [start] = wordsOf(plugin.name);
  if (start !== undefined) weights.set(start, NAME_START);
  // The name without hyphens too: people write graphlens for graph-lens.
  for (const whole of wordsOf(foldName(plugin.name))) weights.set(whole, WHOLE_NAME);
  for (const filter of filtersOf(plugin)) weights.set(filter, 0);
  const standing = standingOf(plugin);
  return new Map([...weights].map(([term, weight]) => [term, writeMark({ weight, standing })]));
}

function filtersOf(plugin: PluginRecord): readonly string[] {
  return [
    filterTerm('category', plugin.category),
    filterTerm('tier', plugin.tier.granted),
    ...(plugin.tier.granted === 'wasm' ? [] : [filterTerm('verified', 'yes')]),
    filterTerm('owner', plugin.owner),
    ...licenseIds(plugin.license).map((id) => filterTerm('license', id)),
    ...plugin.authors.map((author) => filterTerm('author', author)),
    ...plugin.keywords.map((keyword) => filterTerm('keyword', keyword)),
    ...plugin.languages.map((language) => filterTerm('language', language)),
    ...plugin.capabilities.map((capability) => filterTerm('capability', capability)),
    ...Object.entries(plugin.engines).map(([engine, range]) => engineTerm(engine, range)),
  ];
}

/** The licences that an SPDX expression names; operators and parentheses carry no filter value. */
function licenseIds(expression = ''): readonly string[] {
  return (expression.match(/[A-Za-z0-9.+:-]+/g) ?? []).filter((id) => !/^(AND|OR|WITH)$/.test(id));
}
