import type { PluginFile } from '../authoring/ports.ts';
import type { Finding, Severity } from '../finding.ts';
import type { Manifest } from '../formats/manifest.ts';
import { isOpaque } from './rules/opaque-binary.ts';
import { SCAN_RULES, SCAN_RULES_VERSION } from './rules.ts';
import type { RiskLevel } from './scan-rule.ts';
import { type ScanSubject, scanSubject } from './subject.ts';

/** Points that a rule costs, once. */
export const POINTS: Readonly<Record<RiskLevel, number>> = {
  critical: 0,
  high: 20,
  medium: 8,
  low: 3,
  info: 0,
};

/** A finding with its weight. Only the first of a rule has points. */
export interface ScanFinding extends Finding {
  readonly level: RiskLevel;
  readonly points: number;
}

/** What a scan says of a plugin. The same files always get the same. */
export interface ScanReport {
  /** Version of the rule table: scores of different ones cannot be compared. */
  readonly rules: number;
  /** 100 less the points of the findings; not below 0, and at most 70 where code cannot be read. */
  readonly score: number;
  /** How much of what the plugin does can be read from its files. */
  readonly coverage: number;
  /** Whether a critical finding refuses it, whatever its score. */
  readonly rejected: boolean;
  readonly findings: readonly ScanFinding[];
}

/** A program that nobody can read gets no higher score. */
const OPAQUE_SCORE = 70;
/** Findings that are listed of one rule. */
const LISTED = 20;

/** @param pathOf names a file of the plugin in the findings. */
export function scanPlugin(
  manifest: Manifest,
  files: readonly PluginFile[],
  pathOf: (path: string) => string,
): ScanReport {
  const subject = scanSubject(manifest, files);
  const findings = SCAN_RULES.flatMap(({ id, level, fix, find }) =>
    find(subject)
      .slice(0, LISTED)
      .map(({ path, line, column, message }, index): ScanFinding => {
        const place = {
          file: pathOf(path),
          ...(line === undefined ? {} : { line }),
          ...(column === undefined ? {} : { column }),
        };
        return {
          rule: id,
          severity: severityOf(level),
          place,
          message,
          fix,
          level,
          points: index === 0 ? POINTS[level] : 0,
        };
      }),
  );
  const deducted = findings.reduce((total, { points }) => total + points, 0);
  const score = Math.max(0, 100 - deducted);
  return {
    rules: SCAN_RULES_VERSION,
    score: files.some(isOpaque) ? Math.min(OPAQUE_SCORE, score) : score,
    coverage: coverageOf(subject),
    rejected: findings.some(({ level }) => level === 'critical'),
    findings,
  };
}

/** A module can do no more than it imports; a script may hide something from its tree; a program shows hardly anything. */
function coverageOf({ files, scripts, modules }: ScanSubject): number {
  if (files.some(isOpaque)) return 0.3;
  if (scripts.length > 0) return 0.7;
  return modules.length > 0 ? 1 : 0.3;
}

function severityOf(level: RiskLevel): Severity {
  return level === 'critical' || level === 'high' ? 'error' : 'warning';
}
