import { stringify } from 'smol-toml';
import { defined } from '../defined.ts';

/**
 * Writes TOML in the order of the given keys, ending with a newline. Keys that are undefined, and top-level
 * tables without any key, are left out: readers fill in the same defaults.
 */
export function writeToml(tables: Readonly<Record<string, unknown>>): Uint8Array {
  const kept = Object.entries(tables)
    .map(([key, value]) => [key, isTable(value) ? defined(value) : value] as const)
    .filter(([, value]) => value !== undefined && !(isTable(value) && Object.keys(value).length === 0));
  return new TextEncoder().encode(stringify(Object.fromEntries(kept)));
}

/** Entries in code unit order, so that equal values give equal bytes. */
export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The list, or undefined when it is empty and need not be written. */
export function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
