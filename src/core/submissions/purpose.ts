import type { SourceFile } from '../index/source-layout.ts';
import type { Change, ChangedFile } from './change.ts';

/**
 * What a change is for. Each purpose has a closed list of files that it may touch (rules/nothing-else.ts); what is
 * for none of them is for the maintainers of the registry.
 */
export type ChangePurpose =
  /** A release, with plugin.toml for a new plugin and all files of a new owner. */
  | 'release'
  /** The next plugin.toml of a plugin. */
  | 'plugin'
  /** A plugin goes to another owner. */
  | 'transfer'
  /** A new owner, or the next key file of one. */
  | 'owner'
  | 'review';

const PURPOSES: Partial<Readonly<Record<SourceFile['kind'], ChangePurpose>>> = {
  release: 'release',
  'release-signature': 'release',
  plugin: 'plugin',
  'plugin-signature': 'plugin',
  transfer: 'transfer',
  'transfer-signature': 'transfer',
  owner: 'owner',
  'owner-signers': 'owner',
  'owner-signature': 'owner',
  review: 'review',
  'review-signature': 'review',
};

/** A release may bring a plugin and an owner with it, and a transfer a plugin.toml: so these are asked for first. */
const ORDER: readonly ChangePurpose[] = ['release', 'transfer', 'plugin', 'owner', 'review'];

/** What a change is for; undefined when it touches nothing that people besides maintainers may touch. */
export function purposeOf({ files }: Pick<Change, 'files'>): ChangePurpose | undefined {
  const found = new Set(files.map(filePurpose));
  return ORDER.find((purpose) => found.has(purpose));
}

/** For what a file is changed; undefined for files of maintainers and for those that no registry has. */
export function filePurpose({ source }: Pick<ChangedFile, 'source'>): ChangePurpose | undefined {
  return source === undefined ? undefined : PURPOSES[source.kind];
}
