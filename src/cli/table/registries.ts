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
    name: 'mirror',
    aliases: [],
    group: 'registries',
    summary: 'Copy a registry and its artifacts into a directory',
    description: [
      'The directory is a registry source: clients add it by its path, or by the address of any web server that serves it. Run the command again, for example every hour, to bring it up to date; what is there is not fetched again.',
      'The registry must be one of yours, or be named by --root. An artifact that cannot be had is listed, and the exit status is 7 then.',
    ],
    arguments: [
      { name: 'URL', kind: 'url', required: true, summary: 'The published index: HTTPS, Git or a directory' },
      { name: 'DIR', kind: 'directory', required: true, summary: 'The mirror; made when absent' },
    ],
    options: [
      {
        name: 'lock',
        value: { name: 'FILE', kind: 'file' },
        repeat: true,
        summary: 'Only the artifacts that this sheaf.lock needs; all when absent',
      },
      {
        name: 'root',
        value: { name: 'sha256:HEX', kind: 'digest' },
        summary: 'Digest of a root file of the registry, from a source you trust',
      },
    ],
    examples: [
      {
        line: 'sheaf mirror https://plugins.example.org/ /srv/mirror',
        does: 'copies everything, or what is new',
      },
      {
        line: 'sheaf mirror https://plugins.example.org/ /srv/mirror --lock app/sheaf.lock',
        does: 'copies the index, and the artifacts of one project',
      },
    ],
    dryRun: true,
  },
  {
    name: 'mirror serve',
    aliases: [],
    group: 'registries',
    summary: 'Serve a mirror over HTTP, with a JSON API',
    description: [
      'Only this machine can reach it unless --host says otherwise. It serves HTTP; put a web server before it that speaks HTTPS to serve others.',
    ],
    arguments: [{ name: 'DIR', kind: 'directory', required: true, summary: 'What sheaf mirror wrote' }],
    options: [
      { name: 'port', value: { name: 'N', kind: 'count' }, summary: 'Port; 8080 when absent' },
      {
        name: 'host',
        value: { name: 'ADDRESS', kind: 'text' },
        summary: 'Address to listen on; 127.0.0.1 when absent',
      },
    ],
    examples: [{ line: 'sheaf mirror serve /srv/mirror --port 8080', does: 'serves it until Ctrl-C' }],
  },
  {
    name: 'registry init',
    aliases: [],
    group: 'registries',
    summary: 'Make the repository of a new registry',
    description: [
      'Creates what is missing and never changes a file that is there. With --root-key and --ci-key it also writes the first trust root, unsigned, and prints the commands that sign it; with --keys it makes the keys itself, and signs.',
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
      {
        name: 'keys',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'Make the keys DIR/maintainer and DIR/ci instead, and sign the root with the first',
      },
      {
        name: 'remote',
        value: { name: 'GIT_URL', kind: 'url' },
        summary: 'Commit it and push it to the branch main of this empty repository; needs --keys',
      },
    ],
    examples: [
      { line: 'sheaf registry init my-plugins', does: 'makes the repository and says how to make the keys' },
      {
        line: 'sheaf registry init my-plugins --keys keys --remote https://git.example.org/acme/plugins.git',
        does: 'makes keys, signs the root, and pushes all of it: the registry can be used',
      },
      {
        line: 'sheaf registry init my-plugins --root-key alice.pub --root-key bob.pub --threshold 2 --ci-key ci.pub',
        does: 'writes the trust root of two maintainers, too',
      },
      {
        line: 'sheaf registry init my-plugins --ci github',
        does: 'adds workflows that review, merge and publish, and says what to set on GitHub',
      },
    ],
  },
  {
    name: 'registry trust show',
    aliases: [],
    group: 'registries',
    summary: 'Show the trust root of a registry, and who still has to sign the next one',
    arguments: [
      {
        name: 'DIR|ALIAS',
        kind: 'registry',
        required: false,
        summary: 'Checkout of a registry, or the alias of one in use; the current directory when absent',
      },
    ],
    options: [],
    examples: [
      { line: 'sheaf registry trust show .', does: 'tells where the ceremony of the next root stands' },
      { line: 'sheaf registry trust show acme', does: 'shows the root that this machine trusts' },
    ],
  },
  {
    name: 'registry trust rotate',
    aliases: [],
    group: 'registries',
    summary: 'Write the next trust root of a registry, for a pull request',
    description: [
      'The file is unsigned; the threshold of the root before signs it, and again its own, with the commands that are printed. Until then the index goes by the root before.',
    ],
    arguments: [],
    options: [
      {
        name: 'add-maintainer',
        value: { name: 'NAME=PUB', kind: 'text' },
        repeat: true,
        summary: 'Maintainer who comes in, with their public key',
      },
      {
        name: 'drop',
        value: { name: 'NAME', kind: 'principal' },
        repeat: true,
        summary: 'Key that goes, by its name in the root before',
      },
      {
        name: 'threshold',
        value: { name: 'N', kind: 'count' },
        summary: 'Maintainers who must sign together; as before when absent',
      },
      {
        name: 'ci-key',
        value: { name: 'PUB', kind: 'file' },
        summary: 'Public key that signs checkpoints from now on',
      },
      {
        name: 'new-epoch',
        summary: 'Begin a new series of checkpoints, after the theft of the key that signs them',
      },
      {
        name: 'expires',
        value: { name: 'DURATION', kind: 'duration' },
        summary: 'Life of the root; 365d when absent',
      },
      {
        name: 'registry',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'Checkout of the registry repository; the current directory when absent',
      },
    ],
    examples: [
      { line: 'sheaf registry trust rotate', does: 'renews the root for another year' },
      {
        line: 'sheaf registry trust rotate --ci-key new-ci.pub --new-epoch',
        does: 'leaves a stolen checkpoint key behind',
      },
    ],
    dryRun: true,
  },
];
