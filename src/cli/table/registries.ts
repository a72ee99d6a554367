import type { CommandSpec } from '../command-spec.ts';

/** Commands about the registries that plugins come from. */
export const REGISTRY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'registry add',
    aliases: [],
    group: 'registries',
    summary: 'Trust a registry and use its plugins',
    description: [
      'Without --root the keys of the registry are shown and you are asked whether they are the right ones.',
    ],
    arguments: [
      { name: 'URL', kind: 'url', required: true, summary: 'Where the published index lies: HTTPS or Git' },
    ],
    options: [
      {
        name: 'alias',
        value: { name: 'NAME', kind: 'text' },
        summary: 'Short name on the command line; the id of the registry when absent',
      },
      {
        name: 'root',
        value: { name: 'sha256:HEX', kind: 'digest' },
        summary: 'Digest of a root file of the registry, from a source you trust',
      },
    ],
    examples: [
      {
        line: 'sheaf registry add https://plugins.example.org/ --alias acme',
        does: 'shows who signs the registry and asks',
      },
    ],
  },
  {
    name: 'registry list',
    aliases: ['registry ls'],
    group: 'registries',
    summary: 'List the registries in use',
    arguments: [],
    options: [],
    examples: [{ line: 'sheaf registry list', does: 'shows alias, address and checkpoint of each' }],
  },
  {
    name: 'registry remove',
    aliases: ['registry rm'],
    group: 'registries',
    summary: 'Stop using a registry',
    arguments: [{ name: 'ALIAS', kind: 'registry', required: true, summary: 'The registry to forget' }],
    options: [],
    examples: [
      { line: 'sheaf registry remove acme', does: 'forgets the registry and what was trusted in it' },
    ],
  },
  {
    name: 'sync',
    aliases: [],
    group: 'registries',
    summary: 'Fetch the newest state of the registries',
    arguments: [
      {
        name: 'ALIAS',
        kind: 'registry',
        required: false,
        repeat: true,
        summary: 'Registries to fetch; all when none is named',
      },
    ],
    options: [{ name: 'full', summary: 'Fetch the whole index, for work without a network' }],
    examples: [
      { line: 'sheaf sync', does: 'asks every registry for its newest checkpoint' },
      { line: 'sheaf sync acme --full', does: 'keeps all of one registry on this machine' },
    ],
  },
  {
    name: 'registry init',
    aliases: [],
    group: 'registries',
    summary: 'Make the repository of a new registry',
    description: [
      'Creates what is missing and never changes a file that is there. With --root-key and --ci-key it also writes the first trust root, unsigned, and prints the commands that sign it.',
    ],
    arguments: [
      { name: 'DIR', kind: 'directory', required: true, summary: 'The repository; created when absent' },
    ],
    options: [
      {
        name: 'id',
        value: { name: 'ID', kind: 'text' },
        summary: 'Name that is signed into everything; the name of DIR when absent',
      },
      {
        name: 'ci',
        value: { name: 'SYSTEM', kind: 'text', choices: ['github', 'gitlab', 'none'] },
        summary: 'Whose workflows to write; none when absent',
      },
      {
        name: 'root-key',
        value: { name: 'PUB', kind: 'file' },
        repeat: true,
        summary: 'Public key of a maintainer; the name of the file names the maintainer',
      },
      {
        name: 'threshold',
        value: { name: 'N', kind: 'count' },
        summary: 'Maintainers who must sign together; a majority when absent',
      },
      {
        name: 'ci-key',
        value: { name: 'PUB', kind: 'file' },
        summary: 'Public key that signs checkpoints, and nothing else',
      },
    ],
    examples: [
      { line: 'sheaf registry init my-plugins', does: 'makes the repository and says how to make the keys' },
      {
        line: 'sheaf registry init my-plugins --root-key alice.pub --root-key bob.pub --threshold 2 --ci-key ci.pub',
        does: 'writes the trust root of two maintainers, too',
      },
    ],
  },
];
