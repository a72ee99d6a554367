import { describe, expect, it } from 'vitest';
import { licenseProblem, licenseSuffices } from './spdx.ts';

it.each([
  'MIT',
  'GPL-2.0+',
  'MIT OR Apache-2.0',
  '(MIT)',
  '((MIT OR (Apache-2.0 AND BSD-3-Clause)))',
  'GPL-2.0-only WITH Classpath-exception-2.0',
  'GPL-2.0-only WITH Classpath-exception-2.0 AND MIT',
  'LicenseRef-Company.1',
  'DocumentRef-spdx:LicenseRef-x AND MIT',
  'MIT AND(Apache-2.0)',
])('accepts %s', (expression) => {
  expect(licenseProblem(expression)).toBeUndefined();
});

it.each<[string, number, string]>([
  ['', 0, 'missing at its end'],
  ['MIT AND', 7, 'missing at its end'],
  ['AND MIT', 0, 'missing before'],
  ['MIT Apache-2.0', 4, 'AND, OR or WITH is missing'],
  ['Apache 2.0', 7, 'AND, OR or WITH is missing'],
  ['MIT or Apache-2.0', 4, 'in capitals'],
  ['(MIT', 4, 'closing parenthesis is missing'],
  ['MIT)', 3, 'has no opening one'],
  ['()', 1, 'missing before'],
  ['(MIT OR) AND X', 7, 'missing before'],
  ['MIT WITH (X)', 9, 'exception id is missing'],
  ['(MIT OR X) WITH E', 11, 'only follow a single licence'],
  ['MIT WITH A WITH B', 11, 'only follow a single licence'],
  ['MIT/X11', 0, 'not a licence id'],
  ['MIT (X)', 4, 'AND, OR or WITH is missing'],
  ['LicenseRef-a+b', 0, 'not a licence id'],
  [`${'('.repeat(150)}MIT`, 153, 'closing parenthesis is missing'],
])('refuses %j', (expression, offset, message) => {
  const problem = licenseProblem(expression);
  expect(problem?.offset).toBe(offset);
  expect(problem?.message).toContain(message);
});

describe('licences that suffice', () => {
  const suffices = (expression: string, allow?: readonly string[], deny: readonly string[] = []): boolean =>
    licenseSuffices(expression, { allow, deny });

  it.each<[string, readonly string[], boolean]>([
    ['MIT', ['MIT'], true],
    ['mit', ['MIT'], true],
    ['ISC', ['MIT'], false],
    ['MIT OR GPL-2.0-only', ['MIT'], true],
    ['MIT AND GPL-2.0-only', ['MIT'], false],
    ['MIT AND GPL-2.0-only', ['MIT', 'GPL-2.0-only'], true],
    ['MIT OR ISC AND GPL-2.0-only', ['MIT'], true],
    ['(MIT OR ISC) AND GPL-2.0-only', ['MIT'], false],
    ['(MIT OR ISC) AND (BSD-3-Clause OR 0BSD)', ['ISC', '0BSD'], true],
    ['Apache-2.0 WITH LLVM-exception', ['Apache-2.0'], true],
    ['GPL-2.0-only WITH Classpath-exception-2.0', ['GPL-2.0-only WITH Classpath-exception-2.0'], true],
    ['GPL-2.0+', ['GPL-2.0'], true],
    ['LicenseRef-acme', ['LicenseRef-acme'], true],
    ['MIT AND', ['MIT'], false],
    ['MIT', [], false],
  ])('%s is covered by %j: %s', (expression, allow, expected) => {
    expect(suffices(expression, allow)).toBe(expected);
  });

  it('are not those that are denied, unless there is another choice', () => {
    expect(suffices('GPL-2.0-only', undefined, ['gpl-2.0-only'])).toBe(false);
    expect(suffices('MIT OR GPL-2.0-only', undefined, ['GPL-2.0-only'])).toBe(true);
    expect(suffices('MIT AND GPL-2.0+', undefined, ['GPL-2.0'])).toBe(false);
    expect(suffices('GPL-2.0-only WITH Classpath-exception-2.0', undefined, ['GPL-2.0-only'])).toBe(false);
    expect(suffices('MIT', ['MIT'], ['MIT'])).toBe(false);
  });
});
