import { escapeForTerminal } from '../../core/text.ts';

/** How a piece of a line looks where colours are wanted. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of text with a look. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of output: text, or pieces of it. A line feed inside is shown, not obeyed. */
export type Line = string | readonly (string | Span)[];

// ECMA-48 "select graphic rendition" parameters.
const PARAMETERS: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
};

/**
 * A line as it goes to a terminal or a pipe, ending in a line feed. Everything that people read passes
 * through here: text is escaped piece by piece, so that no plugin, registry or file name can move the cursor,
 * reorder the line or colour it; the only control sequences are those of the styles.
 */
export function renderLine(line: Line, colours: boolean): string {
  const pieces = typeof line === 'string' ? [line] : line;
  return `${pieces.map((piece) => renderPiece(piece, colours)).join('')}\n`;
}

function renderPiece(piece: string | Span, colours: boolean): string {
  if (typeof piece === 'string') return escapeForTerminal(piece);
  const text = escapeForTerminal(piece.text);
  return colours && text !== '' ? `\u001b[${PARAMETERS[piece.style]}m${text}\u001b[0m` : text;
}

/** A line without looks, for measuring. */
export function plainText(line: Line): string {
  return typeof line === 'string'
    ? line
    : line.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
}

export function bold(text: string): Span {
  return { text, style: 'bold' };
}

export function dim(text: string): Span {
  return { text, style: 'dim' };
}

export function red(text: string): Span {
  return { text, style: 'red' };
}

export function green(text: string): Span {
  return { text, style: 'green' };
}

export function yellow(text: string): Span {
  return { text, style: 'yellow' };
}

export function cyan(text: string): Span {
  return { text, style: 'cyan' };
}
