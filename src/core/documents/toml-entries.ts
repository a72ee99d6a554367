import { parse } from 'smol-toml';

/** A header, a `key = value` line, or a member of an inline table, with where it stands (UTF-16 offsets). */
export interface TomlEntry {
  readonly kind: 'header' | 'pair' | 'inline';
  /** Names from the top of the file; an element of a list or of an array of tables is `[n]`. */
  readonly path: readonly string[];
  /** Identity of the table it stands in: offset of its header or of its `{`; -1 above the first header. */
  readonly table: number;
  readonly start: number;
  /** For a header, as `valueEnd`, the offset behind its last bracket. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

const VOID = /(?:[ \t\r\n]|#[^\n]*)*/y;
const BLANK = /[ \t]*/y;
const KEY = /"((?:\\.|[^"\\])*)"|'([^']*)'|([A-Za-z0-9_-]+)/y;
const STRING = /"""(?:\\[^]|(?!""")[^])*"{3,5}|'''(?:(?!''')[^])*'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'/y;
// A date and its time may be parted by a blank (TOML 1.0 "Offset Date-Time").
const SCALAR = /[^\s,\]}#]+(?: \d\d:\d\d[^\s,\]}#]*)?/y;

/**
 * Everything in a TOML 1.0 text that an edit may have to move or replace, in the order of the text.
 * The text must have been accepted by the parser: nothing is checked again here.
 */
export function tomlEntries(text: string): readonly TomlEntry[] {
  const entries: TomlEntry[] = [];
  const elements = new Map<string, number>();
  let at = 0;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    at += match?.[0].length ?? 0;
    return match;
  };

  const key = (): string[] => {
    const parts: string[] = [];
    do {
      if (text[at] === '.') at++;
      take(BLANK);
      const [, basic, literal, bare] = take(KEY) ?? [];
      parts.push(basic === undefined ? (literal ?? bare ?? '') : unescape(basic));
      take(BLANK);
    } while (text[at] === '.');
    return parts;
  };

  const pair = (kind: 'pair' | 'inline', base: readonly string[], table: number): void => {
    const start = at;
    const path = [...base, ...key()];
    at++;
    take(BLANK);
    const position = entries.length;
    const valueStart = at;
    value(path);
    entries.splice(position, 0, { kind, path, table, start, valueStart, valueEnd: at });
  };

  const value = (path: readonly string[]): void => {
    const opening = text[at];
    if (opening !== '[' && opening !== '{') {
      if (take(STRING) === null) take(SCALAR);
      return;
    }
    const open = at++;
    const close = opening === '[' ? ']' : '}';
    for (let index = 0; ; index++) {
      take(VOID);
      if (text[at] === ',') at++;
      take(VOID);
      if (text[at] === close || at >= text.length) break;
      if (opening === '{') pair('inline', path, open);
      else value([...path, `[${index}]`]);
    }
    at++;
  };

  const header = (): { path: readonly string[]; table: number } => {
    const start = at;
    const isElement = text.startsWith('[[', at);
    at += isElement ? 2 : 1;
    const path: string[] = [];
    for (const part of key()) {
      path.push(part);
      const count = elements.get(path.join('\n'));
      if (count !== undefined) path.push(`[${count}]`);
    }
    at += isElement ? 2 : 1;
    if (isElement) {
      const last = path.at(-1) ?? '';
      const isKnown = /^\[\d+\]$/.test(last);
      if (isKnown) path.pop();
      const count = (elements.get(path.join('\n')) ?? -1) + 1;
      elements.set(path.join('\n'), count);
      path.push(`[${count}]`);
    }
    entries.push({ kind: 'header', path, table: start, start, valueStart: start, valueEnd: at });
    return { path, table: start };
  };

  let current: { path: readonly string[]; table: number } = { path: [], table: -1 };
  for (take(VOID); at < text.length; take(VOID)) {
    if (text[at] === '[') current = header();
    else pair('pair', current.path, current.table);
  }
  return entries;
}

/** What a key in double quotes says, with its escapes resolved. */
function unescape(basic: string): string {
  return Object.keys(parse(`"${basic}" = 0`))[0] ?? '';
}
