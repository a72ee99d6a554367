import type { CommandSpec, OptionSpec } from '../command-spec.ts';
import { ALLOW_NETWORK, ARTIFACT_OPTIONS, CLONE, FORGE, REPOSITORY } from './change-options.ts';

const INTO: OptionSpec = {
  name: 'into',
  value: { name: 'BRANCH', kind: 'text' },
  summary: 'The branch that is merged into; main when absent',
};
const REMOTE: OptionSpec = {
  name: 'remote',
  value: { name: 'REMOTE', kind: 'text' },
  summary: 'Name or address of the remote; origin when absent',
};
const DISPATCH: OptionSpec = {
  name: 'dispatch',
  value: { name: 'WORKFLOW', kind: 'text' },
  summary: 'Workflow to start afterwards, such as audit.yml',
};
const EVENT: OptionSpec = {
  name: 'event',
  value: { name: 'FILE', kind: 'file' },
  summary: 'File of the event that is about the pull request ($GITHUB_EVENT_PATH)',
};
const MERGE: OptionSpec = { name: 'merge', summary: 'Merge what may be merged' };
const UNMEASURED: OptionSpec = {
  name: 'unmeasured',
  summary: 'This registry measures nothing: validation alone decides whether checks passed',
};

/** Where proposals are merged, and what is looked at before. */
export const MERGING_OPTIONS: readonly OptionSpec[] = [INTO, REMOTE, ...ARTIFACT_OPTIONS];

/** The trusted half of a registry's workflows: what speaks to the forge, and merges. */
export const SUBMISSION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ci report',
    aliases: [],
    group: 'pipeline',
    summary: 'Judge a pull request, say so on the forge, and merge it when it may be',
    description: [
      'Fetches its head as data, validates it against the branch as it is now, and keeps one comment and the labels machine-merge, needs-review, waiting and blocked up to date. Nothing of the pull request is executed. Run twice it changes nothing the second time.',
      'A label waive:RULE lets the faults of a rule pass when somebody set it who may push, for the commit that was there then.',
    ],
    arguments: [CLONE],
    options: [
      { ...FORGE, required: true },
      {
        name: 'pull-request',
        value: { name: 'N', kind: 'count' },
        summary: 'Number of the pull request',
      },
      {
        name: 'head',
        value: { name: 'COMMIT', kind: 'text' },
        summary: 'With --pull-request: do nothing when it has another commit by now',
      },
      EVENT,
      {
        name: 'measurement',
        value: { name: 'FILE', kind: 'file' },
        summary: 'What sheaf ci measure wrote; without it, what the comment remembers',
      },
      UNMEASURED,
      MERGE,
      DISPATCH,
      INTO,
      REMOTE,
      REPOSITORY,
      ...ARTIFACT_OPTIONS,
    ],
    examples: [
      {
        line: 'sheaf ci report . --forge github --event event.json --measurement measurement.json --merge --dispatch audit.yml',
        does: 'judges the pull request of an event, and merges it when it may be',
      },
      {
        line: 'sheaf ci report . --forge gitlab --pull-request 7 --dry-run',
        does: 'shows what would be said',
      },
    ],
    dryRun: true,
  },
  {
    name: 'ci merge',
    aliases: [],
    group: 'pipeline',
    summary: 'Merge commits into a branch, exactly as they were judged',
    description: [
      'Needs Git 2.38 and no checkout. The result is judged again before it is pushed, against the branch as it is at that moment; when somebody else was faster, it begins again. Nothing is ever forced.',
    ],
    arguments: [CLONE],
    options: [
      {
        name: 'head',
        value: { name: 'COMMIT', kind: 'text' },
        required: true,
        repeat: true,
        summary: 'Full id of the commit',
      },
      {
        name: 'ref',
        value: { name: 'REF', kind: 'text' },
        summary: 'Ref of the remote that must still have it, such as refs/pull/7/head',
      },
      { name: 'title', value: { name: 'TEXT', kind: 'text' }, summary: 'First line of the message' },
      {
        name: 'waive',
        value: { name: 'RULE:BY', kind: 'text' },
        repeat: true,
        summary: 'Let the faults of a rule pass; the merge says who did, such as name-distance:alice',
      },
      INTO,
      REMOTE,
      DISPATCH,
      { ...FORGE, summary: 'Where --dispatch starts the workflow; github when absent' },
      REPOSITORY,
    ],
    examples: [
      {
        line: 'sheaf ci merge . --head 4b825dc642cb6eb9a060e54bf8d69288fbee4904 --ref refs/pull/7/head',
        does: 'merges it into main, if the pull request still has this commit',
      },
    ],
    dryRun: true,
  },
  {
    name: 'ci queue',
    aliases: [],
    group: 'pipeline',
    summary: 'Judge all open pull requests, remind reviewers, merge what is due, and write the page',
    description: [
      'Writes submissions.json, queue.json and index.html. Reviewers who are late are reminded, maintainers are asked when nobody answers.',
    ],
    arguments: [CLONE],
    options: [
      { ...FORGE, required: true },
      {
        name: 'out',
        short: 'o',
        value: { name: 'DIR', kind: 'directory' },
        required: true,
        summary: 'Where the page and its data are written',
      },
      MERGE,
      UNMEASURED,
      DISPATCH,
      INTO,
      REMOTE,
      REPOSITORY,
      ...ARTIFACT_OPTIONS,
    ],
    examples: [
      {
        line: 'sheaf ci queue . --forge github --out queue --merge --dispatch audit.yml',
        does: 'does what a workflow does every hour',
      },
    ],
    dryRun: true,
  },
  {
    name: 'ci submit-form',
    aliases: [],
    group: 'pipeline',
    summary: 'Turn an issue form into the pull request of a release',
    description: [
      'The form has the fields Plugin name, Repository and Release tag. The release on GitHub has the files that belong into the registry beside its artifacts: VERSION.toml and VERSION.toml.sig; for a new plugin plugin.toml and plugin.toml.sig; for a new owner owner.toml, 1.signers and 1.signers.NAME.sig. Every refusal is a comment on the issue.',
    ],
    arguments: [CLONE],
    options: [
      { ...EVENT, required: true, summary: 'File of the event of the issue ($GITHUB_EVENT_PATH)' },
      { ...FORGE, value: { name: 'FORGE', kind: 'text', choices: ['github'] }, required: true },
      REPOSITORY,
      INTO,
      DISPATCH,
    ],
    examples: [
      {
        line: 'sheaf ci submit-form . --forge github --event event.json --dispatch plugin-review.yml',
        does: 'opens the pull request and starts its checks',
      },
    ],
  },
  {
    name: 'ci links',
    aliases: [],
    group: 'pipeline',
    summary: 'Look whether release addresses still give the bytes that were signed',
    description: ['The exit status is 9 when one does not.'],
    arguments: [CLONE],
    options: [
      {
        name: 'sample',
        value: { name: 'N', kind: 'count' },
        summary: 'Only so many artifacts, others every day; all when absent',
      },
      {
        name: 'markdown',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Write the text of an issue, if one is broken',
      },
      ALLOW_NETWORK,
    ],
    examples: [{ line: 'sheaf ci links . --sample 200 --markdown issue.md', does: 'fetches 200 artifacts' }],
  },
];
