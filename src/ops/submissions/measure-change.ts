import { valueOf } from '../../core/finding.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import type { MeasuredRelease, MeasurementFile } from '../../core/formats/measurement-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import { matchPlatform } from '../../core/platform.ts';
import type { ProposedTrees } from '../../core/submission-ports.ts';
import type { AddedRelease } from '../../core/submissions/measured-releases.ts';
import { compareVersions, isPrerelease, type Version } from '../../core/version.ts';
import { readAddedReleases } from './added-releases.ts';
import { type MeasuringPorts, measureRelease } from './measure-release.ts';

/** What measuring a change needs. */
export interface MeasureChangePorts extends MeasuringPorts {
  readonly trees: ProposedTrees;
  /** Version of sheaf. */
  readonly version: Version;
}

/**
 * Measures every release that a change adds: its scan, its own tests and those that every plugin has to stand, its
 * times against its budgets and the newest release before it, the engines at both ends of what it supports, and
 * whether its source gives its bytes. Plugins run in the sandbox only, and what goes wrong with them is a result.
 *
 * @throws SheafError `SHEAF_PATH` when the base is no registry, `SHEAF_INVALID_FILE` for a manifest with faults.
 */
export async function measureChange(ports: MeasureChangePorts): Promise<MeasurementFile> {
  const { trees, version, platform, builder } = ports;
  const { registry, advisories, base, head, releases } = await readAddedReleases(trees);
  const measured: MeasuredRelease[] = [];
  for (const release of releases) {
    const before = await releaseBefore(ports, release);
    measured.push(await measureRelease(ports, release, { registry, advisories, before }));
  }
  const { level: isolation } = await builder.isolation();
  return {
    registry: registry.id,
    base,
    head,
    tools: { sheaf: version, platform, isolation },
    releases: measured,
  };
}

/** The newest published release that is lower and runs here; finished ones are not compared with drafts. */
async function releaseBefore(
  { trees, platform }: Pick<MeasureChangePorts, 'trees' | 'platform'>,
  { category, manifest, published }: AddedRelease,
): Promise<ReleaseManifest | undefined> {
  const lower = published
    .filter((version) => compareVersions(version, manifest.version) < 0)
    .filter((version) => isPrerelease(manifest.version) || !isPrerelease(version))
    .toSorted((a, b) => compareVersions(b, a));
  for (const version of lower) {
    const path = sourcePath({ kind: 'release', category, plugin: manifest.name, version });
    const bytes = await trees.base.read(path);
    if (bytes === undefined) continue;
    const before = valueOf(readReleaseManifest(bytes, path));
    const platforms = before.artifacts.map((artifact) => artifact.platform);
    if (matchPlatform(platforms, platform) !== undefined) return before;
  }
  return undefined;
}
