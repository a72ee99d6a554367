import { TEMPLATE_NAMES } from '../../core/authoring/template-names.ts';
import { PLATFORMS } from '../../core/platform.ts';
import type { ArgumentSpec, CommandSpec } from '../command-spec.ts';
import { AS_CI_OPTIONS } from './as-ci-options.ts';
import { CLAMAV_OPTIONS } from './clamav-options.ts';
import { FINDING_OPTIONS } from './finding-options.ts';

const PLUGIN_FOLDER: ArgumentSpec = {
  name: 'DIR',
  kind: 'directory',
  required: false,
  summary: 'Folder of the plugin; . when absent',
};

/** Commands for people who make and sign plugins. */
export const AUTHOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'create',
    aliases: [],
    group: 'authors',
    summary: 'Make the folder of a new plugin',
    description: [
      'A manifest, one source file, its guest SDK, a test, a benchmark, README, licence and a release workflow; the sample command fits the category. Nothing is overwritten.',
    ],
    arguments: [{ name: 'NAME', kind: 'text', required: true, summary: 'Name of the plugin' }],
    options: [
      {
        name: 'template',
        short: 't',
        value: { name: 'TEMPLATE', kind: 'text', choices: TEMPLATE_NAMES },
        summary: `What it is written in: ${TEMPLATE_NAMES.join(', ')}; assemblyscript when absent`,
      },
      {
        name: 'category',
        value: { name: 'CATEGORY', kind: 'category' },
        summary: 'Category of the plugin; query-extensions when absent',
      },
      {
        name: 'dir',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'Folder to make; the name of the plugin when absent',
      },
      {
        name: 'author',
        value: { name: 'NAME', kind: 'text' },
        summary: 'Who writes it; the name of this user when absent',
      },
      {
        name: 'repository',
        value: { name: 'URL', kind: 'text' },
        summary: 'HTTPS address of the repository of the plugin',
      },
    ],
    examples: [
      { line: 'sheaf create graph-lens', does: 'makes a plugin in AssemblyScript' },
      {
        line: 'sheaf create graph-lens --template rust --category visualizers',
        does: 'makes one in Rust that draws',
      },
    ],
    dryRun: true,
  },
  {
    name: 'build',
    aliases: [],
    group: 'authors',
    summary: 'Build a plugin and compare it with its manifest',
    description: [
      'The source has the name of the plugin: .ts is AssemblyScript, .c and .rs are compiled to wasm, .js and .mjs are taken as they are. [build] in the manifest names another command.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [],
    examples: [{ line: 'sheaf build', does: 'prints size, digest, commands and capabilities' }],
  },
  {
    name: 'test',
    aliases: [],
    group: 'authors',
    summary: 'Test a built plugin in the sandbox that its users have',
    description: [
      'Runs the cases of tests/*.json, {command, input, host, expect | error}, then what every plugin has to stand: garbage, refused capabilities, its end in the middle of a call, its memory. Exit status 11 when one fails.',
      '--engines runs its cases in other hosts, too: for each engine of the manifest, one that has the lowest version of the range, and one that has the highest that the range names.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [{ name: 'engines', summary: 'Also try the ends of the engine ranges in the manifest' }],
    examples: [
      { line: 'sheaf test', does: 'runs all cases and the conformance tests' },
      { line: 'sheaf test --engines', does: 'runs the cases in the oldest and the newest host, too' },
    ],
  },
  {
    name: 'bench',
    aliases: [],
    group: 'authors',
    summary: 'Measure a built plugin, alone or against the version before',
    description: [
      'Times are taken inside the plugin. Alone they are compared with max_query_time_us; with --against the two versions are measured in turns, and only a slowdown of surely more than 5 % and 5 µs counts that two of three sessions in fresh processes show. Exit status 11 then.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [
      {
        name: 'against',
        value: { name: 'FILE|DIR', kind: 'file' },
        summary: 'Artifact or folder of the version before',
      },
    ],
    examples: [
      { line: 'sheaf bench', does: 'compares with the budget of the manifest' },
      { line: 'sheaf bench --against graph-lens-1.0.0.wasm', does: 'compares with an earlier release' },
    ],
  },
  {
    name: 'scan',
    aliases: [],
    group: 'authors',
    summary: 'Look for what is dangerous or hidden in a plugin, and give it a score',
    description: [
      'The score is 100 less 20 for each rule of high, 8 of medium and 3 of low weight that finds something. A critical finding refuses the plugin whatever its score: exit status 9. Nothing is run.',
    ],
    arguments: [
      { ...PLUGIN_FOLDER, name: 'DIR|FILE', kind: 'file', summary: 'Folder or artifact; . when absent' },
    ],
    options: [
      {
        name: 'advisories',
        value: { name: 'DIR', kind: 'directory' },
        summary:
          "Compare [dependencies] with the advisories in this folder: a registry's security/advisories, or files in the OSV format",
      },
      {
        name: 'platform',
        value: { name: 'PLATFORM', kind: 'text', choices: PLATFORMS },
        summary: 'Platform that the artifact is for: native programs are compared with it',
      },
      {
        name: 'sha256',
        value: { name: 'DIGEST', kind: 'digest' },
        summary: 'Digest that the release states of the artifact',
      },
      ...CLAMAV_OPTIONS,
      ...FINDING_OPTIONS,
    ],
    examples: [
      { line: 'sheaf scan', does: 'lists each finding with its points and what to do' },
      { line: 'sheaf scan dist/graph-lens-1.2.0.tgz --clamav', does: 'scans what users would unpack' },
    ],
  },
  {
    name: 'check',
    aliases: [],
    group: 'authors',
    summary: 'Check that a plugin is ready to be published',
    description: [
      'Everything that is wrong is listed at once. Exit status 1 when something is an error; the files that the options name are written all the same.',
      'With --as-ci it judges what somebody proposes to a registry: the difference between two commits, by the policies, names and keys of the first. Both are read from Git, neither is checked out, and nothing in them is executed. docs/validation.md lists the rules.',
    ],
    arguments: [
      {
        ...PLUGIN_FOLDER,
        summary: 'Folder of the plugin, or with --as-ci the registry repository; . when absent',
      },
    ],
    options: [...AS_CI_OPTIONS, ...FINDING_OPTIONS],
    examples: [
      { line: 'sheaf check', does: 'reads manifest, files, module and tests' },
      { line: 'sheaf check --sarif check.sarif', does: 'also writes what is wrong for other programs' },
      {
        line: 'sheaf check . --as-ci --base origin/main --head HEAD',
        does: 'says of a branch of a registry what its CI will say',
      },
    ],
  },
  {
    name: 'pack',
    aliases: [],
    group: 'authors',
    summary: 'Pack a built plugin into the artifact of a release',
    description: [
      'The same files give the same bytes on every machine. Prints the [[artifact]] table of the release; with --release-url and --registry it writes the whole release manifest, VERSION.toml, ready to be signed.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [
      {
        name: 'out',
        short: 'o',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'Where the artifact is written; dist in the folder when absent',
      },
      {
        name: 'platform',
        value: { name: 'PLATFORM', kind: 'text', choices: PLATFORMS },
        summary: 'Platform that the artifact is for; any when absent',
      },
      {
        name: 'release-url',
        value: { name: 'URL', kind: 'url' },
        summary: 'Address below which the artifact will be published',
      },
      {
        name: 'registry',
        value: { name: 'ID', kind: 'text' },
        summary: 'Id of the registry that the release is for',
      },
      {
        name: 'allow-dirty',
        summary:
          'Go on with files that are not committed, without saying from which commit the release comes',
      },
    ],
    examples: [
      { line: 'sheaf pack', does: 'writes dist/NAME-VERSION.wasm, or .tar.gz' },
      {
        line: 'sheaf pack --registry example-plugins --release-url https://git.example.org/me/graph-lens/releases/v1.0.0',
        does: 'writes the release manifest, too',
      },
    ],
    dryRun: true,
  },
  {
    name: 'dev',
    aliases: [],
    group: 'authors',
    summary: "Build a plugin and install it into a host's project, unverified",
    description: [
      'The same as sheaf build and sheaf install ./DIR --allow-local. With --watch it does so again whenever a file changes, until Ctrl-C; a plugin that does not build leaves the one before in place.',
    ],
    arguments: [PLUGIN_FOLDER],
    options: [
      { name: 'watch', summary: 'Do it again whenever a file changes' },
      { name: 'accept-capabilities', summary: 'Agree to every capability that the manifest asks for' },
    ],
    examples: [{ line: 'sheaf dev --project ../app', does: 'gives the application in ../app the plugin' }],
    dryRun: true,
  },
  {
    name: 'key create',
    aliases: [],
    group: 'authors',
    summary: 'Create an ed25519 SSH key pair',
    description: [
      'Writes FILE and FILE.pub with ssh-keygen and never overwrites either. With --passphrase, ssh-keygen asks for one; a passphrase is never given on a command line.',
    ],
    arguments: [
      {
        name: 'FILE',
        kind: 'file',
        required: true,
        summary: 'Where the private key goes; FILE.pub is the public one',
      },
    ],
    options: [
      {
        name: 'comment',
        short: 'C',
        value: { name: 'TEXT', kind: 'text' },
        summary: 'Comment of the key; the name of FILE when absent',
      },
      { name: 'passphrase', summary: 'Let ssh-keygen ask for a passphrase and encrypt the key' },
    ],
    examples: [
      { line: 'sheaf key create ~/.ssh/plugins', does: 'creates ~/.ssh/plugins and ~/.ssh/plugins.pub' },
    ],
  },
  {
    name: 'sign',
    aliases: [],
    group: 'authors',
    summary: 'Sign files with an SSH key',
    description: [
      'Writes FILE.sig beside each file, or FILE.PRINCIPAL.sig beside a signers file, in the format of ssh-keygen -Y sign. A signature by another key is never overwritten.',
      'KEY may be a plain private key, an encrypted or hardware-backed one, or the public half of a key that an SSH agent holds; the last three sign through ssh-keygen.',
    ],
    arguments: [{ name: 'FILE', kind: 'file', required: true, repeat: true, summary: 'Files to sign' }],
    options: [
      {
        name: 'key',
        short: 'k',
        value: { name: 'KEY', kind: 'file' },
        required: true,
        summary: 'The SSH key to sign with',
      },
      {
        name: 'namespace',
        short: 'n',
        value: { name: 'NAMESPACE', kind: 'namespace' },
        summary: 'What the signature is for; release@sheaf, and for signers files their own, when absent',
      },
      {
        name: 'as',
        value: { name: 'PRINCIPAL', kind: 'principal' },
        summary: 'Name under which a signers file lists the key; looked up in the file when absent',
      },
    ],
    examples: [
      { line: 'sheaf sign 1.2.0.toml --key ~/.ssh/id_ed25519', does: 'writes 1.2.0.toml.sig' },
      {
        line: 'sheaf sign registry/trust/root/1.signers --key alice --as alice',
        does: 'writes 1.signers.alice.sig in the namespace root@sheaf',
      },
    ],
  },
  {
    name: 'signature verify',
    aliases: [],
    group: 'authors',
    summary: 'Check a signature as ssh-keygen -Y verify does',
    description: [
      'Reads the signed bytes from standard input. Exit status and output are those of ssh-keygen -Y verify: 0 and a line starting with Good, or 255 and "Could not verify signature."; 1 when an option is missing.',
      'It is stricter than ssh-keygen: ed25519 keys only, no wildcards in the signers file. What it accepts, ssh-keygen accepts.',
    ],
    arguments: [],
    options: [
      {
        name: 'signers',
        short: 'f',
        value: { name: 'SIGNERS', kind: 'file' },
        required: true,
        summary: 'File of allowed signers',
      },
      {
        name: 'identity',
        short: 'I',
        value: { name: 'IDENTITY', kind: 'principal' },
        required: true,
        summary: 'Principal who should have signed',
      },
      {
        name: 'namespace',
        short: 'n',
        value: { name: 'NAMESPACE', kind: 'namespace' },
        required: true,
        summary: 'What the signature should be for',
      },
      {
        name: 'signature',
        short: 's',
        value: { name: 'SIG', kind: 'file' },
        required: true,
        summary: 'The signature',
      },
      {
        name: 'revoked',
        short: 'r',
        value: { name: 'REVOKED', kind: 'file' },
        summary: 'List of revoked public keys',
      },
    ],
    examples: [
      {
        line: 'sheaf signature verify -f 1.signers -I contributor -n release@sheaf -s 1.2.0.toml.sig < 1.2.0.toml',
        does: 'checks who signed a release',
      },
    ],
    usageStatus: 1,
  },
];
