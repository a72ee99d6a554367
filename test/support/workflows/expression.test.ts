import { describe, expect, it } from 'vitest';
import { evaluate, expand, isDue } from './expression.ts';

const CONTEXTS = {
  github: {
    event: { number: 7, issue: { labels: [{ name: 'Submit-Plugin' }, { name: 'other' }] } },
    ref: 'refs/heads/main',
  },
  inputs: {},
  needs: { plan: { result: 'success', outputs: { commit: 'abc' } } },
  matrix: { build: 'first' },
};
const FINE = { failed: false };

describe('an expression', () => {
  it.each([
    ["'it''s'", "it's"],
    ['42', 42],
    ['github.event.number', 7],
    ['inputs.pull-request', null],
    ['github.event.number || inputs.pull-request', 7],
    ["inputs.pull-request && 'yes' || 'no'", 'no'],
    ["github.ref == 'REFS/heads/main'", true],
    ["needs.plan.result != 'success'", false],
    ['!(true && false)', true],
    ["inputs.nothing == ''", true],
    ["contains(github.event.issue.labels.*.name, 'submit-plugin')", true],
    ["contains(github.event.issue.labels.*.name, 'submit')", false],
    ["contains(github.ref, 'MAIN')", true],
    ['success() || failure()', true],
  ])('%s', (code, value) => {
    expect(evaluate(code, CONTEXTS, FINE)).toEqual(value);
  });

  it.each([
    ['steps.plan.outputs.x', '"steps" cannot be used'],
    ['github.reff', 'github has no "reff"'],
    ['needs.plans.result', 'needs has no "plans"'],
    ['needs.plan.output.commit', 'needs.plan has no "output"'],
    ['matrix.built', 'matrix has no "built"'],
    ['toJSON(github)', 'There is no function toJSON'],
    ['github.ref =~ 1', 'that nothing here reads'],
    ["github.ref == 'a", 'that nothing here reads'],
    ['github.ref 7', 'is too much'],
    ['(github.ref', '")" is missing'],
    ['', 'A value is missing'],
    ['github.event.issue.labels[0]', 'that nothing here reads'],
  ])('refuses %s', (code, sentence) => {
    expect(() => evaluate(code, CONTEXTS, FINE)).toThrow(sentence);
  });

  it('fills a text, and refuses an object in it', () => {
    expect(expand('a ${{ github.event.number }} b ${{ inputs.x }}.', CONTEXTS, FINE)).toBe('a 7 b .');
    expect(() => expand('${{ github.event }}', CONTEXTS, FINE)).toThrow('An object cannot stand in a text.');
    expect(() => expand('${{ github.ref', CONTEXTS, FINE)).toThrow('has no end');
  });

  it('decides whether a step runs: after a failure only where it asks for that', () => {
    const failed = { failed: true };
    expect(
      [undefined, 'true', 'always()', 'failure()', "${{ always() && github.ref == 'x' }}"].map((one) =>
        isDue(one, CONTEXTS, failed),
      ),
    ).toEqual([false, false, true, true, false]);
    expect(isDue(undefined, CONTEXTS, FINE)).toBe(true);
    expect(isDue('failure()', CONTEXTS, FINE)).toBe(false);
  });
});
