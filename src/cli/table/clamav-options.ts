import type { OptionSpec } from '../command-spec.ts';

/** Whether an antivirus program looks at files, too, and what it knows. */
export const CLAMAV_OPTIONS: readonly OptionSpec[] = [
  { name: 'clamav', summary: 'Have ClamAV look at the files, too' },
  {
    name: 'clamav-database',
    value: { name: 'DIR', kind: 'directory' },
    summary: 'Have ClamAV look with the signatures in this folder instead of those of the system',
  },
];
