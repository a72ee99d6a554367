import type { CommandSpec, OptionSpec } from '../command-spec.ts';

const AGAIN =
  'Everything is released under the owner "imported", signed with KEY. Releases that are there stay as they are, so the import can be repeated; what cannot be carried over is listed.';
const TIER =
  'The plugins are native programs: maintainers of the registry grant that tier by signing the events that the import writes.';

const OUT: OptionSpec = {
  name: 'out',
  short: 'o',
  value: { name: 'REGISTRY', kind: 'directory' },
  required: true,
  summary: 'Work tree of the registry repository; made when there is none',
};
const KEY: OptionSpec = {
  name: 'key',
  short: 'k',
  value: { name: 'KEY', kind: 'file' },
  required: true,
  summary: 'Private key that signs for the owner "imported"',
};
const ID: OptionSpec = {
  name: 'id',
  value: { name: 'ID', kind: 'text' },
  summary: 'Id of a registry that is made; the name of the directory when absent',
};

function category(name: string): OptionSpec {
  return {
    name: 'category',
    value: { name: 'CATEGORY', kind: 'text' },
    summary: `Category of new plugins; ${name} when absent`,
  };
}

function artifacts(required: boolean): readonly OptionSpec[] {
  return [
    {
      name: 'artifacts',
      value: { name: 'DIR', kind: 'directory' },
      required,
      summary: 'Where packed archives go, by digest',
    },
    {
      name: 'artifacts-url',
      value: { name: 'URL', kind: 'url' },
      required,
      summary: 'Under which URL that directory will be served',
    },
  ];
}

/** Commands that bring the plugins of other ecosystems into a registry. */
export const IMPORT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'import krew',
    aliases: [],
    group: 'operators',
    summary: "Convert krew's list of kubectl plugins into releases of a registry",
    description: [AGAIN, TIER],
    arguments: [
      {
        name: 'PATH',
        kind: 'directory',
        required: true,
        summary: 'A checkout of krew-index, its folder plugins, or a .tar.gz of it',
      },
    ],
    options: [OUT, KEY, ID, category('kubectl-plugins')],
    examples: [
      {
        line: 'sheaf import krew krew-index --out kubectl-registry --key importer',
        does: 'makes a registry of all plugins of krew, or adds what is new',
      },
      {
        line: 'sheaf import krew krew-index.tar.gz --out . --key importer --dry-run',
        does: 'shows what would be lost',
      },
    ],
    dryRun: true,
  },
  {
    name: 'import obsidian',
    aliases: [],
    group: 'operators',
    summary: "Convert Obsidian's list of community plugins into releases of a registry",
    description: [
      AGAIN,
      'The list has no digests, and a release is up to three files: the newest release of each plugin is fetched and packed into an archive in DIR, which you serve. With --dry-run it is fetched too, and nothing is written.',
      TIER,
    ],
    arguments: [
      {
        name: 'PATH',
        kind: 'directory',
        required: true,
        summary: 'A checkout of obsidian-releases, or a .tar.gz of it',
      },
    ],
    options: [
      OUT,
      KEY,
      ...artifacts(true),
      {
        name: 'only',
        value: { name: 'ID', kind: 'text' },
        repeat: true,
        summary: 'Import this plugin of the list and no other',
      },
      {
        name: 'forge',
        value: { name: 'URL', kind: 'url' },
        summary: 'Where the repositories lie; https://github.com/ when absent',
      },
      ID,
      category('obsidian-plugins'),
    ],
    examples: [
      {
        line: 'sheaf import obsidian obsidian-releases --out notes-registry --key importer --artifacts files --artifacts-url https://files.example.org/',
        does: 'makes a registry of the newest release of every plugin, or adds what is new',
      },
      {
        line: 'sheaf import obsidian obsidian-releases --out . --key importer --artifacts files --artifacts-url https://files.example.org/ --only calendar --dry-run',
        does: 'shows what would be lost of one plugin',
      },
    ],
    dryRun: true,
  },
  {
    name: 'import forgeai',
    aliases: [],
    group: 'operators',
    summary: 'Convert plugins of ForgeAI into releases of a registry',
    description: [
      AGAIN,
      'A plugin whose plugin.yaml has a download_url and a file_hash stays where it is. Any other is packed, with all that lies beside its plugin.yaml, into an archive in DIR, which you serve; without DIR it is left out.',
      TIER,
    ],
    arguments: [
      {
        name: 'PATH',
        kind: 'directory',
        required: true,
        summary: 'A directory with a plugin.yaml somewhere below it for each plugin, or a .tar.gz of it',
      },
    ],
    options: [OUT, KEY, ...artifacts(false), ID, category('executors')],
    examples: [
      {
        line: 'sheaf import forgeai plugins --out registry --key importer',
        does: 'adds the plugins that say where they are to be had',
      },
      {
        line: 'sheaf import forgeai plugins --out registry --key importer --artifacts files --artifacts-url https://files.example.org/',
        does: 'packs the others',
      },
    ],
    dryRun: true,
  },
];
