import type { CommandSpec, OptionSpec } from '../command-spec.ts';

const REGISTRY: OptionSpec = {
  name: 'registry',
  value: { name: 'DIR', kind: 'directory' },
  summary: 'Checkout of the registry repository; the current directory when absent',
};
const TIERS = ['native', 'core'] as const;

/** Commands about what people think of plugins: reviews, standing and collections. */
export const REVIEWING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'collection list',
    aliases: [],
    group: 'use',
    summary: 'List the collections of the configured registries, featured ones first',
    arguments: [],
    options: [],
    examples: [{ line: 'sheaf collection list', does: 'shows what curators recommend or certify' }],
  },
  {
    name: 'collection show',
    aliases: [],
    group: 'use',
    summary: 'Show the plugins of a collection',
    arguments: [{ name: 'ID', kind: 'text', required: true, summary: 'The collection' }],
    options: [],
    examples: [
      { line: 'sheaf collection show architecture-review', does: 'lists its plugins with their versions' },
    ],
  },
  {
    name: 'review',
    aliases: [],
    group: 'operators',
    summary: 'Write and sign a review of a release, for a pull request',
    description: [
      'Writes registry/reviews/…/VERSION.REVIEWER.toml and its signature. Nobody reviews what is their own. An earlier review of the same version is replaced, by the same key only; of several the newest counts.',
      'Statements of --attest are evidence for a promotion and count by who makes them: sheaf promote tells.',
    ],
    arguments: [{ name: 'NAME@VERSION', kind: 'text', required: true, summary: 'The release' }],
    options: [
      {
        name: 'rating',
        value: { name: 'N', kind: 'count', choices: ['1', '2', '3', '4', '5'] },
        required: true,
        summary: 'From 1 (bad) to 5 (excellent)',
      },
      {
        name: 'verdict',
        value: { name: 'VERDICT', kind: 'text', choices: ['approve', 'concerns', 'reject'] },
        required: true,
        summary: 'What should happen with the release',
      },
      {
        name: 'thoroughness',
        value: { name: 'LEVEL', kind: 'text', choices: ['low', 'medium', 'high'] },
        summary: 'How closely you looked; medium when absent',
      },
      { name: 'text', value: { name: 'TEXT', kind: 'text' }, summary: 'Your opinion in words' },
      {
        name: 'attest',
        value: {
          name: 'STATEMENT',
          kind: 'text',
          choices: [
            'security-audit',
            'performance-review',
            'endorsement',
            'strategic-importance',
            'host-agreement',
          ],
        },
        repeat: true,
        summary: 'What you state besides, as evidence for a promotion',
      },
      {
        name: 'key',
        short: 'k',
        value: { name: 'KEY', kind: 'file' },
        required: true,
        summary: 'The SSH key to sign with',
      },
      {
        name: 'as',
        value: { name: 'REVIEWER', kind: 'principal' },
        summary:
          'Your name as a reviewer; the one that registry/trust/reviewers.signers gives the key when absent',
      },
      REGISTRY,
    ],
    examples: [
      {
        line: 'sheaf review graph-lens@1.2.0 --rating 4 --verdict approve --thoroughness high --key dana',
        does: 'signs a review of exactly the manifest in the checkout',
      },
    ],
    dryRun: true,
  },
  {
    name: 'promote',
    aliases: [],
    group: 'operators',
    summary: 'Grant a plugin a tier, or change its standing otherwise, for a pull request',
    description: [
      'With --to it holds the plugin against every criterion of registry/policy/tiers.toml and shows the evidence. When all are met it writes one event and tells who has to sign it; called again, it tells who still has to. When they are not, nothing is written and the exit status is 9.',
      'Taking power away (--revoke, --quarantine) needs no signature and counts at once; giving it back (--release) does.',
    ],
    arguments: [
      {
        name: 'NAME[@VERSION]',
        kind: 'text',
        required: true,
        summary: 'The plugin; one version of it only, where one is named',
      },
    ],
    options: [
      {
        name: 'to',
        value: { name: 'TIER', kind: 'text', choices: TIERS },
        summary: 'Tier to grant',
      },
      {
        name: 'revoke',
        value: { name: 'TIER', kind: 'text', choices: TIERS },
        summary: 'Tier to take away, with those above it',
      },
      { name: 'quarantine', summary: 'Refuse it on every machine, also where it is locked' },
      { name: 'release', summary: 'Lift a quarantine, or what an advisory on malware brought about' },
      {
        name: 'advisory',
        value: { name: 'ID', kind: 'text' },
        summary: 'The advisory that --release is about; a quarantine when absent',
      },
      {
        name: 'reason',
        value: { name: 'TEXT', kind: 'text' },
        summary: 'Why, in one line; needed for everything but --to',
      },
      {
        name: 'date',
        value: { name: 'TIME', kind: 'text' },
        summary: 'Time of the event, such as 2026-11-20T09:30:00Z; now when absent',
      },
      {
        name: 'facts',
        value: { name: 'DIR', kind: 'directory' },
        summary: 'What workflows recorded: scans, measurements, downloads',
      },
      REGISTRY,
    ],
    examples: [
      {
        line: 'sheaf promote graph-lens --to native --facts facts --dry-run',
        does: 'shows which criteria are met, and by what',
      },
      {
        line: 'sheaf promote graph-lens@1.2.0 --quarantine --reason exfiltrates',
        does: 'stops one version on every machine',
      },
    ],
    dryRun: true,
  },
];
