import type { Finding, Place } from '../finding.ts';
import { uncleanCharacter, uncleanOffset } from '../text.ts';

/** A parsed file that still knows where everything in it stands. */
export interface SourceDocument {
  readonly file: string;
  /** The top-level table. Tables have no prototype and hold only text, numbers, booleans, lists and tables. */
  readonly value: Record<string, unknown>;
  /** Where a key, table, list element or table-array element stands; the nearest parent if it does not. */
  place(path: Path): Place;
}

/** Keys and list positions from the top of a document. */
export type Path = readonly (string | number)[];

/** The characters of a text file, and the way from an offset to a line and column. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  placeAt(offset: number): Place;
}

/** Without `source` nothing could be decoded; any finding is an error. */
interface DecodedText {
  readonly source: SourceText | undefined;
  readonly findings: readonly Finding[];
}

/** Offsets of the keys and list elements of a document, by path. */
export interface PlaceNode {
  offset: number;
  readonly children: Map<string, PlaceNode>;
}

/** The offset of the deepest node on the path. */
export function offsetOf(root: PlaceNode, path: Path): number {
  let node = root;
  for (const part of path) {
    const child = node.children.get(String(part));
    if (child === undefined) break;
    node = child;
  }
  return node.offset;
}

/**
 * Decodes a file that people write and keys sign: UTF-8 without byte order mark, LF line ends, and no
 * character that would show something else than it says.
 *
 * @param maxBytes refuses longer files before anything is decoded.
 */
export function readSourceText(bytes: Uint8Array, file: string, maxBytes: number): DecodedText {
  if (bytes.byteLength > maxBytes) {
    return refusal(
      'file-size',
      { file },
      `The file has ${bytes.byteLength} bytes; at most ${maxBytes} are allowed.`,
      'Make it shorter; long texts belong into the README of the plugin.',
    );
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refusal(
      'byte-order-mark',
      { file, line: 1, column: 1 },
      'The file begins with a byte order mark.',
      'Save it as UTF-8 without a byte order mark (BOM).',
    );
  }
  const text = decode(bytes);
  if (text === undefined) {
    return refusal(
      'utf-8',
      sourceText(LENIENT.decode(bytes), file).placeAt(firstInvalid(bytes)),
      'The file is not valid UTF-8 here.',
      'Save it in the encoding UTF-8.',
    );
  }
  const source = sourceText(text, file);
  const carriageReturn = text.indexOf('\r');
  if (carriageReturn !== -1) {
    return refusal(
      'line-ends',
      source.placeAt(carriageReturn),
      'The file has a carriage return; signatures cover exact bytes, so line ends must be a single LF.',
      'Save it with Unix line ends (LF) and put `* -text` into .gitattributes.',
    );
  }
  const unclean = uncleanOffset(text);
  if (unclean !== undefined) {
    return { source, findings: [uncleanFinding(source.placeAt(unclean), text)] };
  }
  return { source, findings: [] };
}

function refusal(rule: string, place: Place, message: string, fix: string): DecodedText {
  return { source: undefined, findings: [{ rule, severity: 'error', place, message, fix }] };
}

/** The finding for a character that {@link uncleanCharacter} names. */
export function uncleanFinding(place: Place, text: string): Finding {
  return {
    rule: 'unclean-character',
    severity: 'error',
    place,
    message: `The invisible or control character ${uncleanCharacter(text) ?? ''} is not allowed.`,
    fix: 'Remove the character.',
  };
}

/** Text with an index of its lines, built when the first place is asked for. */
function sourceText(text: string, file: string): SourceText {
  let starts: number[] | undefined;
  return {
    file,
    text,
    placeAt(offset) {
      starts ??= lineStarts(text);
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

// Kept: an index build decodes a million files, and making a decoder takes longer than using it.
const EXACT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return EXACT.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Offset, in the leniently decoded text, of the first byte sequence that is not UTF-8. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.byteLength;
  // A prefix is good as long as a streaming decoder accepts it; the first bad byte is found by halving.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (validPrefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return LENIENT.decode(bytes.subarray(0, low)).replace(/\ufffd$/, '').length;
}

function validPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
