export { alloc } from '../../../sdk/assemblyscript';

import { command, fail, ok, Value } from '../../../sdk/assemblyscript';

/** `{code}` → its value: numbers, `+ - * /` and parentheses. */
export function execute(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const expression = new Expression(input.get('code').textOr(''));
    const value = expression.sum();
    return expression.complete ? ok(Value.number(value)) : fail('INVALID_EXPRESSION', 'Not an expression.');
  });
}

class Expression {
  private at: i32 = 0;
  private depth: i32 = 0;

  constructor(private readonly code: string) {}

  get complete(): bool {
    return !this.take('') && this.at == this.code.length;
  }
  private take(token: string): bool {
    while (this.code.charAt(this.at) == ' ') this.at++;
    if (token == '' || !this.code.startsWith(token, this.at)) return false;
    this.at++;
    return true;
  }

  sum(): f64 {
    let left = this.product();
    while (true) {
      if (this.take('+')) left += this.product();
      else if (this.take('-')) left -= this.product();
      else return left;
    }
  }
  private product(): f64 {
    let left = this.factor();
    while (true) {
      if (this.take('*')) left *= this.factor();
      else if (this.take('/')) left /= this.factor();
      else return left;
    }
  }
  private factor(): f64 {
    if (this.take('(') && ++this.depth < 64) {
      const value = this.sum();
      if (!this.take(')')) this.at = this.code.length + 1;
      this.depth--;
      return value;
    }
    this.take('');
    const from = this.at;
    while (this.at < this.code.length && '0123456789.'.includes(this.code.charAt(this.at))) this.at++;
    // Past the end marks the expression as incomplete.
    if (from == this.at) this.at = this.code.length + 1;
    return parseFloat(this.code.substring(from, this.at));
  }
}
