import type { OptionSpec } from '../command-spec.ts';

/** Where the findings of a check or a scan go besides the screen. */
export const FINDING_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'annotations',
    summary: 'Print workflow commands of GitHub Actions, which show findings in the diff; on by itself there',
  },
  {
    name: 'summary',
    value: { name: 'FILE', kind: 'file' },
    summary: 'Add a summary in Markdown to this file; $GITHUB_STEP_SUMMARY when absent',
  },
  {
    name: 'sarif',
    value: { name: 'FILE', kind: 'file' },
    summary: 'Write the findings as SARIF 2.1.0',
  },
  {
    name: 'code-quality',
    value: { name: 'FILE', kind: 'file' },
    summary: "Write the findings as GitLab's code quality report",
  },
];
