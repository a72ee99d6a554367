import { malformed } from './archive-reader.ts';

/** What extended headers say about the entry that follows. */
export interface TarExtension {
  readonly path?: string;
  readonly size?: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8_CHARSET = 'ISO-IR 10646 2000 UTF-8';

/** Adds what a GNU long name (typeflag `L`) says. */
export function withLongName(extension: TarExtension, body: Uint8Array): TarExtension {
  const end = body.indexOf(0);
  return extended(extension, { path: decoded(end === -1 ? body : body.subarray(0, end)) });
}

/**
 * Adds what the records of a pax extended header (POSIX.1-2017 pax, "pax Extended Header") say: the path and
 * the size. Times, owners and attributes are of no interest; what changes the meaning of an entry in ways
 * that not every reader knows is refused.
 *
 * @throws SheafError `SHEAF_ARCHIVE`.
 */
export function withPaxHeader(extension: TarExtension, body: Uint8Array): TarExtension {
  let result = extension;
  for (const [key, value] of paxRecords(body)) {
    if (key === 'path') result = extended(result, { path: decoded(value) });
    else if (key === 'size') result = extended(result, { size: decimal(value) });
    else refuseUnusual(key, value);
  }
  return result;
}

/**
 * Checks a pax global header, such as the one in which `git archive` notes its commit. One that renamed or
 * resized every entry after it would be understood by some readers only.
 *
 * @throws SheafError `SHEAF_ARCHIVE`.
 */
export function requireHarmlessGlobal(body: Uint8Array): void {
  for (const [key, value] of paxRecords(body)) {
    if (key === 'path' || key === 'size' || key === 'linkpath') {
      throw malformed(`has a global header that sets the ${key} of every entry`);
    }
    refuseUnusual(key, value);
  }
}

/** Records `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record in bytes. */
function* paxRecords(body: Uint8Array): Generator<readonly [key: string, value: Uint8Array]> {
  for (let start = 0; start < body.byteLength; ) {
    const space = body.indexOf(0x20, start);
    const length = space === -1 ? Number.NaN : Number(decimalText(body.subarray(start, space)));
    const end = start + length;
    const equals = body.indexOf(0x3d, space);
    const complete = end <= body.byteLength && body[end - 1] === 0x0a && equals > space && equals < end;
    if (!complete) throw malformed('has a pax header that cannot be decoded');
    yield [decoded(body.subarray(space + 1, equals)), body.subarray(equals + 1, end - 1)];
    start = end;
  }
}

function refuseUnusual(key: string, value: Uint8Array): void {
  if (key.startsWith('GNU.sparse.')) throw malformed('holds sparse files');
  if (key === 'hdrcharset' && decoded(value) !== UTF8_CHARSET)
    throw malformed('has names that are not UTF-8');
}

/** Two names or sizes for one entry are two archives in one; which of them is read depends on the reader. */
function extended(extension: TarExtension, more: TarExtension): TarExtension {
  if (more.path === '') throw malformed('has an extended header with an empty name');
  if (extension.path !== undefined && more.path !== undefined) throw malformed('names an entry twice');
  if (extension.size !== undefined && more.size !== undefined)
    throw malformed('states the size of an entry twice');
  return { ...extension, ...more };
}

function decimal(bytes: Uint8Array): number {
  const value = Number(decimalText(bytes));
  if (!Number.isSafeInteger(value)) throw malformed('states a size that is no number');
  return value;
}

function decimalText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return /^\d{1,16}$/.test(text) ? text : 'NaN';
}

function decoded(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw malformed('has names that are not UTF-8', error);
  }
}
