import { uncleanOffset } from '../text.ts';

const TEXT_LENGTH = 8000;

/**
 * Text of another ecosystem as a manifest may hold it: at most 8000 characters, nothing invisible, no blanks at the
 * ends; undefined when nothing is left.
 *
 * @param onLoss is called when more than blanks was lost.
 */
export function cleanText(text: string, onLoss: () => void): string | undefined {
  const trimmed = text.trim();
  const cleaned = withoutUnclean(cut(trimmed, TEXT_LENGTH)).trim();
  if (cleaned !== trimmed) onLoss();
  return cleaned === '' ? undefined : cleaned;
}

/** The same on one line; what is too long ends in an ellipsis, and what is empty stays so. */
export function cleanLine(text: string, length: number, onLoss: () => void): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const cleaned = withoutUnclean(line.length > length ? `${cut(line, length - 1).trimEnd()}…` : line).trim();
  if (cleaned !== line) onLoss();
  return cleaned;
}

function withoutUnclean(text: string): string {
  const kept: string[] = [];
  let rest = text;
  for (let offset = uncleanOffset(rest); offset !== undefined; offset = uncleanOffset(rest)) {
    kept.push(rest.slice(0, offset));
    rest = rest.slice(offset + ((rest.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1));
  }
  return kept.join('') + rest;
}

/** At most `length` UTF-16 code units, without half of a surrogate pair. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
