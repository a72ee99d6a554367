import type { RiskLevel } from '../scanning/scan-rule.ts';
import {
  type FindingReport,
  fingerprints,
  type ReportedFinding,
  reportedFile,
  reportedText,
} from './finding-report.ts';

const SEVERITIES: Readonly<Record<RiskLevel, string>> = {
  critical: 'blocker',
  high: 'critical',
  medium: 'major',
  low: 'minor',
  info: 'info',
};

/**
 * Findings as GitLab's code quality report: a list of `{description, check_name, fingerprint, severity, location}`.
 * GitLab wants a file and a line for each; what is about no file in particular lies on line 1 of `.`.
 */
export function codeQualityReport({ findings }: FindingReport): Uint8Array {
  const prints = fingerprints(findings);
  const issues = findings.map((finding, index) => ({
    description: reportedText(finding),
    check_name: finding.rule,
    fingerprint: prints[index],
    severity: severityOf(finding),
    location: { path: reportedFile(finding) ?? '.', lines: { begin: finding.place.line ?? 1 } },
  }));
  return new TextEncoder().encode(`${JSON.stringify(issues, undefined, 2)}\n`);
}

/** An error blocks as one of high weight does. */
function severityOf({ level, severity }: ReportedFinding): string {
  return SEVERITIES[level ?? (severity === 'error' ? 'high' : 'low')];
}
