import type { OptionSpec } from '../command-spec.ts';

/** Options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', summary: 'Print one JSON document instead of text' },
  {
    name: 'yes',
    short: 'y',
    summary: 'Answer questions with yes; new capabilities need --accept-capabilities',
  },
  { name: 'no-input', summary: 'Ask nothing; refuse where an answer is needed' },
  { name: 'offline', summary: 'Use only what is on this machine' },
  { name: 'no-color', summary: 'Print without colours, as NO_COLOR does' },
  { name: 'debug', summary: 'Print the stack trace of a failure' },
  { name: 'global', short: 'g', summary: 'Work on the plugins of this user instead of a project' },
  {
    name: 'project',
    value: { name: 'DIR', kind: 'directory' },
    summary: 'Work on the project in DIR instead of the current directory',
  },
  { name: 'help', short: 'h', summary: 'Show the help of a command' },
  { name: 'version', short: 'V', summary: 'Print the version of sheaf' },
];

/** Added to the options of every command that is marked `dryRun`. */
export const DRY_RUN: OptionSpec = { name: 'dry-run', summary: 'Print what would be done and do nothing' };
