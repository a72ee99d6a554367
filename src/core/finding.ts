import { invalidFile } from './errors.ts';

/** A position in a file. Lines and columns count from 1; a column counts UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** An `error` blocks, a `warning` does not. */
export type Severity = 'error' | 'warning';

/** One result of one check: data; people, JSON, SARIF and annotations are rendered from it elsewhere. */
export interface Finding {
  /** Stable name of the rule, kebab-case: `unknown-key`, `version-file-name`. */
  readonly rule: string;
  readonly severity: Severity;
  readonly place: Place;
  /** One sentence: what is wrong, with the offending value. */
  readonly message: string;
  /** One sentence: what to write instead. */
  readonly fix?: string;
}

/** What a reader returns: the value, if no finding is an error, and everything it noticed. */
export type Reading<T> =
  | { readonly value: T; readonly findings: readonly Finding[] }
  | { readonly value: undefined; readonly findings: readonly Finding[] };

/**
 * The value of a reading.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` with all findings when the reader refused the bytes.
 */
export function valueOf<T>(reading: Reading<T>): T {
  if (reading.value === undefined) throw invalidFile(reading.findings);
  return reading.value;
}

/** `file:line:column`, as far as known. */
export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
}
