import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command-spec.ts';

const ACCEPT_CAPABILITIES: OptionSpec = {
  name: 'accept-capabilities',
  summary: 'Agree to every capability that the plan adds',
};
const ALLOW_STALE: OptionSpec = {
  name: 'allow-stale',
  summary: 'Resolve on a checkpoint that has expired, for work without a network',
};
const PRERELEASES: OptionSpec = { name: 'prerelease', summary: 'Consider pre-release versions too' };
const LOCK_OPTIONS: readonly OptionSpec[] = [
  { name: 'locked', summary: 'Refuse when sheaf.lock is not up to date; the default where CI is set' },
  { name: 'frozen', summary: 'Both --locked and --offline' },
];
const INSTALLED_PLUGINS: ArgumentSpec = {
  name: 'NAME',
  kind: 'plugin',
  required: false,
  repeat: true,
  summary: 'Installed plugins; all when none is named',
};

/** Commands for people who use plugins. */
export const USE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'install',
    aliases: ['add'],
    group: 'use',
    summary: 'Install plugins, or everything that sheaf.toml asks for',
    description: [
      'A name may carry a version range (graph-lens@^1.2) and the alias of a registry (acme/graph-lens).',
      'The new set is built beside the old one and replaces it in one step: either everything is installed or nothing changes.',
    ],
    arguments: [
      {
        name: 'NAME[@RANGE]',
        kind: 'plugin',
        required: false,
        repeat: true,
        summary: 'Plugins to add to sheaf.toml; none installs what is there',
      },
    ],
    options: [
      ...LOCK_OPTIONS,
      ACCEPT_CAPABILITIES,
      ALLOW_STALE,
      PRERELEASES,
      { name: 'force', short: 'f', summary: 'Install again what is already there' },
    ],
    examples: [
      { line: 'sheaf install graph-lens', does: 'adds the newest version to this project' },
      { line: 'sheaf install graph-lens@~1.2 --dry-run', does: 'shows what a 1.2 version would bring in' },
      { line: 'sheaf install --frozen', does: 'installs exactly what sheaf.lock says, from the cache' },
    ],
    dryRun: true,
  },
  {
    name: 'update',
    aliases: ['upgrade'],
    group: 'use',
    summary: 'Move plugins to the newest versions that sheaf.toml allows',
    arguments: [INSTALLED_PLUGINS],
    options: [ACCEPT_CAPABILITIES, ALLOW_STALE, PRERELEASES],
    examples: [
      { line: 'sheaf update', does: 'updates every plugin of this project' },
      { line: 'sheaf update graph-lens --dry-run', does: 'shows what updating one plugin would change' },
    ],
    dryRun: true,
  },
  {
    name: 'outdated',
    aliases: [],
    group: 'use',
    summary: 'List installed plugins that have newer versions',
    arguments: [],
    options: [PRERELEASES],
    examples: [
      { line: 'sheaf outdated', does: 'lists installed, allowed and newest version of each plugin' },
    ],
  },
  {
    name: 'remove',
    aliases: ['rm', 'uninstall'],
    group: 'use',
    summary: 'Remove plugins',
    arguments: [{ name: 'NAME', kind: 'plugin', required: true, repeat: true, summary: 'Plugins to remove' }],
    options: [
      { name: 'force', short: 'f', summary: 'Remove plugins that others need' },
      { name: 'purge', summary: "Delete the plugins' own data as well" },
    ],
    examples: [
      { line: 'sheaf remove graph-lens', does: 'removes a plugin and what only it needed' },
      { line: 'sheaf remove graph-lens --purge', does: 'deletes what the plugin stored, too' },
    ],
    dryRun: true,
  },
  {
    name: 'list',
    aliases: ['ls'],
    group: 'use',
    summary: 'List installed plugins',
    arguments: [],
    options: [],
    examples: [
      { line: 'sheaf list', does: 'lists the plugins of this project' },
      { line: 'sheaf list --json', does: 'prints them for a program' },
    ],
  },
  {
    name: 'info',
    aliases: [],
    group: 'use',
    summary: 'Show what a registry knows of a plugin',
    arguments: [
      { name: 'NAME[@VERSION]', kind: 'plugin', required: true, summary: 'The plugin, or one version of it' },
    ],
    options: [],
    examples: [
      { line: 'sheaf info graph-lens', does: 'shows the plugin and its versions' },
      { line: 'sheaf info acme/graph-lens@1.10.0', does: 'shows one version in the registry acme' },
    ],
  },
  {
    name: 'rollback',
    aliases: [],
    group: 'use',
    summary: 'Go back to an earlier installed set',
    arguments: [
      {
        name: 'GENERATION',
        kind: 'count',
        required: false,
        summary: 'Number of the set; the one before the current when absent',
      },
    ],
    options: [],
    examples: [
      { line: 'sheaf rollback', does: 'undoes the last install, update or remove' },
      { line: 'sheaf rollback 4 --dry-run', does: 'shows what going back to set 4 would change' },
    ],
    dryRun: true,
  },
  {
    name: 'verify',
    aliases: [],
    group: 'use',
    summary: 'Check installed files against their signed releases',
    arguments: [INSTALLED_PLUGINS],
    options: [],
    examples: [{ line: 'sheaf verify', does: 'names every installed file that was changed' }],
  },
];
