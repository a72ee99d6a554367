// Control, format (bidi overrides, zero-width), private-use, unassigned, surrogate, and the two Unicode line
// separators: what can repaint a terminal, reorder a line for its reader, or hide inside a name.
const UNCLEAN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
// Most texts are ASCII, and this answers for them in a fraction of the time.
const CLEAN_ASCII = /^[\t\n\x20-\x7e]*$/;

const QUOTED_LENGTH = 80;
const LINE_LENGTH = 300;

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

// Where a forge would see a person, an issue, a label or an address, even in text whose Markdown is escaped.
const REFERENCES = /[@#!$%~&](?=\w)|:(?=\/\/)|\bwww(?=\.)/gi;
const WORD_JOINER = '\u2060';

/**
 * Text from outside in Markdown (CommonMark, and what GitHub and GitLab add): text on one line, and neither a link, an
 * image nor a tag; nobody is mentioned and nothing is referred to by it. Forges look for references in what Markdown
 * has become, where no escape is left, so a character without width breaks them up.
 */
export function escapeMarkdown(text: string): string {
  return escapeForTerminal(text)
    .replace(/[\\`*_{}[\]()<>#|!~$^&]/g, (character) => `\\${character}`)
    .replace(REFERENCES, (found) => found + WORD_JOINER);
}

/** Outside text for a message: in double quotes, escaped, and cut after 80 characters. */
export function quote(text: string): string {
  return escapeForTerminal(JSON.stringify(shorten(text, QUOTED_LENGTH)));
}

/** The text, or its first `length` UTF-16 code units and an ellipsis. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${cut(text, length)}…` : text;
}

/** Outside text as a line of a file that sheaf writes: escaped, and cut after 300 characters, as its schema demands. */
export function oneLine(text: string): string {
  const shown = escapeForTerminal(text);
  return shown.length > LINE_LENGTH ? `${cut(shown, LINE_LENGTH - 1)}…` : shown;
}

/** A sentence as it stands behind a colon. */
export function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
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
