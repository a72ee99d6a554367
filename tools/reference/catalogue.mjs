/** Id of the reference registry; the demonstration keys count in no other. */
export const REGISTRY = 'sheaf-example-plugins';

/** Where the artifacts would be published (a name reserved by RFC 2606); clients here fetch from a mirror. */
export const ARTIFACT_HOST = 'https://artifacts.example.org/';

/** When the root expires: far away, because nobody renews an example. */
export const ROOT_EXPIRES = '2036-11-20T00:00:00Z';

export const MAINTAINERS = ['alice', 'bob', 'carol'];
/** How many maintainers must sign together, and the two who do here. */
export const THRESHOLD = 2;
export const SIGNING_MAINTAINERS = ['alice', 'bob'];
/** The key that signs checkpoints. */
export const CI = 'ci';

export const OWNERS = [
  { name: 'contributor', displayName: 'Contributor' },
  { name: 'graph-guild', displayName: 'Graph Guild', url: 'https://git.example.org/graph-guild' },
  { name: 'lens-lab', displayName: 'Lens Lab', url: 'https://git.example.org/lens-lab' },
];

/**
 * What the folders below `examples/plugins` do not say: who owns a plugin, how it is packed (an `archive` with a
 * module, a bare `wasm` file, an archive of a `script`, or a `platforms` archive for each), and when each release was
 * merged.
 */
export const PLUGINS = [
  {
    name: 'graph-query',
    owner: 'graph-guild',
    packed: 'archive',
    revision: 2,
    releases: {
      '1.0.0': '2026-01-12T09:00:00Z',
      '1.1.0': '2026-03-02T14:30:00Z',
      '1.1.1': '2026-04-20T08:15:00Z',
      '2.0.0': '2026-07-06T11:45:00Z',
    },
    yanked: { '1.1.0': 'path never comes back from a cycle (PLUG-2026-0001); use 1.1.1' },
  },
  {
    name: 'advanced-query-engine',
    owner: 'contributor',
    packed: 'archive',
    releases: {
      '1.1.0': '2026-02-09T10:00:00Z',
      '1.2.0': '2026-05-11T16:20:00Z',
      '2.0.0': '2026-07-20T09:10:00Z',
    },
  },
  {
    name: 'context-pack',
    owner: 'lens-lab',
    packed: 'archive',
    releases: {
      '1.0.0': '2026-03-16T13:00:00Z',
      '1.1.0': '2026-05-25T12:00:00Z',
      '1.2.0': '2026-06-22T15:40:00Z',
    },
  },
  {
    name: 'mermaid-diagram',
    owner: 'lens-lab',
    packed: 'archive',
    releases: { '1.0.0': '2026-02-23T08:00:00Z', '1.1.0': '2026-06-08T10:30:00Z' },
  },
  {
    name: 'dot-diagram',
    owner: 'lens-lab',
    packed: 'archive',
    revision: 2,
    releases: { '1.0.0': '2026-01-19T09:30:00Z' },
    deprecated: 'use mermaid-diagram, which needs no program to draw it',
  },
  {
    name: 'dependency-matrix',
    owner: 'graph-guild',
    packed: 'archive',
    releases: { '1.0.0': '2026-08-03T14:00:00Z' },
  },
  {
    name: 'svg-treemap',
    owner: 'lens-lab',
    packed: 'wasm',
    releases: { '1.0.0': '2026-04-27T11:00:00Z' },
  },
  {
    name: 'ci-annotations',
    owner: 'contributor',
    packed: 'platforms',
    releases: { '1.0.0': '2026-03-30T07:45:00Z', '1.1.0': '2026-08-17T09:00:00Z' },
    grant: {
      tier: 'native',
      date: '2026-09-01T12:00:00Z',
      reason: 'Reads findings on standard input and writes text; opens no file and no connection.',
    },
  },
  {
    name: 'webhook-payload',
    owner: 'contributor',
    packed: 'archive',
    releases: { '1.0.0': '2026-05-04T10:10:00Z' },
  },
  {
    name: 'csv-tools',
    owner: 'lens-lab',
    packed: 'wasm',
    releases: { '1.0.0': '2026-04-06T12:30:00Z', '1.1.0': '2026-07-13T13:15:00Z' },
  },
  {
    name: 'expression-executor',
    owner: 'graph-guild',
    packed: 'archive',
    releases: {
      '0.9.0': '2026-02-02T15:00:00Z',
      '1.0.0': '2026-05-18T09:50:00Z',
      '1.1.0': '2026-08-31T10:00:00Z',
    },
    deprecatedVersions: { '0.9.0': 'superseded by 1.0.0' },
  },
  {
    name: 'graph-engine',
    owner: 'graph-guild',
    packed: 'archive',
    releases: { '1.0.0': '2026-09-14T09:00:00Z' },
  },
  {
    name: 'focus-context',
    owner: 'lens-lab',
    packed: 'archive',
    releases: { '1.0.0': '2026-09-21T13:20:00Z' },
  },
  {
    name: 'mermaid-svg',
    owner: 'lens-lab',
    packed: 'script',
    releases: { '1.0.0': '2026-10-05T08:30:00Z' },
  },
  {
    name: 'rust-executor',
    owner: 'contributor',
    packed: 'script',
    releases: { '1.0.0': '2026-10-12T10:00:00Z' },
    grant: {
      tier: 'native',
      date: '2026-10-26T12:00:00Z',
      reason: 'Starts rustc and what it compiled, in its work directory only; opens no connection.',
    },
  },
];

/** Platforms of plugins that are packed for each. */
export const NATIVE_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'];

export const REVIEWS = [
  {
    plugin: 'graph-query',
    version: '2.0.0',
    reviewer: 'dana',
    date: '2026-07-14T18:00:00Z',
    rating: 5,
    verdict: 'approve',
    thoroughness: 'high',
    text: 'Read the source. path is a breadth-first search that remembers where it has been, as 1.1.0 did not.',
  },
];
