import { SheafError } from '../../core/errors.ts';
import { type Instant, parseInstant } from '../../core/instant.ts';

/**
 * Fields of the answers of a forge, of which there are many more than anybody reads; `path` is `head.sha`. What is not as
 * the documentation says is refused, so that nothing is done on the strength of a misunderstanding.
 */

/** A text. @throws SheafError `SHEAF_NETWORK`. */
export function textAt(answer: unknown, path: string): string {
  const value = valueAt(answer, path);
  if (typeof value === 'string') return value;
  throw unexpected(path);
}

/** A text, or undefined where it is absent or null. */
export function optionalTextAt(answer: unknown, path: string): string | undefined {
  const value = valueAt(answer, path);
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of zero or more. @throws SheafError `SHEAF_NETWORK`. */
export function numberAt(answer: unknown, path: string): number {
  const value = valueAt(answer, path);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw unexpected(path);
}

/** Whether a field is true. */
export function isTrueAt(answer: unknown, path: string): boolean {
  return valueAt(answer, path) === true;
}

/** A time; what it has of milliseconds is dropped. @throws SheafError `SHEAF_NETWORK`. */
export function instantAt(answer: unknown, path: string): Instant {
  const instant = parseInstant(textAt(answer, path).replace(/\.\d+Z$/, 'Z'));
  if (instant !== undefined) return instant;
  throw unexpected(path);
}

/** A list. @throws SheafError `SHEAF_NETWORK`. */
export function listAt(answer: unknown, path: string): readonly unknown[] {
  const value = path === '' ? answer : valueAt(answer, path);
  if (Array.isArray(value)) return value;
  throw unexpected(path === '' ? 'list' : path);
}

function valueAt(answer: unknown, path: string): unknown {
  let value = answer;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function unexpected(path: string): SheafError {
  return new SheafError('SHEAF_NETWORK', `The forge's answer has no ${path} where one belongs.`, {
    hint: 'Check the address of its interface, where one is set: GITHUB_API_URL or CI_API_V4_URL.',
    details: { status: 200 },
  });
}
