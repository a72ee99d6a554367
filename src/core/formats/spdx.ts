import { quote } from '../text.ts';

/** Why a text is no licence expression, and the offset where it stops being one. */
export interface LicenseProblem {
  readonly offset: number;
  readonly message: string;
}

/** A licence list is not carried along: it grows every few months, and an unknown id is no danger. */
const ID = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;
const REFERENCE = /^(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/;
const ADDITION = /^(DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+$/;
const OPERATORS: ReadonlySet<string> = new Set(['AND', 'OR', 'WITH']);

/**
 * Checks the syntax of an SPDX licence expression (SPDX 3.0.1, annex "SPDX license expressions"): ids with an
 * optional `+`, `LicenseRef-`, `WITH` an exception, `AND`, `OR` and parentheses. Undefined when it is one.
 * Whether an id is on the SPDX licence list is not checked.
 */
export function licenseProblem(expression: string): LicenseProblem | undefined {
  const tokens = [...expression.matchAll(/[()]|[^\s()]+/g)].map((match) => ({
    text: match[0],
    offset: match.index,
  }));
  let depth = 0;
  // Alternates between what can begin an operand and what can follow one; that is the whole grammar but WITH.
  let wantsOperand = true;
  for (const [index, { text, offset }] of tokens.entries()) {
    const previous = tokens[index - 1]?.text;
    if (wantsOperand) {
      if (text === '(' && previous !== 'WITH') {
        depth++;
        continue;
      }
      const problem = previous === 'WITH' ? exceptionProblem(text) : licenceIdProblem(text);
      if (problem !== undefined) return { offset, message: problem };
      wantsOperand = false;
    } else if (text === ')') {
      if (--depth < 0) return { offset, message: 'a closing parenthesis has no opening one' };
    } else {
      const problem = operatorProblem(text, previous, tokens[index - 2]?.text);
      if (problem !== undefined) return { offset, message: problem };
      wantsOperand = true;
    }
  }
  if (wantsOperand) return { offset: expression.length, message: 'a licence id is missing at its end' };
  return depth > 0
    ? { offset: expression.length, message: 'a closing parenthesis is missing at its end' }
    : undefined;
}

function licenceIdProblem(text: string): string | undefined {
  if (OPERATORS.has(text) || text === ')') return `a licence id is missing before ${quote(text)}`;
  const id = text.endsWith('+') ? text.slice(0, -1) : text;
  return ID.test(id) || REFERENCE.test(text) ? undefined : `${quote(text)} is not a licence id`;
}

function exceptionProblem(text: string): string | undefined {
  if (OPERATORS.has(text) || text === '(' || text === ')') return 'an exception id is missing after WITH';
  return ID.test(text) || ADDITION.test(text) ? undefined : `${quote(text)} is not an exception id`;
}

function operatorProblem(
  text: string,
  previous: string | undefined,
  beforeThat: string | undefined,
): string | undefined {
  if (!OPERATORS.has(text)) {
    return OPERATORS.has(text.toUpperCase())
      ? `the operator ${quote(text)} must be in capitals`
      : `AND, OR or WITH is missing before ${quote(text)}`;
  }
  if (text === 'WITH' && (previous === ')' || beforeThat === 'WITH')) {
    return 'WITH may only follow a single licence id';
  }
  return undefined;
}

/** The licence ids in a valid expression, without exceptions, as they are written. */
export function licenseIds(expression: string): readonly string[] {
  const tokens = [...expression.matchAll(/[^\s()]+/g)].map(([token]) => token);
  return tokens.filter((token, index) => !OPERATORS.has(token) && tokens[index - 1] !== 'WITH');
}

/** Licences by their ids, in the form of {@link licenseSuffices}. */
export interface LicenseLists {
  /** The only ones that suffice; undefined for any. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/**
 * Whether somebody can use what is under a licence expression and keep to these lists: one side of an OR has to
 * suffice, both sides of an AND. Ids are compared without regard to case, as SPDX demands. An exception only adds
 * permissions, so `WITH` suffices where its licence does, or where the whole is listed; `ID+` stands for `ID`,
 * which it offers, and is denied with it.
 *
 * @returns false, too, for what is no expression.
 */
export function licenseSuffices(expression: string, { allow, deny }: LicenseLists): boolean {
  if (licenseProblem(expression) !== undefined) return false;
  const [allowed, denied] = [allow?.map(lower), deny.map(lower)];
  const suffices = (operand: string): boolean => {
    const [id = ''] = operand.split(' with ');
    const names = [operand, id, id.replace(/\+$/, '')];
    const isListed = (list: readonly string[]): boolean => names.some((name) => list.includes(name));
    return !isListed(denied) && (allowed === undefined || isListed(allowed));
  };
  return anySuffices(tokensOf(expression), suffices);
}

/** A valid expression in lower case, from its first token on; takes the tokens that it has read off the list. */
function anySuffices(tokens: string[], suffices: (operand: string) => boolean): boolean {
  let isAny = false;
  do {
    let areAll = true;
    do {
      const isEnough = operandSuffices(tokens, suffices);
      areAll &&= isEnough;
    } while (taken(tokens, 'and'));
    isAny ||= areAll;
  } while (taken(tokens, 'or'));
  return isAny;
}

function operandSuffices(tokens: string[], suffices: (operand: string) => boolean): boolean {
  if (taken(tokens, '(')) {
    const isEnough = anySuffices(tokens, suffices);
    taken(tokens, ')');
    return isEnough;
  }
  const id = tokens.shift() ?? '';
  return suffices(taken(tokens, 'with') ? `${id} with ${tokens.shift() ?? ''}` : id);
}

function taken(tokens: string[], token: string): boolean {
  if (tokens[0] !== token) return false;
  tokens.shift();
  return true;
}

function tokensOf(expression: string): string[] {
  return [...expression.matchAll(/[()]|[^\s()]+/g)].map((match) => lower(match[0]));
}

function lower(text: string): string {
  return text.toLowerCase();
}
