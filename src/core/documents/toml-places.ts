import { offsetOf, type Path, type PlaceNode } from './source-text.ts';

/** What a TOML text can add to later: the elements of a list, the newest table of an array of tables. */
interface Node extends PlaceNode {
  readonly children: Map<string, Node>;
  /** For a list or an array of tables: how many elements were seen. */
  length: number;
  /** Set by `[[name]]`: later headers below the name belong to the newest element. */
  tables: boolean;
}

/**
 * Finds every key, table, list element and table-array element of a TOML 1.0 text that was already accepted
 * by the parser (so nothing is checked here again), and returns their offset by path.
 */
export function tomlPlaces(text: string): (path: Path) => number {
  const scanner = new Scanner(text);
  scanner.document();
  return (path) => offsetOf(scanner.root, path);
}

function newNode(offset: number): Node {
  return { offset, children: new Map(), length: 0, tables: false };
}

/** A key component: its name, and where it begins. */
interface KeyPart {
  readonly name: string;
  readonly offset: number;
}

/** Reads the text once from front to back; a class because all steps share the position. */
class Scanner {
  readonly root: Node = newNode(0);
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    let table = this.root;
    for (this.#skipVoid(); this.#at < this.#text.length; this.#skipVoid()) {
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#member(table);
    }
  }

  /** `[a.b]` or `[[a.b]]`; returns the table that the following lines fill. */
  #header(): Node {
    const isElement = this.#text[this.#at + 1] === '[';
    this.#at += isElement ? 2 : 1;
    const key = this.#key();
    this.#at += isElement ? 2 : 1;
    let table = this.root;
    for (const [index, part] of key.entries()) {
      const isLast = index === key.length - 1;
      table = child(table, part);
      if (isLast && isElement) {
        table.tables = true;
        return element(table, part.offset);
      }
      if (isLast) table.offset = part.offset;
      else if (table.tables) table = table.children.get(String(table.length - 1)) ?? table;
    }
    return table;
  }

  /** `a.b = value` in a table or an inline table. */
  #member(table: Node): void {
    let node = table;
    for (const part of this.#key()) node = child(node, part);
    this.#at++;
    this.#skipBlanks();
    this.#value(node);
  }

  #value(node: Node): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#string(first);
    else if (first === '[') this.#list(node);
    else if (first === '{') this.#inlineTable(node);
    else while (this.#at < this.#text.length && !/[\s,\]}#]/.test(this.#text[this.#at] ?? '')) this.#at++;
    // `1979-05-27 07:32:00` is one value with a blank in it.
    if (/^ \d\d:\d\d:\d\d/.test(this.#text.slice(this.#at, this.#at + 9))) {
      this.#at++;
      while (this.#at < this.#text.length && !/[\s,\]}#]/.test(this.#text[this.#at] ?? '')) this.#at++;
    }
  }

  #list(node: Node): void {
    this.#at++;
    for (this.#skipVoid(); this.#text[this.#at] !== ']'; this.#skipVoid()) {
      if (this.#text[this.#at] === ',') this.#at++;
      else this.#value(element(node, this.#at));
    }
    this.#at++;
  }

  #inlineTable(node: Node): void {
    this.#at++;
    for (this.#skipVoid(); this.#text[this.#at] !== '}'; this.#skipVoid()) {
      if (this.#text[this.#at] === ',') this.#at++;
      else this.#member(node);
    }
    this.#at++;
  }

  /** A dotted key; stops at the `=` or `]` behind it. */
  #key(): KeyPart[] {
    const parts: KeyPart[] = [];
    for (;;) {
      this.#skipBlanks();
      const offset = this.#at;
      const first = this.#text[offset];
      if (first === '"' || first === "'") {
        this.#string(first);
        const raw = this.#text.slice(offset + 1, this.#at - 1);
        parts.push({ name: first === '"' ? unescapeBasic(raw) : raw, offset });
      } else {
        while (/[A-Za-z0-9_-]/.test(this.#text[this.#at] ?? '')) this.#at++;
        parts.push({ name: this.#text.slice(offset, this.#at), offset });
      }
      this.#skipBlanks();
      if (this.#text[this.#at] !== '.') return parts;
      this.#at++;
    }
  }

  /** Any of the four kinds of string, from its first quote to behind its last. */
  #string(quote: string): void {
    const triple = quote.repeat(3);
    const isMultiLine = this.#text.startsWith(triple, this.#at);
    this.#at += isMultiLine ? 3 : 1;
    while (this.#at < this.#text.length) {
      if (quote === '"' && this.#text[this.#at] === '\\') this.#at += 2;
      else if (isMultiLine && this.#text.startsWith(triple, this.#at)) break;
      else if (!isMultiLine && this.#text[this.#at] === quote) break;
      else this.#at++;
    }
    this.#at += isMultiLine ? 3 : 1;
    // Up to two quotes may stand right before the closing three: `""""quoted""""`.
    if (isMultiLine) while (this.#text[this.#at] === quote) this.#at++;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #skipVoid(): void {
    for (;;) {
      this.#skipBlanks();
      if (this.#text[this.#at] === '\n') this.#at++;
      else if (this.#text[this.#at] === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end === -1 ? this.#text.length : end;
      } else return;
    }
  }
}

function child(node: Node, part: KeyPart): Node {
  const known = node.children.get(part.name);
  if (known !== undefined) return known;
  const made = newNode(part.offset);
  node.children.set(part.name, made);
  return made;
}

function element(list: Node, offset: number): Node {
  const made = newNode(offset);
  list.children.set(String(list.length), made);
  list.length++;
  return made;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
};

/** The text of a basic string (TOML 1.0 "String"; `\e` and `\x` are TOML 1.1, which the parser also takes). */
function unescapeBasic(raw: string): string {
  return raw.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/g,
    (_, short?: string, long?: string, byte?: string, letter?: string) => {
      const hex = short ?? long ?? byte;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return ESCAPES[letter ?? ''] ?? letter ?? '';
    },
  );
}
