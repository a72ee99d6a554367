import type { CheckRule } from '../check-rule.ts';

/** Somebody has to be able to see that it works. */
export const tests: CheckRule = {
  id: 'tests',
  title: 'there are tests',
  check: ({ suites }) =>
    suites.tests > 0 || suites.findings.length > 0
      ? []
      : [
          {
            severity: 'warning',
            path: 'tests/',
            message: 'The plugin has no tests.',
            fix: 'Add a file such as tests/first.json: {"command": "…", "input": …, "expect": …}.',
          },
        ],
};
