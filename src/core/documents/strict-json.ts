import type { ErrorCode } from '../errors.ts';
import { SheafError } from '../errors.ts';
import type { ObjectRef } from '../object-ref.ts';
import { isSha256 } from '../object-ref.ts';

/**
 * Reads the JSON objects that sheaf itself writes. Whoever holds the checkpoint key can put anything into
 * them, so a key too many, a wrong type or a broken character is refused here and nothing below has to ask.
 */
export interface JsonContext {
  /** Names the object in errors: `the index head`. */
  readonly what: string;
  readonly code: ErrorCode;
}

const EXACT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A fresh refusal of the object; `problem` continues the sentence: `has no "index"`. */
export function jsonFault(context: JsonContext, problem: string): SheafError {
  return new SheafError(context.code, `${context.what} ${problem}.`, {
    hint: 'It was not written by sheaf, or by a newer sheaf than this one.',
  });
}

/** The text of UTF-8 bytes; a byte order mark stays, so that the text encodes to the same bytes again. */
export function exactText(bytes: Uint8Array): string | undefined {
  try {
    return EXACT.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The JSON value of bytes. */
export function parseJson(bytes: Uint8Array, context: JsonContext): unknown {
  const text = exactText(bytes);
  if (text === undefined) throw jsonFault(context, 'is not UTF-8');
  return parseJsonText(text, context);
}

/** The JSON value of a text. */
export function parseJsonText(text: string, context: JsonContext): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw jsonFault(context, 'is not JSON');
  }
}

/** UTF-8 bytes of a JSON value on one line, with a final newline. */
export function writeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

/** An object with all of `required`, any of `optional` and nothing else. */
export function readObject(
  value: unknown,
  context: JsonContext,
  required: readonly string[],
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  if (!isMap(value)) throw jsonFault(context, 'is not a JSON object');
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) throw jsonFault(context, `has no "${missing}"`);
  const unknown = Object.keys(value).find((key) => !required.includes(key) && !optional.includes(key));
  if (unknown !== undefined) throw jsonFault(context, `has the unknown key ${JSON.stringify(unknown)}`);
  return value;
}

/** An object with any keys, every value read by `read`. */
export function readMap<T>(
  value: unknown,
  context: JsonContext,
  read: (value: unknown, context: JsonContext) => T,
): Readonly<Record<string, T>> {
  if (!isMap(value)) throw jsonFault(context, 'has something that is not a JSON object where one belongs');
  // A null prototype: "__proto__" and "constructor" are ordinary keys of data that comes from outside.
  const map: Record<string, T> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) map[key] = read(entry, context);
  return map;
}

/** An array, every element read by `read`. */
export function readArray<T>(
  value: unknown,
  context: JsonContext,
  read: (value: unknown, context: JsonContext) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw jsonFault(context, 'has something that is not an array where one belongs');
  return value.map((entry) => read(entry, context));
}

/** A string. */
export function readText(value: unknown, context: JsonContext): string {
  if (typeof value !== 'string')
    throw jsonFault(context, 'has something that is not text where text belongs');
  return value;
}

/** A number of things: an integer from 0 to 2^53 − 1. */
export function readCount(value: unknown, context: JsonContext): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw jsonFault(context, 'has something that is not a count where one belongs');
  }
  return value;
}

/** A finite number. */
export function readNumber(value: unknown, context: JsonContext): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw jsonFault(context, 'has something that is not a number where one belongs');
  }
  return value;
}

/** True or false. */
export function readFlag(value: unknown, context: JsonContext): boolean {
  if (typeof value !== 'boolean') throw jsonFault(context, 'has something that is not true or false');
  return value;
}

/** What `read` makes of a value that may be absent. */
export function readOptional<T>(
  value: unknown,
  context: JsonContext,
  read: (value: unknown, context: JsonContext) => T,
): T | undefined {
  return value === undefined ? undefined : read(value, context);
}

/** `{"sha256": "…", "size": 123}`. */
export function readRef(value: unknown, context: JsonContext): ObjectRef {
  const { sha256, size } = readObject(value, context, ['sha256', 'size']);
  return refFrom(sha256, size, context);
}

/** `["<sha256>", 123]`, the short form of a reference for long lists. */
export function readPair(value: unknown, context: JsonContext): ObjectRef {
  if (!Array.isArray(value) || value.length !== 2) throw jsonFault(context, 'has a malformed reference');
  return refFrom(value[0], value[1], context);
}

/** A reference as {@link readPair} reads it. */
export function pairOf(ref: ObjectRef): readonly [string, number] {
  return [ref.sha256, ref.size];
}

function refFrom(sha256: unknown, size: unknown, context: JsonContext): ObjectRef {
  if (!isSha256(sha256)) throw jsonFault(context, 'has a reference without a SHA-256');
  return { sha256, size: readCount(size, context) };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
