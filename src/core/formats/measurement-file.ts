import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Isolation } from '../runtime/isolation.ts';
import { validate as validateMeasurement } from '../validators/measurement.generated.js';
import { compareVersions, type Version } from '../version.ts';
import type { EngineTrial, Measurement, ScanResult } from './audit-file.ts';

/**
 * What a job that runs foreign code found out about the releases of a change. It holds no secret, and its word counts
 * for nothing but what only such a job can know.
 */
export interface MeasurementFile {
  /** Id of the registry. */
  readonly registry: string;
  /** Full ids of the commits whose difference was measured. */
  readonly base: string;
  readonly head: string;
  readonly tools: {
    /** Version of sheaf. */
    readonly sheaf: Version;
    readonly platform: Platform;
    readonly isolation: Isolation;
  };
  /** By plugin and version. */
  readonly releases: readonly MeasuredRelease[];
}

/** How the cases of a suite went; `none` when there are none, or none could be run. */
export type SuiteOutcome = 'passed' | 'failed' | 'none';

/** One release. */
export interface MeasuredRelease {
  readonly plugin: PluginName;
  readonly version: Version;
  /** Digest of its manifest. */
  readonly manifest: Sha256;
  /** Digests of its artifacts, in the order of the manifest. */
  readonly artifacts: readonly Sha256[];
  readonly scan?: ScanResult;
  /** Its own tests. */
  readonly tests: SuiteOutcome;
  /** What every plugin has to stand. */
  readonly conformance: SuiteOutcome;
  readonly performance?: ReleasePerformance;
  readonly compatibility: readonly EngineTrial[];
  /** Whether a build of our own gave the same bytes; absent where none could be tried. */
  readonly reproduced?: boolean;
  /** What failed, and what could not be tried and why, one sentence each. */
  readonly problems: readonly string[];
}

/** What its calls cost: the slowest of its benchmark cases counts. */
export interface ReleasePerformance extends Measurement {
  readonly p50Us: number;
  readonly p95Us: number;
  /** The published version with which it was compared. */
  readonly against?: Version;
}

/** Reads a measurement; every release is in it once. */
export function readMeasurementFile(bytes: Uint8Array, file: string): Reading<MeasurementFile> {
  const bounds = { maxBytes: LIMITS.measurementBytes, maxDepth: LIMITS.textFileDepth };
  return readDocument(parseJsonDocument(bytes, file, bounds), validateMeasurement, (document, report) => {
    const { schemaVersion: _, ...json } = document.value as unknown as MeasurementFile & {
      readonly schemaVersion: number;
    };
    const seen = new Set<string>();
    for (const [index, { plugin, version, performance }] of json.releases.entries()) {
      const name = `${plugin} ${version}`;
      if (seen.has(name)) {
        const message = `${name} is listed twice.`;
        report(['releases', index], 'duplicate-release', message, 'Measure the change again.');
      }
      seen.add(name);
      if (performance !== undefined && performance.p50Us > performance.p95Us) {
        const message = `Half of the calls of ${name} take longer than 19 in 20 of them.`;
        report(
          ['releases', index, 'performance'],
          'impossible-figures',
          message,
          'Measure the change again.',
        );
      }
    }
    return json;
  });
}

/** Writes a measurement as {@link readMeasurementFile} reads it. */
export function writeMeasurementFile(file: MeasurementFile): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(measurementDocument(file), undefined, 2)}\n`);
}

/** What {@link writeMeasurementFile} writes, as plain JSON values. */
export function measurementDocument({
  registry,
  base,
  head,
  tools,
  releases,
}: MeasurementFile): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    registry,
    base,
    head,
    tools,
    releases: releases.toSorted(byRelease).map((release) => defined({ ...release })),
  };
}

function byRelease(a: MeasuredRelease, b: MeasuredRelease): number {
  return a.plugin === b.plugin ? compareVersions(a.version, b.version) : a.plugin < b.plugin ? -1 : 1;
}

/** Whether everything that was tried went well. What could not be tried is no failure, a scan included. */
export function hasPassed({
  scan,
  tests,
  conformance,
  performance,
  compatibility,
}: MeasuredRelease): boolean {
  return (
    scan?.passed !== false &&
    tests !== 'failed' &&
    conformance !== 'failed' &&
    performance?.verdict !== 'over-budget' &&
    performance?.verdict !== 'regression' &&
    compatibility.every((trial) => trial.loads && trial.tests !== 'failed')
  );
}
