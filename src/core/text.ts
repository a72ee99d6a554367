// Control, format (bidi overrides, zero-width), private-use, unassigned, surrogate, and the two Unicode line
// separators: what can repaint a terminal, reorder a line for its reader, or hide inside a name.
const UNCLEAN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
// Most texts are ASCII, and this answers for them in a fraction of the time.
const CLEAN_ASCII = /^[\t\n\x20-\x7e]*$/;

const QUOTED_LENGTH = 80;

/**
 * Text from outside as a terminal may show it: every character of the Unicode categories Cc, Cf, Co, Cn, Cs,
 * Zl and Zp becomes a visible escape such as `\u001b`. With `newlines`, line feeds stay.
 */
export function escapeForTerminal(text: string, options: { newlines?: boolean } = {}): string {
  return text.replace(UNCLEAN, (character) =>
    character === '\n' && options.newlines === true ? character : escapeCharacter(character),
  );
}

/**
 * The first character that no sheaf file may contain, written as an escape; undefined when the text is clean.
 * Line feeds and tabs are clean here: multi-line text and indentation need them, and the fields that are one
 * line say so in their schema.
 */
export function uncleanCharacter(text: string): string | undefined {
  const offset = uncleanOffset(text);
  return offset === undefined
    ? undefined
    : escapeCharacter(String.fromCodePoint(text.codePointAt(offset) ?? 0));
}

/** Where the character lies that {@link uncleanCharacter} reports, in UTF-16 code units from 0. */
export function uncleanOffset(text: string): number | undefined {
  if (CLEAN_ASCII.test(text)) return undefined;
  for (const match of text.matchAll(UNCLEAN)) {
    if (match[0] !== '\n' && match[0] !== '\t') return match.index;
  }
  return undefined;
}

/** Outside text for a message: in double quotes, escaped, and cut after 80 characters. */
export function quote(text: string): string {
  const shown = text.length > QUOTED_LENGTH ? `${cut(text, QUOTED_LENGTH)}…` : text;
  return escapeForTerminal(JSON.stringify(shown));
}

/** The first `length` code units, one fewer when the cut would split a surrogate pair. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
