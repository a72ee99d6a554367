/**
 * The expressions of workflow files, as far as ours use them: literals, contexts with properties and `.*`, `!`, `==`,
 * `!=`, `&&`, `||`, parentheses and a few functions. Whatever else stands there is an error: an evaluator that guesses
 * would let a test pass that a forge fails.
 */

/** What an expression may name, by its first word; a context that is not there may not be used at that place. */
export type Contexts = Readonly<Record<string, unknown>>;

/** How the steps or jobs before went. */
export interface Progress {
  readonly failed: boolean;
}

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign';
  readonly text: string;
}

const SIGNS = ['==', '!=', '&&', '||', '(', ')', ',', '.', '!', '*'];
const LITERALS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
const STATUS = /\b(success|failure|always)\(\)/;

/** The text with the value of each `${{ … }}` in it. */
export function expand(text: string, contexts: Contexts, progress: Progress): string {
  const whole = text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, code: string) =>
    textOf(evaluate(code, contexts, progress)),
  );
  if (whole.includes('${{')) throw new Error(`An expression has no end: ${text}`);
  return whole;
}

/** Whether a step or job runs: `if` without a status function also demands that nothing failed before. */
export function isDue(condition: string | undefined, contexts: Contexts, progress: Progress): boolean {
  const code = (condition ?? 'success()').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1');
  if (!STATUS.test(code) && progress.failed) return false;
  return isTruthy(evaluate(code, contexts, progress));
}

/** The value of an expression, without its braces. */
export function evaluate(code: string, contexts: Contexts, progress: Progress): unknown {
  const tokens = tokenize(code);
  let at = 0;
  const peek = (sign: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign;
  const take = (sign: string): boolean => {
    if (!peek(sign)) return false;
    at += 1;
    return true;
  };
  const demand = (sign: string): void => {
    if (!take(sign)) throw new Error(`"${sign}" is missing in the expression: ${code}`);
  };

  const either = (): unknown => {
    let value = both();
    while (take('||')) {
      const next = both();
      value = isTruthy(value) ? value : next;
    }
    return value;
  };
  const both = (): unknown => {
    let value = comparison();
    while (take('&&')) {
      const next = comparison();
      value = isTruthy(value) ? next : value;
    }
    return value;
  };
  const comparison = (): unknown => {
    const value = unary();
    if (take('==')) return isSame(value, unary());
    if (take('!=')) return !isSame(value, unary());
    return value;
  };
  const unary = (): unknown => (take('!') ? !isTruthy(unary()) : primary());
  const primary = (): unknown => {
    if (take('(')) {
      const value = either();
      demand(')');
      return value;
    }
    const token = tokens[at];
    if (token === undefined || token.kind === 'sign') throw new Error(`A value is missing in: ${code}`);
    at += 1;
    if (token.kind === 'text') return token.text;
    if (token.kind === 'number') return Number(token.text);
    if (Object.hasOwn(LITERALS, token.text)) return LITERALS[token.text];
    if (take('(')) return call(token.text, callArguments());
    return properties(token.text);
  };
  const callArguments = (): readonly unknown[] => {
    const values: unknown[] = [];
    if (take(')')) return values;
    do values.push(either());
    while (take(','));
    demand(')');
    return values;
  };
  const properties = (context: string): unknown => {
    if (!Object.hasOwn(contexts, context)) throw new Error(`"${context}" cannot be used in: ${code}`);
    let value = contexts[context];
    let path = context;
    while (take('.')) {
      if (take('*')) {
        value = Array.isArray(value) ? new Each(value) : new Each(Object.values(value ?? {}));
        continue;
      }
      const name = tokens[at]?.text ?? '';
      at += 1;
      requireKnown(path, value, name, code);
      value =
        value instanceof Each
          ? new Each(value.items.map((one) => propertyOf(one, name)))
          : propertyOf(value, name);
      path += `.${name}`;
    }
    return value instanceof Each ? value.items : value;
  };
  const call = (name: string, values: readonly unknown[]): unknown => {
    if (name === 'success' && values.length === 0) return !progress.failed;
    if (name === 'failure' && values.length === 0) return progress.failed;
    if (name === 'always' && values.length === 0) return true;
    if (name === 'contains' && values.length === 2) return contains(values[0], values[1]);
    throw new Error(`There is no function ${name} of ${values.length} arguments here: ${code}`);
  };

  const value = either();
  if (at < tokens.length) throw new Error(`"${tokens[at]?.text}" is too much in: ${code}`);
  return value;
}

/** What `.*` makes of a list. */
class Each {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

function tokenize(code: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = code.trim();
  while (rest !== '') {
    const text = /^'((?:[^']|'')*)'/.exec(rest);
    const number = /^\d+/.exec(rest);
    const word = /^[A-Za-z_][A-Za-z0-9_-]*/.exec(rest);
    const sign = SIGNS.find((one) => rest.startsWith(one));
    if (text !== null) tokens.push({ kind: 'text', text: (text[1] ?? '').replaceAll("''", "'") });
    else if (number !== null) tokens.push({ kind: 'number', text: number[0] });
    else if (word !== null) tokens.push({ kind: 'word', text: word[0] });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else throw new Error(`The expression has something that nothing here reads: ${code}`);
    rest = rest.slice((text ?? number ?? word)?.[0].length ?? sign?.length).trimStart();
  }
  return tokens;
}

/** A forge reads a misspelt name as nothing; here it is an error wherever all names are known. */
function requireKnown(path: string, value: unknown, name: string, code: string): void {
  const isClosed =
    ['github', 'needs', 'steps', 'matrix', 'runner'].includes(path) || /^(needs|steps)\.[^.]+$/.test(path);
  if (isClosed && typeof value === 'object' && value !== null && !Object.hasOwn(value, name)) {
    throw new Error(`${path} has no "${name}": ${code}`);
  }
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return null;
  return Object.hasOwn(value, name) ? ((value as Record<string, unknown>)[name] ?? null) : null;
}

function contains(where: unknown, what: unknown): boolean {
  if (Array.isArray(where)) return where.some((one) => isSame(one, what));
  return textOf(where).toLowerCase().includes(textOf(what).toLowerCase());
}

function isTruthy(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== '' && value !== 0;
}

/** Texts are compared without their case, and values of two kinds as numbers. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.toLowerCase() === b.toLowerCase();
  if (typeof a === typeof b && a !== null && b !== null) return a === b;
  const [left, right] = [Number(a ?? 0), Number(b ?? 0)];
  return left === right;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  throw new Error('An object cannot stand in a text.');
}
