import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { baseName, readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateAudit } from '../validators/audit.generated.js';
import { isVersion, type Version } from '../version.ts';

/**
 * Facts about one release that the registry's machines found out:
 * `registry/security/audits/<pp>/<name>/<version>.toml`, in the source tree or on a branch of its own.
 */
export interface AuditFile {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly version: Version;
  /** Digest of the manifest that was examined. */
  readonly manifest?: Sha256;
  /** When the release was merged. */
  readonly published: Instant;
  /** An independent build from the source commit that the manifest names gave the same bytes. */
  readonly reproduced?: boolean;
  readonly scan?: ScanResult;
  readonly performance?: Measurement;
  readonly compatibility: readonly EngineTrial[];
  readonly downloads?: Downloads;
  readonly waivers: readonly Waiver[];
}

/** What the security scan found. */
export interface ScanResult {
  /** Version of the rule table. */
  readonly rules: string;
  /** Points of 100. */
  readonly score: number;
  /** How much of the artifact the scanner understands, 0 to 1. */
  readonly coverage: number;
  readonly passed: boolean;
  readonly findings: readonly ScanFinding[];
}

/** One finding of the security scan. */
export interface ScanFinding {
  readonly rule: string;
  readonly severity: 'info' | 'low' | 'medium' | 'high' | 'critical';
  /** Points taken off the score. */
  readonly points: number;
  readonly place?: string;
  readonly message: string;
  /** Why a maintainer lets it pass. */
  readonly waived?: string;
}

/** How the release did against its budgets and its predecessor. */
export interface Measurement {
  readonly verdict: 'passed' | 'over-budget' | 'regression' | 'inconclusive';
  readonly p50Us?: number;
  readonly p95Us?: number;
  readonly peakMemoryBytes?: number;
  /** Time compared with the predecessor, 1 = equal. */
  readonly ratio?: number;
}

/** The release tried with one version of an engine. */
export interface EngineTrial {
  readonly engine: string;
  readonly version: Version;
  readonly loads: boolean;
  readonly tests: 'passed' | 'failed' | 'none';
}

/** Downloads as the forge counts them; `months` maps `2026-10` to the downloads in that month. */
export interface Downloads {
  readonly total: number;
  readonly months: Readonly<Record<string, number>>;
}

/** A check of the validator that a maintainer let pass. */
export interface Waiver {
  readonly rule: string;
  readonly by: string;
  readonly reason: string;
}

/** The file as `schemas/audit.schema.json` accepts it. */
interface AuditToml {
  readonly audit: Pick<AuditFile, 'registry' | 'plugin' | 'version' | 'manifest' | 'reproduced'> & {
    readonly published: string;
  };
  readonly scan?: Omit<ScanResult, 'findings'> & { readonly finding?: readonly ScanFinding[] };
  readonly performance?: {
    readonly verdict: Measurement['verdict'];
    readonly p50_us?: number;
    readonly p95_us?: number;
    readonly peak_memory_bytes?: number;
    readonly ratio?: number;
  };
  readonly compatibility?: readonly EngineTrial[];
  readonly downloads?: { readonly total: number; readonly months?: Downloads['months'] };
  readonly waiver?: readonly Waiver[];
}

/** Reads the facts about a release. A base name `<version>.toml` must be that of the release. */
export function readAuditFile(bytes: Uint8Array, file: string): Reading<AuditFile> {
  return readDocument(parseToml(bytes, file), validateAudit, (document, report) => {
    const toml = document.value as unknown as AuditToml;
    const { audit, downloads } = toml;
    const fileVersion = baseName(file).replace(/\.toml$/, '');
    if (isVersion(fileVersion) && fileVersion !== audit.version) {
      report(
        ['audit', 'version'],
        'version-file-name',
        `The version is ${quote(audit.version)}, but the file is named ${quote(baseName(file))}.`,
        `Name the file ${quote(`${audit.version}.toml`)}.`,
      );
    }
    return defined({
      registry: audit.registry,
      plugin: audit.plugin,
      version: audit.version,
      manifest: audit.manifest,
      published: judgeInstant(['audit', 'published'], audit.published, report),
      reproduced: audit.reproduced,
      scan: toml.scan === undefined ? undefined : scanOf(toml.scan),
      performance: toml.performance === undefined ? undefined : measurementOf(toml.performance),
      compatibility: (toml.compatibility ?? []).map(trialOf),
      downloads:
        downloads === undefined ? undefined : { total: downloads.total, months: { ...downloads.months } },
      waivers: (toml.waiver ?? []).map(waiverOf),
    });
  });
}

/** Writes facts as {@link readAuditFile} reads them. */
export function writeAuditFile(file: AuditFile): Uint8Array {
  const { scan, performance, downloads } = file;
  return writeToml({
    audit: {
      registry: file.registry,
      plugin: file.plugin,
      version: file.version,
      manifest: file.manifest,
      published: formatInstant(file.published),
      reproduced: file.reproduced,
    },
    scan: scan && {
      rules: scan.rules,
      score: scan.score,
      coverage: scan.coverage,
      passed: scan.passed,
      finding: nonEmpty(scan.findings.map(scanFindingOf)),
    },
    performance: performance && {
      verdict: performance.verdict,
      p50_us: performance.p50Us,
      p95_us: performance.p95Us,
      peak_memory_bytes: performance.peakMemoryBytes,
      ratio: performance.ratio,
    },
    compatibility: nonEmpty(file.compatibility.map(trialOf)),
    downloads: downloads && { total: downloads.total, months: sorted(downloads.months) },
    waiver: nonEmpty(file.waivers.map(waiverOf)),
  });
}

function scanOf(scan: NonNullable<AuditToml['scan']>): ScanResult {
  return {
    rules: scan.rules,
    score: scan.score,
    coverage: scan.coverage,
    passed: scan.passed,
    findings: (scan.finding ?? []).map(scanFindingOf),
  };
}

function measurementOf(table: NonNullable<AuditToml['performance']>): Measurement {
  return defined({
    verdict: table.verdict,
    p50Us: table.p50_us,
    p95Us: table.p95_us,
    peakMemoryBytes: table.peak_memory_bytes,
    ratio: table.ratio,
  });
}

function trialOf({ engine, version, loads, tests }: EngineTrial): EngineTrial {
  return { engine, version, loads, tests };
}

function scanFindingOf({ rule, severity, points, place, message, waived }: ScanFinding): ScanFinding {
  return defined({ rule, severity, points, place, message, waived });
}

function waiverOf({ rule, by, reason }: Waiver): Waiver {
  return { rule, by, reason };
}
