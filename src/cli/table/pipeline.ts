import type { CommandSpec, OptionSpec } from '../command-spec.ts';
import { ALLOW_NETWORK, BASE, CLONE, HEAD, TRANSPORT } from './change-options.ts';
import { CLAMAV_OPTIONS } from './clamav-options.ts';

const FACTS: OptionSpec = {
  name: 'facts',
  value: { name: 'DIR', kind: 'directory' },
  summary: 'What workflows recorded: times, scans, measurements, downloads',
};
const REGISTRY = {
  name: 'REGISTRY',
  kind: 'directory',
  required: true,
  summary: 'The registry repository',
} as const;

/** The steps of a registry's workflows, as commands that people can run, too. */
export const PIPELINE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ci measure',
    aliases: [],
    group: 'pipeline',
    summary: 'Test and measure the releases that a change of a registry adds',
    description: [
      'Scans each release, runs its tests, the tests that every plugin has to stand and its benchmarks in the sandbox, compares it with the newest release before it, tries the engines at both ends of what it supports, and builds its source again. The commits are read from Git and never checked out.',
      'Run it in a job that holds no secret: it executes what somebody has submitted. Exit status 11 when something failed; the file is written in any case.',
    ],
    arguments: [CLONE],
    options: [
      { ...BASE, required: true },
      { ...HEAD, required: true },
      {
        name: 'out',
        short: 'o',
        value: { name: 'FILE', kind: 'file' },
        required: true,
        summary: 'Where the result goes, as JSON (schemas/measurement.schema.json)',
      },
      ...CLAMAV_OPTIONS,
      ALLOW_NETWORK,
    ],
    examples: [
      {
        line: 'sheaf ci measure . --base origin/main --head HEAD --out measurement.json',
        does: 'measures what this branch adds',
      },
    ],
  },
  {
    name: 'ci record',
    aliases: [],
    group: 'pipeline',
    summary: 'Add facts about merged releases to the branch that keeps them',
    description: [
      'Takes nothing of a measurement that can be known otherwise: commits, releases and digests have to be those of Git, and artifacts are fetched and scanned again. Writes registry/security/audits/… in one commit on top of the branch, again when somebody else was faster. Run twice it changes nothing.',
    ],
    arguments: [CLONE],
    options: [
      { ...BASE, required: true, summary: 'Commit before the merge: its first parent' },
      { ...HEAD, required: true, summary: 'The merge' },
      {
        name: 'measurement',
        value: { name: 'FILE', kind: 'file' },
        summary: 'What sheaf ci measure wrote; without it only time and scan are recorded',
      },
      {
        name: 'facts',
        value: { name: 'GIT_URL', kind: 'text' },
        required: true,
        summary: 'Git repository that keeps the facts, and after # its branch; #facts when absent',
      },
      {
        name: 'waive',
        value: { name: 'RULE:BY:REASON', kind: 'text' },
        repeat: true,
        summary: 'A rule that a maintainer let pass, who that was, and why',
      },
      ALLOW_NETWORK,
    ],
    examples: [
      {
        line: 'sheaf ci record . --base HEAD^1 --head HEAD --measurement measurement.json --facts git+https://git.example.org/acme/plugins.git',
        does: 'records when the last merge was made, its scan and its measurement',
      },
    ],
    dryRun: true,
  },
  {
    name: 'ci route',
    aliases: [],
    group: 'pipeline',
    summary: 'Judge the open pull requests of a registry and say whom to ask',
    description: [
      'Who is asked depends on who is busy, so the file describes all that are open (schemas/submissions.schema.json). Nothing is changed anywhere but for the files of --out and --page.',
    ],
    arguments: [
      {
        name: 'SUBMISSIONS',
        kind: 'file',
        required: true,
        summary: 'Description of the open pull requests',
      },
    ],
    options: [
      {
        name: 'registry',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'Checkout of the registry repository; the current directory when absent',
      },
      {
        name: 'reviewers',
        value: { name: 'N', kind: 'count' },
        summary: 'How many to ask; as many as registry/policy/reviewers.toml says when absent',
      },
      {
        name: 'pull-request',
        value: { name: 'N', kind: 'count' },
        summary: 'Answer about this one only',
      },
      {
        name: 'request',
        value: { name: 'FORGE', kind: 'text', choices: ['github', 'gitlab'] },
        summary: 'Print the body of the request that asks the reviewers of --pull-request',
      },
      {
        name: 'out',
        short: 'o',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Write the answer as JSON (schemas/review-queue.schema.json)',
      },
      {
        name: 'page',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Write the queue as a page for everybody',
      },
    ],
    examples: [
      {
        line: 'sheaf ci route submissions.json --page queue.html',
        does: 'shows what is open and writes the page',
      },
      {
        line: 'sheaf ci route submissions.json --pull-request 7 --request github',
        does: 'prints whom to ask, as the forge takes it',
      },
    ],
  },
  {
    name: 'ci promotions',
    aliases: [],
    group: 'pipeline',
    summary: 'Show where every plugin stands on its way to the next tier',
    arguments: [REGISTRY],
    options: [
      FACTS,
      {
        name: 'out',
        short: 'o',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Write the report as JSON (schemas/promotion-report.schema.json)',
      },
      {
        name: 'markdown',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Write the report for people',
      },
    ],
    examples: [
      { line: 'sheaf ci promotions . --facts facts', does: 'holds each plugin against every criterion' },
    ],
  },
  {
    name: 'ci downloads',
    aliases: [],
    group: 'pipeline',
    summary: 'Add the download counts of a forge to the facts of a registry',
    description: [
      'Reads the public counters of release files. What came since the last reading counts for the present month; what the forge answers no more today is left for the next run.',
    ],
    arguments: [REGISTRY],
    options: [
      FACTS,
      {
        name: 'api',
        value: { name: 'URL', kind: 'url' },
        summary: 'A server with the interface of GitHub; GitHub when absent',
      },
      {
        name: 'files',
        value: { name: 'URL', kind: 'url' },
        summary: 'What addresses of its files begin with; https://github.com/ when absent',
      },
      { name: 'trending', summary: 'Also write registry/collections/trending.toml' },
      {
        name: 'propose',
        value: { name: 'URL', kind: 'text' },
        summary: 'Also propose that file to the registry in this repository',
      },
      TRANSPORT,
    ],
    examples: [
      { line: 'sheaf ci downloads . --facts facts', does: 'counts, where the releases lie on GitHub' },
    ],
  },
];
