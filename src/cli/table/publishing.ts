import { PLATFORMS } from '../../core/platform.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command-spec.ts';
import { TRANSPORT } from './change-options.ts';

const PLUGIN_FOLDER: ArgumentSpec = {
  name: 'DIR',
  kind: 'directory',
  required: false,
  summary: 'Folder of the plugin; . when absent',
};

const TO: OptionSpec = {
  name: 'to',
  value: { name: 'URL', kind: 'text' },
  summary: 'Repository of the registry, as for git clone; as the last time when absent',
};

const KEY: OptionSpec = {
  name: 'key',
  short: 'k',
  value: { name: 'KEY', kind: 'file' },
  summary: 'The SSH key to sign with; as the last time when absent',
};

/** How a change comes to a registry. */
const TRANSPORT_OPTIONS: readonly OptionSpec[] = [
  TRANSPORT,
  {
    name: 'fork',
    value: { name: 'URL', kind: 'text' },
    summary: 'Repository of yours that the branch is pushed to, for git and gitlab',
  },
];

/** For commands that write into a checkout, to propose the same without one. */
export const PROPOSE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'propose',
    value: { name: 'URL', kind: 'text' },
    summary: 'Propose it to the registry in this repository, without a checkout',
  },
  ...TRANSPORT_OPTIONS,
];

/** Those who are there sign what they propose. */
export const SIGN_PROPOSED: OptionSpec = {
  name: 'sign',
  value: { name: 'KEY', kind: 'file' },
  repeat: true,
  summary: 'Key that signs what --propose brings, as far as it is asked for',
};

const REVISE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'reason',
    value: { name: 'TEXT', kind: 'text' },
    summary: 'Why, in one line, and what to use instead: users read it',
  },
  { name: 'undo', summary: 'Take it back' },
  TO,
  KEY,
  ...TRANSPORT_OPTIONS,
];

const PLUGIN_NAME: ArgumentSpec = {
  name: 'NAME',
  kind: 'plugin',
  required: true,
  summary: 'Name of the plugin',
};

/** Commands that bring something to a registry of somebody else. */
export const PUBLISHING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'publish',
    aliases: [],
    group: 'authors',
    summary: 'Release a plugin: from its folder to a change of the registry',
    description: [
      'Builds, checks, tests, measures, scans, packs and signs the plugin, publishes the artifact, and proposes the release to the registry. Each step is remembered in .sheaf/publish in the folder: broken off anywhere, the command goes on where it was, and what a changed file makes invalid is done again.',
      'A first release proposes plugin.toml, too, and for a new owner their first key file. What was said the last time need not be said again.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [
      TO,
      KEY,
      {
        name: 'owner',
        value: { name: 'NAME', kind: 'text' },
        summary: 'Owner in the registry; that of the plugin when absent',
      },
      {
        name: 'host',
        value: { name: 'HOST', kind: 'text' },
        summary: 'Where the artifact goes: github, directory:DIR, or url:PREFIX of what you upload yourself',
      },
      {
        name: 'release-url',
        value: { name: 'URL', kind: 'text' },
        summary: 'Address of the files in directory:DIR; {name} and {version} in it are filled in',
      },
      ...TRANSPORT_OPTIONS,
      {
        name: 'platform',
        value: { name: 'PLATFORM', kind: 'text', choices: PLATFORMS },
        summary: 'Platform that the artifact is for; any when absent',
      },
      {
        name: 'artifact',
        value: { name: 'PLATFORM=FILE', kind: 'text' },
        repeat: true,
        summary: 'What "sheaf pack --platform" wrote on a machine of that platform, in place of packing here',
      },
      {
        name: 'allow-dirty',
        summary:
          'Go on with files that are not committed, without saying from which commit the release comes',
      },
      {
        name: 'github-id',
        value: { name: 'N', kind: 'count' },
        summary: 'Numeric id of the GitHub account of a new owner; asked of GitHub where it can be',
      },
      {
        name: 'gitlab-id',
        value: { name: 'N', kind: 'count' },
        summary: 'Numeric id of the GitLab account of a new owner',
      },
      {
        name: 'repository',
        value: { name: 'PREFIX', kind: 'url' },
        repeat: true,
        summary: 'Where releases of a new owner may lie: https://git.example.org/ada/',
      },
      {
        name: 'follow',
        summary:
          'Wait for the checks of the registry; for the merge where none are shown, as with git and gitlab',
      },
      {
        name: 'follow-time',
        value: { name: 'DURATION', kind: 'duration' },
        summary: 'How long to wait at most: 2h; 30m when absent',
      },
    ],
    examples: [
      {
        line: 'sheaf publish --to https://github.com/acme/plugins --owner ada --key ~/.ssh/plugins --host github',
        does: 'publishes the first release',
      },
      { line: 'sheaf publish', does: 'publishes the next one, or goes on' },
      { line: 'sheaf publish --dry-run', does: 'shows the steps that are left and what would be proposed' },
      {
        line: 'sheaf publish --host directory:www --release-url https://ada.example/{name}/{version} --transport patch:release.patch',
        does: 'needs no forge: files for a web server, and a patch to send',
      },
    ],
    dryRun: true,
  },
  {
    name: 'publish init-ci',
    aliases: [],
    group: 'authors',
    summary: 'Write the workflow that publishes every tag of a repository',
    description: [
      'The workflow builds and tests without secrets, then publishes from an environment that holds a key of its own. What has to be set up is said at its top.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [
      {
        name: 'forge',
        value: { name: 'FORGE', kind: 'text', choices: ['github', 'gitlab'] },
        summary: 'github or gitlab; github when absent',
      },
    ],
    examples: [
      { line: 'sheaf publish init-ci', does: 'writes .github/workflows/release.yml' },
      { line: 'sheaf publish init-ci --forge gitlab', does: 'writes .gitlab-ci.yml' },
    ],
    dryRun: true,
  },
  {
    name: 'yank',
    aliases: [],
    group: 'authors',
    summary: 'Propose that a release is not chosen any more',
    description: [
      'Projects that have locked the version keep it, with a warning. The next revision of plugin.toml is signed and proposed to the registry; nothing is ever deleted.',
    ],
    arguments: [PLUGIN_NAME, { name: 'VERSION', kind: 'text', required: true, summary: 'The version' }],
    options: REVISE_OPTIONS,
    examples: [
      {
        line: 'sheaf yank graph-lens 1.1.0 --reason broken --to https://github.com/acme/plugins --key ~/.ssh/plugins',
        does: 'proposes to yank 1.1.0',
      },
      { line: 'sheaf yank graph-lens 1.1.0 --undo', does: 'proposes to offer it again' },
    ],
    dryRun: true,
  },
  {
    name: 'deprecate',
    aliases: [],
    group: 'authors',
    summary: 'Propose to advise against a plugin, or one version of it',
    description: [
      'A deprecated version is chosen only when nothing else fits; a deprecated plugin says so wherever it is shown.',
    ],
    arguments: [
      PLUGIN_NAME,
      {
        name: 'VERSION',
        kind: 'text',
        required: false,
        summary: 'The version; the whole plugin when absent',
      },
    ],
    options: REVISE_OPTIONS,
    examples: [
      {
        line: 'sheaf deprecate graph-lens --reason superseded --to https://github.com/acme/plugins --key ~/.ssh/plugins',
        does: 'proposes to deprecate the plugin',
      },
    ],
    dryRun: true,
  },
];
