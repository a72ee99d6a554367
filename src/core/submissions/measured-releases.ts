import type { Sha256 } from '../digest.ts';
import { type ErrorCode, SheafError } from '../errors.ts';
import type { Advisory } from '../formats/advisory.ts';
import type { ScanResult } from '../formats/audit-file.ts';
import type { ReleaseManifest } from '../formats/manifest.ts';
import type { MeasuredRelease, MeasurementFile, ReleasePerformance } from '../formats/measurement-file.ts';
import type { RegistryFile } from '../formats/registry-file.ts';
import { plannedTrials } from '../measuring/engine-trials.ts';
import { memoryCap } from '../runtime/wasm-limits.ts';
import { malware } from '../scanning/rules/malware.ts';
import { quote } from '../text.ts';
import { compareVersions, type Version } from '../version.ts';

/** A release that a change adds, as it stands in Git. */
export interface AddedRelease {
  readonly path: string;
  readonly category: string;
  readonly bytes: Uint8Array;
  readonly manifest: ReleaseManifest;
  /** Digest of its manifest. */
  readonly sha256: Sha256;
  /** Versions of the plugin that were there before. */
  readonly published: readonly Version[];
}

/** What somebody knows of a change without believing those who measured it. */
export interface KnownChange {
  readonly registry: RegistryFile;
  /** Of the registry before it. */
  readonly advisories: readonly Advisory[];
  /** Full ids of its commits. */
  readonly base: string;
  readonly head: string;
  readonly releases: readonly AddedRelease[];
}

/**
 * What a measurement says of each release of a change, in their order, after it was held against all that can be known
 * without it: the job that made it has run foreign code, and may say anything.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, and `SHEAF_DIGEST` where it is about other bytes.
 */
export function measuredReleases(
  measurement: MeasurementFile,
  change: KnownChange,
): readonly MeasuredRelease[] {
  if (measurement.registry !== change.registry.id) {
    throw refused(`It is of the registry ${quote(measurement.registry)}, not of ${change.registry.id}.`);
  }
  for (const end of ['base', 'head'] as const) {
    if (measurement[end] === change[end]) continue;
    throw refused(`Its ${end} is the commit ${measurement[end]}, and that of the change is ${change[end]}.`);
  }
  const measured = new Map(measurement.releases.map((one) => [nameOf(one), one]));
  const found = change.releases.map((release) => {
    const name = nameOf(release.manifest);
    const one = measured.get(name);
    if (one === undefined) throw refused(`It lacks ${name}, which the change adds.`);
    measured.delete(name);
    judgeRelease(one, release, change.registry);
    return one;
  });
  const [stranger] = measured.keys();
  if (stranger !== undefined) throw refused(`It is also about ${stranger}, which the change does not add.`);
  return found;
}

/**
 * Refuses a measurement whose scan is not the one that the same rules give for the same bytes, but for malware.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function requireSameScan(measured: MeasuredRelease, own: ScanResult): void {
  const { scan } = measured;
  // Another version of the rules may well find something else.
  if (scan === undefined || scan.rules !== own.rules) return;
  if (JSON.stringify(canonical(scan)) === JSON.stringify(canonical(own))) return;
  throw refused(
    `Its scan of ${nameOf(measured)} has ${scan.score} points and ${scan.findings.length} findings; the same bytes give ${own.score} points and ${own.findings.length} findings.`,
  );
}

/** The scan, with the malware that the measuring job, which alone asks an antivirus program, tells of: its word can take trust away, and never gives any. */
export function withMalware(own: ScanResult, measured: MeasuredRelease | undefined): ScanResult {
  const told = measured?.scan?.findings.filter(({ rule }) => rule === malware.id) ?? [];
  return told.length === 0 ? own : { ...own, passed: false, findings: [...told, ...own.findings] };
}

/** What can be compared; whether it passed follows from the findings. */
function canonical({ rules, score, coverage, findings }: ScanResult): unknown {
  const shown = findings
    .filter(({ rule }) => rule !== malware.id)
    .map(({ rule, severity, points, place, message }) =>
      JSON.stringify([rule, severity, points, place ?? '', message]),
    );
  return [rules, score, coverage, shown.toSorted()];
}

function judgeRelease(
  measured: MeasuredRelease,
  { manifest, sha256, published }: AddedRelease,
  registry: RegistryFile,
): void {
  const name = nameOf(manifest);
  if (measured.manifest !== sha256) {
    throw refused(`The manifest of ${name} that it is about is not the one of the change.`, 'SHEAF_DIGEST');
  }
  const digests = manifest.artifacts.map((artifact) => artifact.sha256);
  if (measured.artifacts.join() !== digests.join()) {
    throw refused(`The artifacts of ${name} that it is about are not those of its manifest.`, 'SHEAF_DIGEST');
  }
  const planned = new Set(plannedTrials(manifest, registry).map((one) => `${one.engine} ${one.version}`));
  for (const { engine, version } of measured.compatibility) {
    // Deleted, so that none counts twice.
    if (planned.delete(`${engine} ${version}`)) continue;
    throw refused(`Nobody asked for a trial of ${name} with ${engine} ${version}, or not for a second one.`);
  }
  if (measured.reproduced !== undefined && manifest.build === undefined) {
    throw refused(`${name} says of no build, so none can have given the same bytes or others.`);
  }
  if (measured.performance !== undefined) judgeFigures(measured.performance, manifest, published);
}

function judgeFigures(
  { verdict, p50Us, ratio, against, peakMemoryBytes }: ReleasePerformance,
  manifest: ReleaseManifest,
  published: readonly Version[],
): void {
  const name = nameOf(manifest);
  const { maxQueryTimeUs, maxMemoryMb } = manifest.performance;
  const isOver = maxQueryTimeUs !== undefined && p50Us > maxQueryTimeUs;
  if (isOver !== (verdict === 'over-budget')) {
    throw refused(`Its verdict on ${name} is "${verdict}", which contradicts its ${p50Us} µs.`);
  }
  if ((ratio === undefined) !== (against === undefined) || (verdict === 'regression' && (ratio ?? 0) <= 1)) {
    throw refused(`Its comparison of ${name} with an earlier version contradicts itself.`);
  }
  if (
    against !== undefined &&
    !(published.includes(against) && compareVersions(against, manifest.version) < 0)
  ) {
    throw refused(`It compares ${name} with ${against}, which is no earlier release of it.`);
  }
  const cap = manifest.security.tier === 'wasm' ? memoryCap(maxMemoryMb) : Number.POSITIVE_INFINITY;
  if ((peakMemoryBytes ?? 0) > cap) {
    throw refused(
      `It gives ${name} ${peakMemoryBytes} bytes of memory, and the sandbox no more than ${cap}.`,
    );
  }
}

function nameOf(
  release: { readonly version: Version } & ({ readonly plugin: string } | { readonly name: string }),
): string {
  return `${'plugin' in release ? release.plugin : release.name} ${release.version}`;
}

function refused(problem: string, code: ErrorCode = 'SHEAF_INVALID_FILE'): SheafError {
  return new SheafError(code, `The measurement cannot be used. ${problem}`, {
    hint: 'Measure the change again, at exactly these commits.',
  });
}
