import type { CommandSpec, OptionSpec } from '../command-spec.ts';
import { PROPOSE_OPTIONS, SIGN_PROPOSED } from './publishing.ts';

const REGISTRY: OptionSpec = {
  name: 'registry',
  value: { name: 'DIR', kind: 'directory' },
  summary: 'Checkout of the registry repository; the current directory when absent',
};
const OWNER = { name: 'NAME', kind: 'text', required: true, summary: 'The owner' } as const;

function keys(name: string, summary: string, required = false): OptionSpec {
  return { name, value: { name: 'PUB[:LABEL]', kind: 'file' }, repeat: true, required, summary };
}

function account(forge: string): OptionSpec {
  return {
    name: `${forge.toLowerCase()}-id`,
    value: { name: 'N', kind: 'count' },
    summary: `Numeric id of their account on ${forge}; names of accounts get recycled`,
  };
}

const RELEASE_KEYS = keys('add-release', 'Public key that signs releases only, for a workflow');

/** Commands about owners: who may release plugins, and with which keys. */
export const OWNER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'owner add',
    aliases: [],
    group: 'authors',
    summary: 'Write the first key file of an owner, for a pull request',
    description: [
      'Writes 1.signers and owner.toml below registry/trust/owners and tells who has to sign what. Nothing that is there is ever overwritten.',
    ],
    arguments: [OWNER],
    options: [
      keys('key', 'Public key of the owner; the first one signs under the name of the owner', true),
      keys('release-key', 'Public key that signs releases only, for a workflow'),
      {
        name: 'threshold',
        value: { name: 'N', kind: 'count' },
        summary: 'How many keys must sign the next key file together; 1 when absent',
      },
      account('GitHub'),
      account('GitLab'),
      account('Gitea'),
      {
        name: 'repository',
        value: { name: 'PREFIX', kind: 'url' },
        repeat: true,
        summary: 'Where releases may lie: https://git.example.org/alice/',
      },
      {
        name: 'display-name',
        value: { name: 'TEXT', kind: 'text' },
        summary: 'The name as people write it',
      },
      REGISTRY,
      ...PROPOSE_OPTIONS,
      SIGN_PROPOSED,
    ],
    examples: [
      {
        line: 'sheaf owner add alice --key alice.pub --github-id 1234567 --repository https://git.example.org/alice/',
        does: 'writes the files of the owner alice and prints the command that signs them',
      },
    ],
    dryRun: true,
  },
  {
    name: 'owner show',
    aliases: [],
    group: 'authors',
    summary: 'Show the keys of an owner, and who still has to sign the next ones',
    arguments: [OWNER],
    options: [REGISTRY],
    examples: [{ line: 'sheaf owner show alice', does: 'tells where the rotation of her keys stands' }],
  },
  {
    name: 'owner rotate',
    aliases: [],
    group: 'authors',
    summary: 'Write the next key file of an owner, for a pull request',
    description: [
      'The file is unsigned; the threshold of the one before signs it with the command that is printed. Releases that a dropped key has signed stay good: to distrust them, revoke the key.',
    ],
    arguments: [OWNER],
    options: [
      keys('add', 'Public key that comes in'),
      RELEASE_KEYS,
      {
        name: 'drop',
        value: { name: 'PRINCIPAL', kind: 'principal' },
        repeat: true,
        summary: 'Key that goes, by its name in the file before',
      },
      {
        name: 'threshold',
        value: { name: 'N', kind: 'count' },
        summary: 'How many keys must sign the next key file together; as before when absent',
      },
      REGISTRY,
      ...PROPOSE_OPTIONS,
      SIGN_PROPOSED,
    ],
    examples: [
      {
        line: 'sheaf owner rotate alice --add laptop.pub:laptop --drop alice',
        does: 'replaces the key alice by one named alice-laptop',
      },
      {
        line: 'sheaf owner rotate alice --add-release ci.pub:ci --propose https://github.com/acme/plugins --sign ~/.ssh/plugins',
        does: 'lets a workflow sign releases: proposes it, signed, without a checkout',
      },
    ],
    dryRun: true,
  },
  {
    name: 'owner recover',
    aliases: [],
    group: 'authors',
    summary: 'Replace the lost keys of an owner, by the maintainers of the registry',
    description: [
      'The threshold of the root signs the file for recovery@sheaf. Every client waits 14 days from the day it first sees it, and then asks.',
    ],
    arguments: [OWNER],
    options: [
      keys('key', 'Public key of the owner from now on', true),
      {
        name: 'threshold',
        value: { name: 'N', kind: 'count' },
        summary: 'How many keys must sign the next key file together; 1 when absent',
      },
      REGISTRY,
      ...PROPOSE_OPTIONS,
      SIGN_PROPOSED,
    ],
    examples: [
      {
        line: 'sheaf owner recover alice --key new.pub:new',
        does: 'writes the key file with alice-new, for the maintainers to sign',
      },
    ],
    dryRun: true,
  },
  {
    name: 'owner transfer',
    aliases: [],
    group: 'authors',
    summary: 'Hand a plugin over to another owner, one step at a call',
    description: [
      'Writes the transfer, which both owners sign; tells whose signatures are missing; and then, with --key, writes the plugin.toml of the new owner. What the owner before has released stays good; their keys can release nothing more.',
    ],
    arguments: [{ name: 'PLUGIN', kind: 'text', required: true, summary: 'The plugin' }],
    options: [
      {
        name: 'to',
        value: { name: 'OWNER', kind: 'text' },
        required: true,
        summary: 'Owner of the same registry who takes it',
      },
      {
        name: 'key',
        short: 'k',
        value: { name: 'KEY', kind: 'file' },
        summary: 'Release key of the new owner, which signs plugin.toml at the end',
      },
      REGISTRY,
      ...PROPOSE_OPTIONS,
      SIGN_PROPOSED,
    ],
    examples: [
      {
        line: 'sheaf owner transfer graph-lens --to bob',
        does: 'writes the transfer, or tells who still has to sign it',
      },
      {
        line: 'sheaf owner transfer graph-lens --to bob --key bob',
        does: 'completes it, once both owners have signed',
      },
    ],
    dryRun: true,
  },
  {
    name: 'owner revoke',
    aliases: [],
    group: 'authors',
    summary: 'Distrust a key, from a checkpoint on or altogether',
    description: [
      'Adds it to registry/trust/revoked. A client that has seen it keeps to it for ever. Releases that were locked before the checkpoint of --from stay installable; without it, none does.',
    ],
    arguments: [
      {
        name: 'KEY',
        kind: 'file',
        required: true,
        summary: 'Public key file, or the fingerprint (SHA256:…) of a key that the registry lists',
      },
    ],
    options: [
      {
        name: 'from',
        value: { name: 'EPOCH-VERSION', kind: 'text' },
        summary: 'First checkpoint at which the key is distrusted',
      },
      {
        name: 'reason',
        value: { name: 'TEXT', kind: 'text' },
        summary: 'Why, for those whose installs are refused; at most 200 characters',
      },
      REGISTRY,
      ...PROPOSE_OPTIONS,
    ],
    examples: [
      {
        line: 'sheaf owner revoke alice.pub --from 1-42 --reason stolen',
        does: 'keeps what was locked before checkpoint 1-42 installable',
      },
    ],
    dryRun: true,
  },
];
