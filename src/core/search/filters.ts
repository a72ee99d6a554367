import { closest } from '../did-you-mean.ts';
import { parseJson, readMap, readText } from '../documents/strict-json.ts';
import type { Engines } from '../engines.ts';
import type { OpenIndex } from '../index/index-difference.ts';
import { fileObject } from '../index/index-head.ts';
import { parseSourcePath } from '../index/source-layout.ts';
import { findTerm, findTerms, postingsOf } from '../index/term-lookup.ts';
import { enginePrefix, type FilterField, filterPrefix, filterTerm } from '../index/terms.ts';
import { isVersionRange, satisfies } from '../version.ts';
import { intersectionOf, unionOf } from './id-sets.ts';

/** What results must have; all fields of it, and of one field any of the values. */
export type Filters = Readonly<Partial<Record<FilterField, readonly string[]>>>;

/** A value that nothing in the registry has, and the one that was probably meant. */
export interface UnknownFilter {
  readonly field: FilterField;
  readonly value: string;
  readonly meant?: string;
}

/** What filters leave. */
export interface Filtered {
  /** Ids of the documents that pass; undefined when nothing is filtered. */
  readonly allowed: Uint32Array | undefined;
  readonly unknown: readonly UnknownFilter[];
}

/** Looks filters up. */
export async function applyFilters(filters: Filters, { head, fetchObject }: OpenIndex): Promise<Filtered> {
  const runs = head.runs.terms;
  const fields = Object.entries(filters) as [FilterField, readonly string[]][];
  const index = { head, fetchObject };
  const unknown: UnknownFilter[] = [];
  let allowed: Uint32Array | undefined;
  for (const [field, values] of fields) {
    if (values.length === 0) continue;
    const terms = await Promise.all(
      values.map((value) => findTerm(runs, filterTerm(field, value), fetchObject)),
    );
    for (const [position, value] of values.entries()) {
      if (terms[position] !== undefined) continue;
      const near = await nearestValue(field, value, index);
      if (near.exists) continue;
      unknown.push({ field, value, ...(near.meant === undefined ? {} : { meant: near.meant }) });
    }
    const any = unionOf(terms.map((term) => (term === undefined ? new Uint32Array() : postingsOf(term).ids)));
    allowed = allowed === undefined ? any : intersectionOf(allowed, any);
  }
  return { allowed, unknown };
}

/**
 * The documents that do not work with the engines that are there. What demands nothing of an engine works with it,
 * and of an engine that nobody mentioned nothing is known.
 */
export async function incompatible(engines: Engines, { head, fetchObject }: OpenIndex): Promise<Uint32Array> {
  const demands = await Promise.all(
    Object.entries(engines).map(async ([engine, version]) => {
      const prefix = enginePrefix(engine);
      const terms = await findTerms(head.runs.terms, prefix, fetchObject);
      return terms.filter(({ term }) => {
        const range = term.slice(prefix.length).replaceAll('_', ' ');
        return isVersionRange(range) && !satisfies(version, range, { prereleases: true });
      });
    }),
  );
  return unionOf(demands.flat().map((term) => postingsOf(term).ids));
}

// Values are proposed from this many runs at most: an owner is one of tens of thousands.
const MOST_RUNS = 16;

/** Whether a value exists although no plugin has it, and otherwise the one that is nearest to it. */
async function nearestValue(
  field: FilterField,
  value: string,
  { head, fetchObject }: OpenIndex,
): Promise<{ readonly exists: boolean; readonly meant?: string | undefined }> {
  const prefix = filterPrefix(field);
  const wanted = filterTerm(field, value).slice(prefix.length);
  const found = await Promise.all(
    [prefix + wanted.slice(0, 1), prefix].map((beginning) =>
      findTerms(head.runs.terms, beginning, fetchObject, MOST_RUNS),
    ),
  );
  const values = found.flat().map(({ term }) => term.slice(prefix.length));
  // A category without plugins is no mistake.
  if (field === 'category') values.push(...(await categories({ head, fetchObject })));
  return { exists: values.includes(wanted), meant: closest(wanted, values) };
}

async function categories({ head, fetchObject }: OpenIndex): Promise<readonly string[]> {
  const context = { what: 'The list of categories', code: 'SHEAF_INDEX' } as const;
  const bytes = await fetchObject(fileObject(head, 'categories'));
  return Object.keys(readMap(parseJson(bytes, context), context, readText)).flatMap((path) => {
    const file = parseSourcePath(path);
    return file?.kind === 'category' ? [file.category] : [];
  });
}
