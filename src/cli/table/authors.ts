import type { CommandSpec } from '../command-spec.ts';

/** Commands for people who make and sign plugins. */
export const AUTHOR_COMMANDS: readonly CommandSpec[] = [
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
