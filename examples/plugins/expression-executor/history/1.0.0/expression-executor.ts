export { alloc } from '../../../sdk/assemblyscript';

import { command, fail, ok, Value } from '../../../sdk/assemblyscript';

/** Deeper nesting is refused before it could exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * `{language: "expression", code, input?}` → the value of the code. The language: numbers, texts in double
 * quotes, `true false null`, `+ - * / %`, parentheses, and paths into the input such as `$.items[0].price`.
 */
export function execute(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    if (input.get('language').textOr('expression') != 'expression') {
      return fail('LANGUAGE', 'This executor runs the language "expression" only.');
    }
    const expression = new Expression(input.get('code').textOr(''), input.get('input'));
    const value = expression.whole();
    return expression.problem == '' ? ok(value) : fail('INVALID_EXPRESSION', expression.problem);
  });
}

/** A recursive-descent evaluator, one method for each level of precedence. */
class Expression {
  problem: string = '';
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(
    private readonly code: string,
    private readonly input: Value,
  ) {}

  whole(): Value {
    const value = this.sum();
    if (this.problem == '' && this.peek() != '') return this.fail('unexpected "' + this.peek() + '"');
    return value;
  }

  private fail(problem: string): Value {
    if (this.problem == '') this.problem = problem + ' at position ' + this.at.toString();
    this.at = this.code.length;
    return Value.nothing();
  }

  /** The next token without consuming it; empty at the end. */
  private peek(): string {
    while (this.at < this.code.length && ' \t\r\n'.includes(this.code.charAt(this.at))) this.at++;
    let end = this.at;
    while (end < this.code.length && isWordUnit(this.code.charCodeAt(end))) end++;
    return this.code.substring(this.at, end > this.at ? end : this.at + 1);
  }
  private take(token: string): bool {
    if (this.at >= this.code.length || this.peek() != token) return false;
    this.at += token.length;
    return true;
  }
  private expect(token: string): void {
    if (!this.take(token)) this.fail('"' + token + '" is missing');
  }
  private numberOf(value: Value): f64 {
    const number = value.numberOr(NaN);
    if (isNaN(number)) this.fail('a number is needed, not ' + value.toString().slice(0, 40));
    return number;
  }

  private sum(): Value {
    let left = this.product();
    while (this.problem == '') {
      if (this.take('+')) left = this.plus(left, this.product());
      else if (this.take('-')) left = Value.number(this.numberOf(left) - this.numberOf(this.product()));
      else break;
    }
    return left;
  }
  /** Adds numbers and joins texts. */
  private plus(left: Value, right: Value): Value {
    if (left.isText && right.isText) return Value.text(left.textOr('') + right.textOr(''));
    return Value.number(this.numberOf(left) + this.numberOf(right));
  }
  private product(): Value {
    let left = this.unary();
    while (this.problem == '') {
      if (this.take('*')) left = Value.number(this.numberOf(left) * this.numberOf(this.unary()));
      else if (this.take('/')) left = Value.number(this.numberOf(left) / this.divisor());
      else if (this.take('%')) left = Value.number(this.numberOf(left) % this.divisor());
      else break;
    }
    return left;
  }
  private divisor(): f64 {
    const divisor = this.numberOf(this.unary());
    if (divisor == 0) this.fail('division by zero');
    return divisor;
  }
  private unary(): Value {
    if (++this.depth > MAX_DEPTH) return this.fail('nested too deep');
    let value: Value;
    if (this.take('-')) value = Value.number(-this.numberOf(this.unary()));
    else value = this.primary();
    this.depth--;
    return value;
  }

  private primary(): Value {
    if (this.take('(')) {
      const value = this.sum();
      this.expect(')');
      return value;
    }
    if (this.take('$')) return this.path();
    if (this.take('true')) return Value.flag(true);
    if (this.take('false')) return Value.flag(false);
    if (this.take('null')) return Value.nothing();
    const token = this.peek();
    if (token == '"') return this.text();
    if (token != '' && token.charCodeAt(0) >= 0x30 && token.charCodeAt(0) <= 0x39) return this.number();
    return this.fail(token == '' ? 'something is missing' : 'unexpected "' + token + '"');
  }
  private text(): Value {
    const end = this.code.indexOf('"', this.at + 1);
    if (end < 0) return this.fail('a text does not end');
    const text = this.code.substring(this.at + 1, end);
    this.at = end + 1;
    return Value.text(text);
  }
  private number(): Value {
    let end = this.at;
    while (end < this.code.length && '0123456789.'.includes(this.code.charAt(end))) end++;
    const number = parseFloat(this.code.substring(this.at, end));
    this.at = end;
    return Value.number(number);
  }
  /** `.name` and `[0]` steps; what is not there is null. */
  private path(): Value {
    let value = this.input;
    while (this.problem == '') {
      if (this.take('.')) {
        const name = this.peek();
        this.at += name.length;
        value = value.get(name);
      } else if (this.take('[')) {
        value = value.at(this.numberOf(this.sum()) as i32);
        this.expect(']');
      } else break;
    }
    return value;
  }
}

function isWordUnit(unit: i32): bool {
  const letter = unit | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit == 0x5f;
}
