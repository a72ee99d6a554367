import type { ArgumentSpec, CommandSpec, OptionSpec, ValueKind } from '../command-spec.ts';

const ACCEPT_CAPABILITIES: OptionSpec = {
  name: 'accept-capabilities',
  summary: 'Agree to every capability that the plan adds',
};
const ACCEPT_OWNER_CHANGE: OptionSpec = {
  name: 'accept-owner-change',
  summary: 'Agree to new owners of plugins, and to keys that a registry recovered',
};
const ALLOW_STALE: OptionSpec = {
  name: 'allow-stale',
  summary: 'Resolve on a checkpoint that has expired, for work without a network',
};
const PRERELEASES: OptionSpec = { name: 'prerelease', summary: 'Consider pre-release versions too' };
const PROFILE: OptionSpec = { name: 'profile', summary: 'Say how long it took and how much memory it used' };
const LOCK_OPTIONS: readonly OptionSpec[] = [
  { name: 'locked', summary: 'Refuse when sheaf.lock is not up to date; the default where CI is set' },
  { name: 'frozen', summary: 'Both --locked and --offline' },
];
const ALLOW_LOCAL: OptionSpec = {
  name: 'allow-local',
  summary: 'Install from folders and files what no registry signed',
};
const ALLOW_UNISOLATED_BUILD: OptionSpec = {
  name: 'allow-unisolated-build',
  summary: 'Build from source with all your rights where no sandbox can hold a build',
};
/** An option that narrows a search; given more than once, any of its values will do. */
function filter(name: string, value: string, kind: ValueKind, summary: string): OptionSpec {
  return { name, value: { name: value, kind }, repeat: true, summary };
}

const INSTALLED_PLUGINS: ArgumentSpec = {
  name: 'NAME',
  kind: 'installed',
  required: false,
  repeat: true,
  summary: 'Installed plugins; all when none is named',
};

/** Commands for people who use plugins. */
export const USE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'search',
    aliases: [],
    group: 'use',
    summary: 'Find plugins in the configured registries',
    description: [
      'The last word may be the beginning of one, and slips of the pen are forgiven. Without words all plugins are listed, the most downloaded first.',
      'Filters of different kinds must all hold; of one kind that is given more than once, any.',
    ],
    arguments: [
      { name: 'WORDS', kind: 'text', required: false, repeat: true, summary: 'What the plugin is for' },
    ],
    options: [
      filter('category', 'C', 'category', 'Only plugins of this category'),
      filter('keyword', 'K', 'text', 'Only plugins with this keyword'),
      filter('language', 'L', 'text', 'Only plugins for this programming language'),
      filter('capability', 'C', 'text', 'Only plugins that ask for this capability'),
      {
        name: 'tier',
        value: { name: 'T', kind: 'text', choices: ['wasm', 'native', 'core'] },
        repeat: true,
        summary: 'Only plugins of this granted tier: wasm, native or core',
      },
      filter('license', 'L', 'text', 'Only plugins under this licence, by its SPDX identifier'),
      filter('author', 'A', 'text', 'Only plugins by this author'),
      filter('owner', 'O', 'text', 'Only plugins released by this owner'),
      { name: 'verified', summary: 'Only plugins that were reviewed for a tier above wasm' },
      { name: 'all-engines', summary: 'Also plugins that do not work with the engines of this project' },
      {
        name: 'sort',
        value: {
          name: 'ORDER',
          kind: 'text',
          choices: ['relevance', 'downloads', 'rating', 'recent', 'name'],
        },
        summary: 'relevance (the default), downloads, rating, recent or name',
      },
      {
        name: 'page',
        value: { name: 'N', kind: 'count' },
        summary: 'Page of results; the first when absent',
      },
      {
        name: 'limit',
        value: { name: 'N', kind: 'count' },
        summary: 'Results on a page: 20 when absent, 100 at most',
      },
    ],
    examples: [
      { line: 'sheaf search call graph', does: 'finds plugins for call graphs' },
      { line: 'sheaf search --category visualizers --sort recent', does: 'lists the newest of a category' },
      { line: 'sheaf search diagram --verified --json', does: 'prints reviewed plugins for a program' },
    ],
  },
  {
    name: 'install',
    aliases: ['add'],
    group: 'use',
    summary: 'Install plugins, or everything that sheaf.toml asks for',
    description: [
      'A name may carry a version range (graph-lens@^1.2) and the alias of a registry (acme/graph-lens).',
      'A path (./graph-lens, ./lens.wasm) installs a folder or file with a sheaf.plugin.toml. Nobody signed it, so it needs --allow-local, and is marked as unverified wherever it is shown.',
      'A plugin that is published as source is built here, in a sandbox without network, with the compilers that it requires.',
      'The new set is built beside the old one and replaces it in one step: either everything is installed or nothing changes.',
    ],
    arguments: [
      {
        name: 'NAME[@RANGE]|PATH',
        kind: 'plugin',
        required: false,
        repeat: true,
        summary: 'Plugins to add to sheaf.toml; none installs what is there',
      },
    ],
    options: [
      ...LOCK_OPTIONS,
      ACCEPT_CAPABILITIES,
      ACCEPT_OWNER_CHANGE,
      ALLOW_LOCAL,
      ALLOW_STALE,
      ALLOW_UNISOLATED_BUILD,
      PRERELEASES,
      { name: 'force', short: 'f', summary: 'Install again what is already there' },
    ],
    examples: [
      { line: 'sheaf install graph-lens', does: 'adds the newest version to this project' },
      { line: 'sheaf install graph-lens@~1.2 --dry-run', does: 'shows what a 1.2 version would bring in' },
      {
        line: 'sheaf install ./my-plugin --allow-local',
        does: 'installs what lies in a folder; again, and it installs what changed',
      },
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
    options: [
      ACCEPT_CAPABILITIES,
      ACCEPT_OWNER_CHANGE,
      ALLOW_LOCAL,
      ALLOW_STALE,
      ALLOW_UNISOLATED_BUILD,
      PRERELEASES,
    ],
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
    arguments: [
      { name: 'NAME', kind: 'installed', required: true, repeat: true, summary: 'Plugins to remove' },
    ],
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
    options: [
      { name: 'tree', summary: 'Show which plugin needs which' },
      { name: 'available', summary: 'List all plugins of the configured registries instead' },
    ],
    examples: [
      { line: 'sheaf list', does: 'lists the plugins of this project' },
      { line: 'sheaf list --tree', does: 'shows them below what needs them' },
      { line: 'sheaf list --available', does: 'lists every plugin that could be installed' },
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
    description: [
      'Everything is checked anew: signatures and keys, quarantines and malware, and every file on the disk. With --offline nothing is fetched for it.',
    ],
    arguments: [INSTALLED_PLUGINS],
    options: [],
    examples: [
      { line: 'sheaf verify', does: 'names every installed file that was changed' },
      { line: 'sheaf verify --offline', does: 'checks with what is on this machine' },
    ],
  },
  {
    name: 'audit',
    aliases: [],
    group: 'use',
    summary: 'List what is known against the locked plugins: advisories, withdrawn versions, revoked keys',
    description: [
      'Reads sheaf.lock and what sheaf sync has put on this machine, asks no network, and says how old that is. Ends with 9 when there is a finding.',
      'A finding that was looked at is set aside in sheaf.toml, with a reason and an end: [[audit.ignore]] with id, reason, until, and plugin where it counts for one only.',
    ],
    arguments: [],
    options: [
      {
        name: 'lock',
        value: { name: 'FILE', kind: 'file' },
        summary: 'Another lock file than sheaf.lock of the project',
      },
    ],
    examples: [
      { line: 'sheaf audit', does: 'says what is wrong with the locked plugins, and what to do' },
      { line: 'sheaf audit --lock ../other/sheaf.lock', does: 'looks at another lock file' },
      { line: 'sheaf audit --json', does: 'prints the findings for a program' },
    ],
  },
  {
    name: 'log',
    aliases: [],
    group: 'use',
    summary: 'Show what was installed, updated and removed on this machine',
    description: ['The newest come first, of all projects of this user.'],
    arguments: [],
    options: [
      { name: 'limit', value: { name: 'N', kind: 'count' }, summary: 'How many changes: 20 when absent' },
    ],
    examples: [
      { line: 'sheaf log', does: 'lists the last 20 changes' },
      { line: 'sheaf log --limit 1000 --json', does: 'prints many of them for a program' },
    ],
  },
  {
    name: 'why',
    aliases: [],
    group: 'use',
    summary: 'Show why a plugin is installed',
    description: [
      'Each line is a chain from sheaf.toml to the plugin, one for everything that needs it directly.',
    ],
    arguments: [{ name: 'NAME', kind: 'installed', required: true, summary: 'An installed plugin' }],
    options: [],
    examples: [{ line: 'sheaf why users', does: 'shows which plugins need users, and who needs those' }],
  },
  {
    name: 'run',
    aliases: [],
    group: 'use',
    summary: 'Run a command of an installed plugin',
    description: [
      'The plugin runs in a sandbox, as in the application that it is made for, but gets no capability: those are the application’s to give. One that cannot do without is refused.',
      'What the command answers is printed as JSON. The status is 11 when the plugin fails.',
    ],
    arguments: [
      { name: 'NAME', kind: 'installed', required: true, summary: 'An installed plugin' },
      { name: 'COMMAND', kind: 'text', required: true, summary: 'One of its commands' },
      { name: 'JSON', kind: 'text', required: false, summary: 'Its input; - reads it from standard input' },
    ],
    options: [PROFILE],
    examples: [
      {
        line: `sheaf run graph-query degree '{"node":"web","graph":{"edges":[{"from":"web","to":"api"}]}}'`,
        does: 'counts the edges of a node',
      },
      { line: 'sheaf run graph-query degree - --profile < graph.json', does: 'says what that cost, too' },
    ],
  },
  {
    name: 'exec',
    aliases: [],
    group: 'use',
    summary: 'Execute a file with the installed plugin for its language',
    description: [
      'JavaScript needs no plugin: every host has an interpreter for it, in a sandbox like all others. The value of the last expression is printed as JSON.',
    ],
    arguments: [{ name: 'FILE', kind: 'file', required: true, summary: 'The code; - reads standard input' }],
    options: [
      {
        name: 'language',
        value: { name: 'LANG', kind: 'text' },
        required: true,
        summary: 'The language of the code',
      },
      PROFILE,
    ],
    examples: [
      { line: 'sheaf exec --language expression prices.expr', does: 'evaluates an expression' },
      { line: 'sheaf exec --language javascript - < sum.js', does: 'runs a script without any plugin' },
    ],
  },
  {
    name: 'pin',
    aliases: [],
    group: 'use',
    summary: 'Hold plugins at the versions that are installed',
    description: ['Their ranges in sheaf.toml become the installed versions, so that no update moves them.'],
    arguments: [
      { name: 'NAME', kind: 'installed', required: true, repeat: true, summary: 'Plugins to hold' },
    ],
    options: [],
    examples: [{ line: 'sheaf pin graph-lens', does: 'keeps graph-lens where it is' }],
    dryRun: true,
  },
  {
    name: 'unpin',
    aliases: [],
    group: 'use',
    summary: 'Let pinned plugins move again',
    description: [
      'A single version in sheaf.toml becomes the range of what is compatible: 1.2.0 becomes ^1.2.0.',
    ],
    arguments: [
      { name: 'NAME', kind: 'installed', required: true, repeat: true, summary: 'Plugins to let go' },
    ],
    options: [],
    examples: [{ line: 'sheaf unpin graph-lens', does: 'lets updates move graph-lens' }],
    dryRun: true,
  },
];
