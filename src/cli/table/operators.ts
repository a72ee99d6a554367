import type { CommandSpec } from '../command-spec.ts';
import { CLONE } from './change-options.ts';
import { MERGING_OPTIONS } from './submissions.ts';

/** Commands for people who publish a registry. */
export const OPERATOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'index build',
    aliases: [],
    group: 'operators',
    summary: 'Build the index of a registry and its next checkpoint, unsigned',
    description: [
      'Two builds of the same commits after the same previous index, with the same --issued, are equal in every byte.',
    ],
    arguments: [
      {
        name: 'REGISTRY',
        kind: 'directory',
        required: true,
        summary: 'The registry repository',
      },
    ],
    options: [
      {
        name: 'commit',
        value: { name: 'REV', kind: 'text' },
        summary: 'Build from this commit, whatever lies in the work tree',
      },
      {
        name: 'out',
        short: 'o',
        value: { name: 'DIR', kind: 'directory' },
        required: true,
        summary: 'Where the published tree is written',
      },
      {
        name: 'facts',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'What workflows recorded: times, scans, measurements, downloads',
      },
      {
        name: 'facts-commit',
        value: { name: 'REV', kind: 'text' },
        summary: 'Take the facts from this commit of their repository',
      },
      {
        name: 'previous',
        value: { name: 'DIR|URL', kind: 'url' },
        summary: 'The index published before, whose history goes on',
      },
      {
        name: 'expires',
        value: { name: 'DURATION', kind: 'duration' },
        summary: 'Life of the checkpoint, at most 30d; 7d when absent',
      },
      {
        name: 'issued',
        value: { name: 'TIME', kind: 'text' },
        summary: 'Time of the checkpoint, such as 2026-11-20T09:30:00Z; now when absent',
      },
    ],
    examples: [
      { line: 'sheaf index build . --out public', does: 'builds the first index' },
      { line: 'sheaf index build . --out next --previous public', does: 'builds the checkpoint after it' },
    ],
  },
  {
    name: 'index sign',
    aliases: [],
    group: 'operators',
    summary: 'Sign the checkpoint of a built index',
    arguments: [{ name: 'DIR', kind: 'directory', required: true, summary: 'What sheaf index build wrote' }],
    options: [
      {
        name: 'key',
        short: 'k',
        value: { name: 'KEY', kind: 'file' },
        required: true,
        summary: 'The key that the root allows to sign checkpoints',
      },
    ],
    examples: [{ line: 'sheaf index sign public --key ci', does: 'signs in the namespace checkpoint@sheaf' }],
  },
  {
    name: 'index publish',
    aliases: [],
    group: 'operators',
    summary: 'Publish a signed index',
    arguments: [{ name: 'DIR', kind: 'directory', required: true, summary: 'A built and signed index' }],
    options: [
      {
        name: 'to',
        value: { name: 'GIT_URL[#BRANCH]|DIR', kind: 'url' },
        required: true,
        summary: 'A branch of a Git repository, or a directory that a web server serves',
      },
      {
        name: 'allow-shrink',
        summary: 'Publish although many plugins are gone since the checkpoint before',
      },
    ],
    examples: [
      {
        line: 'sheaf index publish public --to /srv/www/plugins',
        does: 'puts it where a web server serves it',
      },
      {
        line: 'sheaf index publish public --to git@example.org:acme/plugins.git#index',
        does: 'pushes it to the branch index',
      },
    ],
    dryRun: true,
  },
  {
    name: 'registry publish',
    aliases: [],
    group: 'operators',
    summary: 'Merge what was proposed, and publish the next index, where no workflow does',
    description: [
      'Judges each proposal as CI would, artifacts included, merges it into the branch of the remote without a checkout, builds the index from the head of that branch, after the one that is published, signs it, and publishes it. Nothing is published when one of these steps fails; what was merged stays merged.',
      'Clients refuse a checkpoint that has expired: run it again before that, with or without something to merge.',
    ],
    arguments: [CLONE],
    options: [
      {
        name: 'to',
        value: { name: 'GIT_URL[#BRANCH]|DIR', kind: 'url' },
        required: true,
        summary: 'A branch of a Git repository, or a directory that a web server serves',
      },
      {
        name: 'key',
        short: 'k',
        value: { name: 'KEY', kind: 'file' },
        required: true,
        summary: 'The key that the root allows to sign checkpoints',
      },
      {
        name: 'merge',
        value: { name: 'BRANCH', kind: 'text' },
        repeat: true,
        summary: 'A branch of the remote with a proposal, such as release/graph-lens-1.0.0',
      },
      {
        name: 'facts',
        value: { name: 'BRANCH', kind: 'text' },
        summary: 'Branch of the remote that keeps the facts; none when absent',
      },
      {
        name: 'expires',
        value: { name: 'DURATION', kind: 'duration' },
        summary: 'Life of the checkpoint, at most 30d, which it is when absent',
      },
      {
        name: 'allow-shrink',
        summary: 'Publish although many plugins are gone since the checkpoint before',
      },
      ...MERGING_OPTIONS,
    ],
    examples: [
      {
        line: 'sheaf registry publish plugins --merge release/graph-lens-1.0.0 --key keys/ci --to https://git.example.org/acme/plugins.git#index',
        does: 'accepts a release and publishes it',
      },
      {
        line: 'sheaf registry publish plugins --key keys/ci --to /srv/www/plugins',
        does: 'publishes what is merged, or the same for another 30 days',
      },
    ],
    dryRun: true,
  },
  {
    name: 'index verify',
    aliases: [],
    group: 'operators',
    summary: 'Rebuild a published index from its source and compare',
    arguments: [{ name: 'URL', kind: 'url', required: true, summary: 'The published index' }],
    options: [
      {
        name: 'source',
        value: { name: 'REGISTRY', kind: 'directory' },
        summary: 'Registry at the commit that the checkpoint names; the current directory when absent',
      },
      {
        name: 'facts',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'The facts at the commit that the checkpoint names',
      },
    ],
    examples: [
      {
        line: 'sheaf index verify https://plugins.example.org/ --source .',
        does: 'names the first difference, or says that there is none',
      },
    ],
  },
];
