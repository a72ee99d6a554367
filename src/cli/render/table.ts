import { escapeForTerminal } from '../../core/text.ts';
import { bold, type Line, plainText, type Span } from './line.ts';

/** One cell; a number is aligned to the right. */
export type Cell = string | number | Span;

/**
 * Rows under headings, columns two spaces apart. With `width` (columns of the terminal) the last column is
 * cut to fit; into a pipe it is written whole.
 */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  width?: number,
): readonly Line[] {
  const widths = headings.map((heading, column) =>
    Math.max(displayWidth(heading), ...rows.map((row) => displayWidth(textOf(row[column] ?? '')))),
  );
  const head = rowLine(headings.map(bold), widths, width);
  return [head, ...rows.map((row) => rowLine(row, widths, width))];
}

function rowLine(row: readonly Cell[], widths: readonly number[], width: number | undefined): Line {
  const pieces: (string | Span)[] = [];
  let used = 0;
  // Empty cells at the end would only leave blanks behind.
  const end = row.findLastIndex((cell) => textOf(cell) !== '');
  for (const [column, cell] of row.slice(0, end + 1).entries()) {
    const last = column === end;
    const space = widths[column] ?? 0;
    const text = last && width !== undefined ? cutTo(textOf(cell), width - used) : textOf(cell);
    const padding = ' '.repeat(Math.max(0, space - displayWidth(text)));
    const piece = typeof cell === 'object' ? { ...cell, text } : text;
    if (typeof cell === 'number') pieces.push(padding, piece);
    else pieces.push(piece, last ? '' : padding);
    if (!last) pieces.push('  ');
    used += space + 2;
  }
  return pieces;
}

function textOf(cell: Cell): string {
  return typeof cell === 'object' ? cell.text : String(cell);
}

// Unicode East Asian Width W and F, by the blocks that hold them, and the emoji planes.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes on a terminal, after its escapes became visible. */
export function displayWidth(text: string): number {
  // Nearly all text is this, and help measures every word of it.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of escapeForTerminal(text)) {
    if (/\p{M}/u.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** The text, or as much of it as fits before an ellipsis. */
function cutTo(text: string, columns: number): string {
  if (columns < 2 || displayWidth(text) <= columns) return text;
  let cut = '';
  for (const character of text) {
    if (displayWidth(cut + character) > columns - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Paragraph text broken at spaces to at most `columns`, each line behind `indent`. */
export function wrap(text: string, columns: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(indent + line) + 1 + displayWidth(word) > columns) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}

/** Two columns, `name  what it is`, the second wrapped beside the first. */
export function definitionLines(
  rows: readonly (readonly [name: Line, meaning: string])[],
  columns: number,
): readonly Line[] {
  const nameWidth = Math.min(28, Math.max(0, ...rows.map(([name]) => displayWidth(plainText(name)))));
  return rows.flatMap(([name, meaning]) => {
    const wrapped = wrap(meaning, columns - nameWidth - 4);
    const width = displayWidth(plainText(name));
    const pieces = typeof name === 'string' ? [name] : name;
    const beside = width <= nameWidth;
    const first: Line = [
      '  ',
      ...pieces,
      beside ? `${' '.repeat(nameWidth - width)}  ${wrapped[0] ?? ''}` : '',
    ];
    const others = beside ? wrapped.slice(1) : wrapped;
    return [first, ...others.map((text) => `${' '.repeat(nameWidth + 4)}${text}`)];
  });
}
