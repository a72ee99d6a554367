import type { Submission } from '../formats/submissions-file.ts';
import { compareVersions } from '../version.ts';
import type { Change, ChangedPlugin } from './change.ts';

/** What a change says of the release in it, as far as review needs it (core/reviewing/risk.ts). */
export type SubmittedSummary = Pick<
  Submission,
  'owner' | 'plugin' | 'version' | 'category' | 'tier' | 'capabilities' | 'before'
>;

/**
 * The release that a change submits; undefined when it adds none that can be read. What was before is told by the
 * registry, never by the change.
 */
export function submissionOf({ plugins }: Pick<Change, 'plugins'>): SubmittedSummary | undefined {
  const plugin = plugins.find(({ releases }) => releases.length > 0);
  const release = plugin?.releases.at(-1);
  const owner = plugin?.after?.owner ?? plugin?.before?.owner;
  if (plugin === undefined || release === undefined || owner === undefined) return undefined;
  const { version, security } = release.manifest;
  const before = newestOf(plugin);
  return {
    owner,
    plugin: plugin.name,
    version,
    category: plugin.category,
    tier: security.tier,
    capabilities: security.capabilities.map(({ id }) => id),
    ...(before === undefined ? {} : { before }),
  };
}

function newestOf({ before, published }: ChangedPlugin): Submission['before'] {
  const newest = [...published.values()].toSorted((a, b) => compareVersions(a.version, b.version)).at(-1);
  if (newest === undefined || before === undefined) return undefined;
  return {
    version: newest.version,
    owner: before.owner,
    tier: newest.security.tier,
    capabilities: newest.security.capabilities.map(({ id }) => id),
  };
}
