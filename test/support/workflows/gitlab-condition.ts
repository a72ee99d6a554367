/** The conditions of rules, as far as ours use them. */

type Variables = Readonly<Record<string, string>>;

const TOKEN = /\s*(&&|\|\||==|!=|\(|\)|\$\w+|"[^"$]*")/y;

/**
 * Whether a condition holds: comparisons of variables and texts, `&&`, `||` and parentheses. A variable that is not set
 * equals no text.
 *
 * https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions
 */
export function holds(condition: string, variables: Variables): boolean {
  const tokens = tokensOf(condition);
  const isMet = either(tokens, variables);
  if (tokens.length > 0) throw new Error(`Nothing here understands ${tokens[0]} in ${condition}`);
  return isMet;
}

function tokensOf(condition: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < condition.trimEnd().length; at = TOKEN.lastIndex) {
    const [, token] = TOKEN.exec(condition) ?? [];
    if (token === undefined) throw new Error(`Nothing here understands ${condition.slice(at)}`);
    tokens.push(token);
  }
  return tokens;
}

function either(tokens: string[], variables: Variables): boolean {
  let isMet = both(tokens, variables);
  while (tokens[0] === '||') {
    tokens.shift();
    // Both sides are always read: what follows must be understood, too.
    isMet = both(tokens, variables) || isMet;
  }
  return isMet;
}

function both(tokens: string[], variables: Variables): boolean {
  let isMet = comparison(tokens, variables);
  while (tokens[0] === '&&') {
    tokens.shift();
    isMet = comparison(tokens, variables) && isMet;
  }
  return isMet;
}

function comparison(tokens: string[], variables: Variables): boolean {
  if (tokens[0] === '(') {
    tokens.shift();
    const isMet = either(tokens, variables);
    if (tokens.shift() !== ')') throw new Error('A parenthesis is not closed.');
    return isMet;
  }
  const left = operand(tokens, variables);
  if (tokens[0] !== '==' && tokens[0] !== '!=') return left !== undefined && left !== '';
  const isEqual = tokens.shift() === '==';
  return (left === operand(tokens, variables)) === isEqual;
}

function operand(tokens: string[], variables: Variables): string | undefined {
  const token = tokens.shift() ?? '';
  if (token.startsWith('$')) return variables[token.slice(1)];
  if (token.startsWith('"')) return token.slice(1, -1);
  throw new Error(`Nothing here understands ${token === '' ? 'the end of a condition' : token}`);
}

/** Whether one of these paths is meant by a pattern; all that ours use is everything below a directory. */
export function isChanged(patterns: readonly string[], paths: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const [, directory] = /^([\w-]+\/)\*\*\/\*$/.exec(pattern) ?? [];
    if (directory === undefined) throw new Error(`Nothing here understands the pattern ${pattern}.`);
    return paths.some((path) => path.startsWith(directory));
  });
}
