import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault } from '../documents/strict-json.ts';
import { putVarint, takeBytes, takeVarint, VARINT_BYTES } from './varint.ts';

/**
 * One run of the inverted index, in a binary form that is read without allocating what is not asked for:
 * terms ascending by UTF-16 code unit, each as
 *
 *     varint  bytes shared with the term before      varint  further bytes    UTF-8 of these
 *     varint  number of postings                      varint  bytes of postings
 *     for each posting, ascending by id:  varint  id minus the id before;  one byte  mark
 *
 * Varints are LEB128, little-endian groups of seven bits. An id is `documentId(name)`, a mark is what
 * core/index/terms.ts packs into it.
 */
export interface TermEntry {
  readonly term: string;
  readonly count: number;
  /** Encoded; {@link readPostings} reads them. */
  readonly postings: Uint8Array;
}

/** The documents of a term: `ids[i]` has `marks[i]`. */
export interface Postings {
  readonly ids: Uint32Array;
  readonly marks: Uint8Array;
}

/** Encodes postings; ids strictly ascending. */
export function writePostings(postings: Postings): Uint8Array {
  const bytes = new Uint8Array(postings.ids.length * 6);
  let offset = 0;
  let previous = 0;
  for (let index = 0; index < postings.ids.length; index++) {
    const id = postings.ids[index] ?? 0;
    offset = putVarint(bytes, offset, id - previous);
    bytes[offset++] = postings.marks[index] ?? 0;
    previous = id;
  }
  return bytes.slice(0, offset);
}

/**
 * Decodes the postings of an entry.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readPostings(entry: TermEntry): Postings {
  const { count, postings: bytes } = entry;
  const context = contextOf(`the term ${JSON.stringify(entry.term)}`);
  // Two bytes a posting at least: a count is checked before memory is taken for it.
  if (count * 2 > bytes.length) throw jsonFault(context, 'states more postings than it has');
  const ids = new Uint32Array(count);
  const marks = new Uint8Array(count);
  let offset = 0;
  let id = 0;
  for (let index = 0; index < count; index++) {
    // takeVarint, written out: a search decodes tens of thousands of these.
    let step = 0;
    let unit = 1;
    let byte = 0x80;
    for (let group = 0; byte >= 0x80; group++) {
      byte = bytes[offset++] ?? 0x80;
      if (group === VARINT_BYTES) throw jsonFault(context, 'has a malformed number');
      step += (byte & 0x7f) * unit;
      unit *= 128;
    }
    id += step;
    if ((step === 0 && index > 0) || id > 0xffffffff) throw jsonFault(context, 'has postings out of order');
    ids[index] = id;
    marks[index] = bytes[offset++] ?? 0;
  }
  if (offset !== bytes.length) throw jsonFault(context, 'has postings of another length than stated');
  return { ids, marks };
}

/** Writes a run; terms strictly ascending. */
export function writeTermRun(entries: readonly TermEntry[]): Uint8Array {
  const encoder = new TextEncoder();
  const terms = entries.map(({ term }) => encoder.encode(term));
  const size = entries.reduce(
    (sum, entry, index) => sum + 20 + (terms[index]?.length ?? 0) + entry.postings.length,
    0,
  );
  const bytes = new Uint8Array(size);
  let offset = 0;
  let previous = new Uint8Array();
  for (const [index, entry] of entries.entries()) {
    const term = terms[index] ?? new Uint8Array();
    let shared = 0;
    while (shared < previous.length && shared < term.length && previous[shared] === term[shared]) shared++;
    offset = putVarint(bytes, offset, shared);
    offset = putVarint(bytes, offset, term.length - shared);
    bytes.set(term.subarray(shared), offset);
    offset += term.length - shared;
    offset = putVarint(bytes, offset, entry.count);
    offset = putVarint(bytes, offset, entry.postings.length);
    bytes.set(entry.postings, offset);
    offset += entry.postings.length;
    previous = term;
  }
  return bytes.slice(0, offset);
}

/**
 * Reads a run without decoding postings.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readTermRun(bytes: Uint8Array, what: string): readonly TermEntry[] {
  const cursor = { bytes, offset: 0, context: contextOf(JSON.stringify(what)) };
  const entries: TermEntry[] = [];
  let term = '';
  let previous: Uint8Array = new Uint8Array();
  while (cursor.offset < bytes.length) {
    const shared = takeVarint(cursor);
    const rest = takeBytes(cursor, takeVarint(cursor));
    if (shared > previous.length) throw jsonFault(cursor.context, 'shares more of a term than there is');
    const encoded = new Uint8Array(shared + rest.length);
    encoded.set(previous.subarray(0, shared));
    encoded.set(rest, shared);
    const before = term;
    term = textOf(encoded);
    if (entries.length > 0 && term <= before) throw jsonFault(cursor.context, 'has terms out of order');
    const count = takeVarint(cursor);
    entries.push({ term, count, postings: takeBytes(cursor, takeVarint(cursor)) });
    previous = encoded;
  }
  return entries;
}

/** The term of an entry: without the byte that marks a part of a heavy one. */
export function termOf({ term }: TermEntry): string {
  const space = term.indexOf(' ');
  return space === -1 ? term : term.slice(0, space);
}

const DECODER = new TextDecoder();

/** Nearly all terms are a few ASCII letters, for which the decoder takes many times as long as this. */
function textOf(encoded: Uint8Array): string {
  let text = '';
  for (const byte of encoded) {
    if (byte > 0x7f) return DECODER.decode(encoded);
    text += String.fromCharCode(byte);
  }
  return text;
}

function contextOf(what: string): JsonContext {
  return { what: `The search index at ${what}`, code: 'SHEAF_INDEX' };
}
