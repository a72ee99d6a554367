import {
  type JsonContext,
  jsonFault,
  parseJson,
  readArray,
  readObject,
  readText,
  writeJson,
} from './documents/strict-json.ts';
import type { ErrorCode, SheafError } from './errors.ts';
import { ERROR_MEANINGS } from './errors.ts';
import { formatInstant, type Instant, parseInstant } from './instant.ts';
import { LIMITS } from './limits.ts';

/**
 * An address that was of no use: it stalled, broke off, lied, or was behind. What is remembered of addresses only
 * ever decides who is asked first; nothing is believed or refused because of it.
 */
export interface UnhealthySource {
  /** A base address of an index, or the origin of artifacts. Everything below it counts. */
  readonly url: string;
  readonly since: Instant;
  readonly code: ErrorCode;
  /** The sentence of the failure. */
  readonly message: string;
}

const SCHEMA = 'sheaf-sources/1';
const CONTEXT: JsonContext = { what: 'The memory of addresses', code: 'SHEAF_INVALID_FILE' };

/** Failures that say something about this machine or the request, and nothing about who was asked. */
const BLAMELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SHEAF_FORK',
  'SHEAF_INTERRUPTED',
  'SHEAF_OFFLINE',
  'SHEAF_CLOCK',
  'SHEAF_TOOL',
  'SHEAF_USAGE',
  'SHEAF_PERMISSION',
  'SHEAF_DISK_FULL',
  'SHEAF_NO_HOME',
  'SHEAF_INTERNAL',
]);

/** Failures that any address shows when this machine has no network. */
const UNREACHED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SHEAF_NETWORK',
  'SHEAF_AUTHENTICATION',
  'SHEAF_TOOL',
]);

/** Whether a failure is the fault of whoever was asked: an answer that a file is not there is none. */
export function isFaultOfSource({ code, details }: SheafError): boolean {
  return !BLAMELESS.has(code) && details['status'] !== 404 && details['status'] !== 410;
}

/** Whether nobody was reached at all, so that the failure may as well lie here. */
export function isUnreached({ code }: SheafError): boolean {
  return UNREACHED.has(code);
}

/** Of two failures the one that tells more: that bytes were wrong, before that a host did not answer. */
export function graver(first: SheafError | undefined, second: SheafError): SheafError {
  return first === undefined || (isUnreached(first) && !isUnreached(second)) ? second : first;
}

/** Addresses in the order to ask them: as given, but those that failed lately behind all others. */
export function healthiestFirst(
  urls: readonly string[],
  unhealthy: readonly UnhealthySource[],
  now: Instant,
): readonly string[] {
  const recent = unhealthy.filter((one) => isRecent(one, now));
  const failed = (url: string): boolean => recent.some((one) => isBelow(url, one.url));
  return [...urls.filter((url) => !failed(url)), ...urls.filter(failed)];
}

function isBelow(url: string, base: string): boolean {
  return url === base || url.startsWith(base.endsWith('/') ? base : `${base}/`);
}

/** The memory with one more failure, the newest first; what is too old or too much is forgotten. */
export function withUnhealthy(
  unhealthy: readonly UnhealthySource[],
  failed: UnhealthySource,
): readonly UnhealthySource[] {
  const message = failed.message.slice(0, LIMITS.sourceFailureLength);
  return [{ ...failed, message }, ...unhealthy.filter((one) => one.url !== failed.url)]
    .filter((one) => isRecent(one, failed.since))
    .slice(0, LIMITS.sourcesRemembered);
}

/** The failures that still count. A time that lies ahead comes from a clock that was wrong, and does not. */
export function isRecent({ since }: UnhealthySource, now: Instant): boolean {
  return since <= now && now - since < LIMITS.sourceDistrust;
}

/** Writes the memory as {@link readSourceHealth} reads it. */
export function writeSourceHealth(unhealthy: readonly UnhealthySource[]): Uint8Array {
  const sources = unhealthy.map((one) => ({ ...one, since: formatInstant(one.since) }));
  return writeJson({ schema: SCHEMA, sources });
}

/**
 * Reads the memory of addresses, `sources.json` in the state directory.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readSourceHealth(bytes: Uint8Array): readonly UnhealthySource[] {
  const { schema, sources } = readObject(parseJson(bytes, CONTEXT), CONTEXT, ['schema', 'sources']);
  if (schema !== SCHEMA) throw jsonFault(CONTEXT, `is not of the schema ${SCHEMA}`);
  return readArray(sources, CONTEXT, readUnhealthy).slice(0, LIMITS.sourcesRemembered);
}

function readUnhealthy(value: unknown): UnhealthySource {
  const { url, since, code, message } = readObject(value, CONTEXT, ['url', 'since', 'code', 'message']);
  const instant = parseInstant(readText(since, CONTEXT));
  if (instant === undefined) throw jsonFault(CONTEXT, 'has a failure without a time');
  if (!isErrorCode(code)) throw jsonFault(CONTEXT, 'has a failure of an unknown kind');
  return { url: readText(url, CONTEXT), since: instant, code, message: readText(message, CONTEXT) };
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_MEANINGS, value);
}
