import { type TomlEntry, tomlEntries } from './toml-entries.ts';

/**
 * Edits of TOML files that people keep: the text changes where the edit is and nowhere else, so comments,
 * order, spacing and line ends survive. The text must have been accepted by the parser before.
 */

/** Names from the top of the file: `['plugins', 'graph-lens']`. Lists cannot be addressed. */
export type TomlPath = readonly string[];

/**
 * Sets the value at a path, where it stands if it is there, else at the end of its table, which is made at
 * the end of the file if there is none.
 *
 * @param source the value as TOML writes it: `"^1.2.0"`, `{ version = "^1" }`.
 */
export function setTomlValue(text: string, path: TomlPath, source: string): string {
  const entries = tomlEntries(text);
  const there = entries.find((entry) => entry.kind !== 'header' && isSame(entry.path, path));
  if (there !== undefined) return splice(text, there.valueStart, there.valueEnd, source);

  const holder = entries.find(
    (entry) => entry.kind !== 'header' && text[entry.valueStart] === '{' && isBelow(path, entry.path),
  );
  if (holder !== undefined) return insertInline(text, entries, holder, path, source);

  const table = path.slice(0, -1);
  const header = entries.find((entry) => entry.kind === 'header' && isSame(entry.path, table));
  if (header !== undefined) {
    const last = entries.findLast((entry) => entry.kind === 'pair' && entry.table === header.table) ?? header;
    return insertLine(text, last.valueEnd, `${keySource(path.slice(-1))} = ${source}`);
  }
  // A table that dotted keys made (`plugins.a = "1"`) must not get a header as well (TOML 1.0 "Table").
  for (const sibling of entries
    .filter((entry) => entry.kind === 'pair' && isBelow(entry.path, table))
    .toReversed()) {
    const heading =
      entries.find((entry) => entry.kind === 'header' && entry.table === sibling.table)?.path ?? [];
    if (isBelow(table, heading)) {
      return insertLine(text, sibling.valueEnd, `${keySource(path.slice(heading.length))} = ${source}`);
    }
  }
  return appendTable(text, table, `${keySource(path.slice(-1))} = ${source}`);
}

/** Removes the value or table at a path with everything below it; comments on lines of their own stay. */
export function removeTomlValue(text: string, path: TomlPath): string {
  // From the end, one at a time: a header must outlive its lines, and inline neighbours share a comma.
  for (let rest = text; ; ) {
    const entries = tomlEntries(rest);
    const doomed = entries.findLast((entry) => isSame(entry.path, path) || isBelow(entry.path, path));
    if (doomed === undefined) return rest;
    const { from, to } = doomed.kind === 'inline' ? inlineCut(entries, doomed) : lineCut(rest, doomed);
    rest = splice(rest, from, to, '');
  }
}

/** A text as a TOML basic string on one line (TOML 1.0 "String"). */
export function tomlString(text: string): string {
  // JSON escapes all that TOML demands but DEL.
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/** Keys as TOML writes them, dotted, in quotes where they need them. */
export function keySource(path: TomlPath): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key))).join('.');
}

function isSame(path: TomlPath, other: TomlPath): boolean {
  return path.length === other.length && other.every((part, index) => part === path[index]);
}

/** Whether `path` lies strictly below `ancestor`. */
function isBelow(path: TomlPath, ancestor: TomlPath): boolean {
  return path.length > ancestor.length && ancestor.every((part, index) => part === path[index]);
}

function splice(text: string, from: number, to: number, replacement: string): string {
  return text.slice(0, from) + replacement + text.slice(to);
}

function insertInline(
  text: string,
  entries: readonly TomlEntry[],
  holder: TomlEntry,
  path: TomlPath,
  source: string,
): string {
  const pair = `${keySource(path.slice(holder.path.length))} = ${source}`;
  const last = entries.findLast((entry) => entry.kind === 'inline' && entry.table === holder.valueStart);
  return last === undefined
    ? splice(text, holder.valueStart, holder.valueEnd, `{ ${pair} }`)
    : splice(text, last.valueEnd, last.valueEnd, `, ${pair}`);
}

/** Puts a line behind the one on which `offset` lies. */
function insertLine(text: string, offset: number, line: string): string {
  const newline = text.indexOf('\n', offset);
  if (newline === -1) return `${text}${lineEnd(text)}${line}${lineEnd(text)}`;
  return splice(text, newline + 1, newline + 1, `${line}${lineEnd(text)}`);
}

function appendTable(text: string, table: TomlPath, line: string): string {
  const end = lineEnd(text);
  // Keys without a table can only stand before the first header.
  if (table.length === 0) return `${line}${end}${text}`;
  const lead = text === '' ? '' : text.endsWith('\n') ? `${text}${end}` : `${text}${end}${end}`;
  return `${lead}[${keySource(table)}]${end}${line}${end}`;
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function lineCut(text: string, entry: TomlEntry): { from: number; to: number } {
  const newline = text.indexOf('\n', entry.valueEnd);
  return {
    from: text.lastIndexOf('\n', entry.start - 1) + 1,
    to: newline === -1 ? text.length : newline + 1,
  };
}

/** A member of an inline table with one of the commas around it. */
function inlineCut(entries: readonly TomlEntry[], entry: TomlEntry): { from: number; to: number } {
  const members = entries.filter((other) => other.kind === 'inline' && other.table === entry.table);
  const index = members.indexOf(entry);
  const next = members[index + 1];
  if (next !== undefined) return { from: entry.start, to: next.start };
  return { from: members[index - 1]?.valueEnd ?? entry.start, to: entry.valueEnd };
}
