/**
 * Guest SDK for plugins written in AssemblyScript: wasm ABI 1 in one file. Copy it, it is yours.
 *
 *     export { alloc } from './assemblyscript';
 *
 *     export function greet(at: i32, length: i32): i64 {
 *       return command(at, length, (input) => ok(Value.text('Hello ' + input.get('name').textOr('you'))));
 *     }
 *
 * A command receives JSON and answers `{"ok": …}` or `{"error": {"code", "message"}}`; a capability does the
 * same in the other direction. Compile with `--runtime stub --use abort=`, so that capabilities are the only imports.
 *
 * Memory is an arena: nothing is freed during a call, and the `alloc` that brings the next call's input empties
 * it. So no module-level variable may hold an object, and long texts are joined from parts, never grown by `+=`.
 */

/** Deeper JSON than this is refused: the parser recurses, and a stack overflow would kill the plugin. */
const MAX_DEPTH = 64;

export enum Kind {
  Null,
  Boolean,
  Number,
  Text,
  List,
  Object,
}

/** A JSON value (RFC 8259). Reading a member that is not there yields null, so that look-ups chain. */
export class Value {
  private items: Value[] | null = null;
  private fields: Map<string, Value> | null = null;

  private constructor(
    readonly kind: Kind,
    private readonly scalar: f64 = 0,
    private readonly characters: string = '',
  ) {}

  static nothing(): Value {
    return new Value(Kind.Null);
  }
  static flag(value: bool): Value {
    return new Value(Kind.Boolean, value ? 1 : 0);
  }
  static number(value: f64): Value {
    return new Value(Kind.Number, value);
  }
  static text(value: string): Value {
    return new Value(Kind.Text, 0, value);
  }
  static list(): Value {
    return new Value(Kind.List);
  }
  static object(): Value {
    return new Value(Kind.Object);
  }
  static texts(values: string[]): Value {
    const list = Value.list();
    for (let i = 0; i < values.length; i++) list.add(Value.text(values[i]));
    return list;
  }

  get isNothing(): bool {
    return this.kind == Kind.Null;
  }
  get isText(): bool {
    return this.kind == Kind.Text;
  }
  get isTrue(): bool {
    return this.kind == Kind.Boolean && this.scalar != 0;
  }
  numberOr(fallback: f64): f64 {
    return this.kind == Kind.Number ? this.scalar : fallback;
  }
  textOr(fallback: string): string {
    return this.kind == Kind.Text ? this.characters : fallback;
  }

  /** Members of a list; 0 for everything else. */
  get length(): i32 {
    const items = this.items;
    return items === null ? 0 : items.length;
  }
  at(index: i32): Value {
    const items = this.items;
    return items === null || index < 0 || index >= items.length ? Value.nothing() : items[index];
  }
  add(member: Value): Value {
    let items = this.items;
    if (items === null) this.items = items = [];
    items.push(member);
    return this;
  }

  /** Keys of an object, in the order they were set; none for everything else. */
  keys(): string[] {
    const fields = this.fields;
    return fields === null ? [] : fields.keys();
  }
  get(key: string): Value {
    const fields = this.fields;
    return fields === null || !fields.has(key) ? Value.nothing() : fields.get(key);
  }
  set(key: string, member: Value): Value {
    let fields = this.fields;
    if (fields === null) this.fields = fields = new Map();
    fields.set(key, member);
    return this;
  }

  /** The value as JSON text. */
  toString(): string {
    const parts: string[] = [];
    this.write(parts);
    return parts.join('');
  }

  private write(parts: string[]): void {
    if (this.kind == Kind.Null) parts.push('null');
    else if (this.kind == Kind.Boolean) parts.push(this.scalar != 0 ? 'true' : 'false');
    else if (this.kind == Kind.Number) parts.push(formatNumber(this.scalar));
    else if (this.kind == Kind.Text) writeText(this.characters, parts);
    else if (this.kind == Kind.List) {
      parts.push('[');
      for (let i = 0; i < this.length; i++) {
        if (i > 0) parts.push(',');
        this.at(i).write(parts);
      }
      parts.push(']');
    } else {
      const keys = this.keys();
      parts.push('{');
      for (let i = 0; i < keys.length; i++) {
        if (i > 0) parts.push(',');
        writeText(keys[i], parts);
        parts.push(':');
        this.get(keys[i]).write(parts);
      }
      parts.push('}');
    }
  }
}

/** A number as JSON and people write it: no `.0` behind integers; null for what JSON cannot hold. */
export function formatNumber(value: f64): string {
  if (!isFinite(value)) return 'null';
  return Math.abs(value) < 1e15 && Math.trunc(value) == value ? (value as i64).toString() : value.toString();
}

/** Lone surrogates are escaped, like everything JSON demands: UTF-8 cannot carry them. */
function writeText(text: string, parts: string[]): void {
  parts.push('"');
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const leads = (unit & 0xfc00) == 0xd800;
    if (leads && i + 1 < text.length && (text.charCodeAt(i + 1) & 0xfc00) == 0xdc00) {
      i++;
      continue;
    }
    const surrogate = (unit & 0xf800) == 0xd800;
    if (unit >= 0x20 && unit != 0x22 && unit != 0x5c && !surrogate) continue;
    if (i > from) parts.push(text.substring(from, i));
    if (unit == 0x22 || unit == 0x5c) parts.push('\\' + String.fromCharCode(unit));
    else if (unit == 0x0a) parts.push('\\n');
    else parts.push('\\u' + unit.toString(16).padStart(4, '0'));
    from = i + 1;
  }
  if (from < text.length) parts.push(text.substring(from));
  parts.push('"');
}

/** A strict JSON parser. After a failure `problem` says what was wrong and the value is null. */
class Parser {
  problem: string = '';
  private at: i32 = 0;

  constructor(private readonly source: string) {}

  document(): Value {
    const value = this.value(0);
    this.space();
    if (this.at < this.source.length) this.fail('text after the end');
    return this.problem == '' ? value : Value.nothing();
  }

  private fail(problem: string): Value {
    if (this.problem == '') this.problem = problem + ' at position ' + this.at.toString();
    this.at = this.source.length;
    return Value.nothing();
  }
  private get unit(): i32 {
    return this.at < this.source.length ? this.source.charCodeAt(this.at) : -1;
  }
  private space(): void {
    while (this.unit == 0x20 || this.unit == 0x0a || this.unit == 0x0d || this.unit == 0x09) this.at++;
  }
  /** Steps over a character and the space around it, if it comes next. */
  private take(unit: i32): bool {
    this.space();
    if (this.unit != unit) return false;
    this.at++;
    this.space();
    return true;
  }

  private value(depth: i32): Value {
    if (depth > MAX_DEPTH) return this.fail('nested too deep');
    if (this.take(0x7b)) return this.object(depth);
    if (this.take(0x5b)) return this.list(depth);
    if (this.unit == 0x22) return Value.text(this.text());
    if (this.word('true')) return Value.flag(true);
    if (this.word('false')) return Value.flag(false);
    if (this.word('null')) return Value.nothing();
    return this.number();
  }

  private word(word: string): bool {
    if (!this.source.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private object(depth: i32): Value {
    const object = Value.object();
    if (this.take(0x7d)) return object;
    do {
      if (this.unit != 0x22) return this.fail('a key is missing');
      const key = this.text();
      if (!this.take(0x3a)) return this.fail('a colon is missing');
      object.set(key, this.value(depth + 1));
    } while (this.take(0x2c));
    return this.take(0x7d) ? object : this.fail('a brace is missing');
  }

  private list(depth: i32): Value {
    const list = Value.list();
    if (this.take(0x5d)) return list;
    do {
      list.add(this.value(depth + 1));
    } while (this.take(0x2c));
    return this.take(0x5d) ? list : this.fail('a bracket is missing');
  }

  private digits(): i32 {
    const from = this.at;
    while (this.unit >= 0x30 && this.unit <= 0x39) this.at++;
    return this.at - from;
  }

  private number(): Value {
    const from = this.at;
    if (this.unit == 0x2d) this.at++;
    const leadingZero = this.unit == 0x30;
    const whole = this.digits();
    if (whole == 0 || (leadingZero && whole > 1)) return this.fail('a value is missing');
    if (this.unit == 0x2e) {
      this.at++;
      if (this.digits() == 0) return this.fail('a digit is missing');
    }
    if ((this.unit | 0x20) == 0x65) {
      this.at++;
      if (this.unit == 0x2b || this.unit == 0x2d) this.at++;
      if (this.digits() == 0) return this.fail('a digit is missing');
    }
    return Value.number(parseNumber(this.source.substring(from, this.at)));
  }

  private text(): string {
    const parts: string[] = [];
    let from = ++this.at;
    while (this.unit != 0x22) {
      if (this.unit < 0x20) {
        this.fail('a text does not end');
        return '';
      }
      if (this.unit == 0x5c) {
        parts.push(this.source.substring(from, this.at));
        parts.push(this.escape());
        from = this.at;
      } else this.at++;
    }
    parts.push(this.source.substring(from, this.at++));
    return parts.join('');
  }

  private escape(): string {
    const letter = this.source.charAt(this.at + 1);
    this.at += 2;
    if (letter == '"' || letter == '\\' || letter == '/') return letter;
    if (letter == 'n') return '\n';
    if (letter == 't') return '\t';
    if (letter == 'r') return '\r';
    if (letter == 'b') return '\b';
    if (letter == 'f') return '\f';
    let unit = 0;
    const end = this.at + (letter == 'u' ? 4 : 0);
    while (this.at < end) {
      const digit = '0123456789abcdefABCDEF'.indexOf(this.source.charAt(this.at));
      if (this.at >= this.source.length || digit < 0) break;
      unit = (unit << 4) | (digit < 16 ? digit : digit - 6);
      this.at++;
    }
    if (letter != 'u' || this.at < end) this.fail('an escape is malformed');
    return String.fromCharCode(unit);
  }
}

/**
 * The double that a JSON number means, or its neighbour. asc's own parseFloat is powers of ten off when more
 * than 15 digits meet an exponent of 23 to 37; those take two steps, of which 1e22 is exact.
 */
function parseNumber(text: string): f64 {
  const exponentAt = max(text.indexOf('e'), text.indexOf('E'));
  const mantissa = exponentAt < 0 ? text : text.substring(0, exponentAt);
  const point = mantissa.indexOf('.');
  const negative = text.startsWith('-');
  const digits = mantissa.replace('-', '').replace('.', '');
  let first = 0;
  while (first < digits.length && digits.charAt(first) == '0') first++;
  const kept = digits.substring(first, first + 19);
  if (kept.length == 0) return negative ? -0.0 : 0;

  let exponent = digits.length - first - kept.length;
  if (exponentAt >= 0)
    exponent += Math.max(-9999, Math.min(9999, parseInt(text.substring(exponentAt + 1)))) as i32;
  if (point >= 0) exponent -= mantissa.length - point - 1;
  const twoSteps = exponent > 22 && exponent < 38;
  const magnitude = parseFloat(kept + 'e' + (twoSteps ? exponent - 22 : exponent).toString());
  return (negative ? -1.0 : 1.0) * (twoSteps ? magnitude * 1e22 : magnitude);
}

/** What a command or a capability answers: a value, or an error when `code` is not empty. */
export class Reply {
  constructor(
    readonly value: Value,
    readonly code: string = '',
    readonly message: string = '',
  ) {}

  get failed(): bool {
    return this.code != '';
  }
}

export function ok(value: Value): Reply {
  return new Reply(value);
}

/** @param code stable, for programs; @param message one sentence, for people. */
export function fail(code: string, message: string): Reply {
  return new Reply(Value.nothing(), code, message);
}

let inCall = false;

/** ABI: room for `length` bytes that the host is about to write. */
export function alloc(length: i32): i32 {
  if (!inCall) heap.reset();
  return heap.alloc(length) as i32;
}

/** ABI: runs `work` on the JSON at `at` and returns where its answer lies, `pointer << 32 | length`. */
export function command(at: i32, length: i32, work: (input: Value) => Reply): i64 {
  inCall = true;
  const parser = new Parser(String.UTF8.decodeUnsafe(at, length));
  const input = parser.document();
  const reply = parser.problem == '' ? work(input) : fail('INVALID_JSON', parser.problem);
  const answer = Value.object();
  if (reply.failed) {
    const error = Value.object().set('code', Value.text(reply.code));
    answer.set('error', error.set('message', Value.text(reply.message)));
  } else answer.set('ok', reply.value);
  const location = locate(answer);
  inCall = false;
  return location;
}

/** Calls a capability of the host: an import `(i32, i32) => i64` whose module is the capability's id. */
export function ask(capability: (at: i32, length: i32) => i64, request: Value): Reply {
  const sent = locate(request);
  const received = capability((sent >>> 32) as i32, sent as i32);
  const parser = new Parser(String.UTF8.decodeUnsafe((received >>> 32) as usize, received as u32 as usize));
  const answer = parser.document();
  if (parser.problem != '') return fail('INVALID_REPLY', parser.problem);
  const error = answer.get('error');
  if (error.isNothing) return ok(answer.get('ok'));
  return fail(error.get('code').textOr('UNKNOWN'), error.get('message').textOr('The host refused.'));
}

function locate(value: Value): i64 {
  const bytes = String.UTF8.encode(value.toString());
  return ((changetype<usize>(bytes) as i64) << 32) | (bytes.byteLength as i64);
}
