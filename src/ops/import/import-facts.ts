import { sha256 } from '../../core/digest.ts';
import { valueOf } from '../../core/finding.ts';
import { type AuditFile, readAuditFile, writeAuditFile } from '../../core/formats/audit-file.ts';
import type { ConvertedRelease } from '../../core/import/conversion.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { Instant } from '../../core/instant.ts';
import type { Version } from '../../core/version.ts';
import type { ImportTarget, SourceWrite } from './import-target.ts';

/** What a list knows of a plugin that no person signs. */
export interface ListedFacts {
  /** When its newest release came out. */
  readonly published: Instant | undefined;
  /** Of all its releases together. */
  readonly downloads: number;
  /** Of each release. */
  readonly byVersion: ReadonlyMap<Version, number>;
}

/**
 * The facts about a release that an import brings in, and about earlier ones of the same plugin. An index adds up
 * the downloads of all releases; those that were never imported therefore count with the newest.
 *
 * @returns nothing for a list that does not say when the release came out, which facts cannot do without.
 */
export async function placeFacts(
  target: ImportTarget,
  release: ConvertedRelease,
  { published, downloads, byVersion }: ListedFacts,
  now: Instant,
): Promise<readonly SourceWrite[]> {
  const { name, version } = release.manifest;
  if (published === undefined || published === 0 || published > now) return [];
  const earlier = (target.inventory.plugins.get(name) ?? []).flatMap(({ file }) =>
    file.kind === 'release' && file.version !== version ? [file.version] : [],
  );
  const ofEarlier = earlier.map((other) => [other, byVersion.get(other) ?? 0] as const);
  const counted = ofEarlier.reduce((sum, [, count]) => sum + count, 0);
  const fresh: AuditFile = {
    registry: target.registry,
    plugin: name,
    version,
    manifest: sha256(release.bytes),
    published,
    compatibility: [],
    waivers: [],
  };
  const writes: SourceWrite[] = [];
  const record = async (of: Version, total: number, otherwise: AuditFile | undefined): Promise<void> => {
    const path = sourcePath({ kind: 'audit', plugin: name, version: of });
    const before = await target.tree.read(path);
    const facts = before === undefined ? otherwise : valueOf(readAuditFile(before, path));
    if (facts === undefined) return;
    const months = facts.downloads?.months ?? {};
    const bytes = writeAuditFile({ ...facts, downloads: { total, months } });
    if (before === undefined || Buffer.compare(before, bytes) !== 0)
      writes.push({ path, bytes, replace: true });
  };
  for (const [other, total] of ofEarlier) await record(other, total, undefined);
  await record(version, Math.max(0, downloads - counted), fresh);
  return writes;
}
