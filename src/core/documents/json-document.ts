import type { Finding, Reading } from '../finding.ts';
import { quote, uncleanCharacter } from '../text.ts';
import {
  offsetOf,
  type PlaceNode,
  readSourceText,
  type SourceDocument,
  uncleanFinding,
} from './source-text.ts';

/** The bounds on a JSON file that people write. */
export interface JsonBounds {
  readonly maxBytes: number;
  /** Objects and lists inside each other. */
  readonly maxDepth: number;
  /** A list at the top is read as an object whose only key is this; without, it is refused. */
  readonly listKey?: string;
}

/**
 * Parses JSON (RFC 8259) that people write, with the place of every key. Stricter than `JSON.parse`, which
 * silently takes the last of two equal keys and so may show another value than a second program sees:
 * duplicate keys, keys that could reach a prototype, unclean Unicode and deep nesting are refused.
 */
export function parseJsonDocument(
  bytes: Uint8Array,
  file: string,
  bounds: JsonBounds,
): Reading<SourceDocument> {
  const { source, findings } = readSourceText(bytes, file, bounds.maxBytes);
  if (source === undefined || findings.length > 0) return { value: undefined, findings };
  const parser = new Parser(source.text, bounds.maxDepth);
  const refuse = (offset: number, rule: string, message: string, fix: string): Reading<SourceDocument> => {
    const finding: Finding = { rule, severity: 'error', place: source.placeAt(offset), message, fix };
    return { value: undefined, findings: [finding] };
  };
  try {
    const value = parser.document(bounds.listKey);
    if (value === undefined)
      return refuse(0, 'wrong-type', 'The file is not a JSON object.', 'Begin it with {.');
    return {
      value: { file, value, place: (path) => source.placeAt(offsetOf(parser.root, path)) },
      findings: [],
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.unclean === undefined) return refuse(error.offset, error.rule, error.message, error.fix);
    return { value: undefined, findings: [uncleanFinding(source.placeAt(error.offset), error.unclean)] };
  }
}

/** Ends the parse; never leaves this file. */
class Fault extends Error {
  readonly offset: number;
  readonly rule: string;
  readonly fix: string;
  readonly unclean: string | undefined;

  constructor(offset: number, rule: string, message: string, fix: string, unclean?: string) {
    super(message);
    this.offset = offset;
    this.rule = rule;
    this.fix = fix;
    this.unclean = unclean;
  }
}

const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const SCALAR = /-?[0-9][0-9.eE+-]*|true|false|null/y;
const BLANK = /[ \t\n]*/y;

/** Reads the text once from front to back; a class because all steps share the position. */
class Parser {
  readonly root: PlaceNode = { offset: 0, children: new Map() };
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  /** The top-level object, or the list as one; undefined when the text is another JSON value. */
  document(listKey: string | undefined): Record<string, unknown> | undefined {
    this.#skipBlanks();
    const isList = listKey !== undefined && this.#text[this.#at] === '[';
    if (this.#text[this.#at] !== '{' && !isList) return undefined;
    const value = isList ? this.#listAs(listKey) : this.#object(this.root);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#syntax('Something follows the end of the value');
    return value;
  }

  #value(node: PlaceNode): unknown {
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(node);
    if (first === '[') return this.#list(node);
    if (first === '"') return this.#string();
    const token = this.#take(SCALAR);
    const value = token === undefined ? undefined : parseScalar(token);
    if (value === undefined) throw this.#syntax('A value is missing or malformed here');
    return value;
  }

  #object(node: PlaceNode): Record<string, unknown> {
    const value: Record<string, unknown> = Object.create(null);
    this.#enter();
    while (!this.#leave('}', node.children.size > 0)) {
      const offset = this.#at;
      const key = this.#string();
      if (key === '__proto__' || key === 'constructor') {
        throw new Fault(offset, 'unsafe-key', `Keys named ${quote(key)} are not allowed.`, 'Rename the key.');
      }
      if (node.children.has(key)) {
        throw new Fault(
          offset,
          'duplicate-key',
          `The key ${quote(key)} was already defined above.`,
          'Write every key once.',
        );
      }
      this.#skipBlanks();
      if (this.#text[this.#at] !== ':') throw this.#syntax('A colon is missing here');
      this.#at++;
      this.#skipBlanks();
      const child: PlaceNode = { offset, children: new Map() };
      node.children.set(key, child);
      value[key] = this.#value(child);
    }
    return value;
  }

  #list(node: PlaceNode): unknown[] {
    const value: unknown[] = [];
    this.#enter();
    while (!this.#leave(']', value.length > 0)) {
      const child: PlaceNode = { offset: this.#at, children: new Map() };
      node.children.set(String(value.length), child);
      value.push(this.#value(child));
    }
    return value;
  }

  #listAs(key: string): Record<string, unknown> {
    const child: PlaceNode = { offset: this.#at, children: new Map() };
    this.root.children.set(key, child);
    return { [key]: this.#list(child) };
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) {
      throw new Fault(
        this.#at,
        'json-depth',
        `Objects and lists are nested more than ${this.#maxDepth} deep.`,
        'Write it flatter.',
      );
    }
    this.#at++;
  }

  /** Consumes the closing bracket, or the comma that must stand before any entry but the first. */
  #leave(bracket: string, wantsComma: boolean): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] === bracket) {
      this.#at++;
      this.#depth--;
      return true;
    }
    if (wantsComma) {
      if (this.#text[this.#at] !== ',') throw this.#syntax(`A comma or ${bracket} is missing here`);
      this.#at++;
      this.#skipBlanks();
    }
    return false;
  }

  #string(): string {
    const offset = this.#at;
    const token = this.#take(STRING);
    const value = token === undefined ? undefined : parseScalar(token);
    if (typeof value !== 'string') throw this.#syntax('A text in double quotes is missing or malformed here');
    if (uncleanCharacter(value) !== undefined) {
      throw new Fault(offset, 'unclean-character', '', '', value);
    }
    return value;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    this.#at += token?.length ?? 0;
    return token;
  }

  #skipBlanks(): void {
    this.#take(BLANK);
  }

  #syntax(problem: string): Fault {
    return new Fault(
      this.#at,
      'json-syntax',
      `${problem}.`,
      'Correct the JSON; trailing commas and comments are not part of it.',
    );
  }
}

function parseScalar(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}
