import { sha256 } from '../digest.ts';
import type { Finding } from '../finding.ts';
import type { RiskLevel } from '../scanning/scan-rule.ts';

/** A finding, with its weight where a scan made it. */
export interface ReportedFinding extends Finding {
  readonly level?: RiskLevel;
}

/** A rule as reports describe it. */
export interface ReportedRule {
  readonly id: string;
  /** What it finds or demands, as a clause. */
  readonly title?: string;
  /** One sentence: what to do about it. */
  readonly fix?: string;
  readonly level?: RiskLevel;
}

/** What a check or a scan has found, for machines and forges; each format of it has a writer in this folder. */
export interface FindingReport {
  /** The command that looked: `sheaf check`. */
  readonly tool: string;
  /** What was looked at: `graph-lens 1.2.0`. */
  readonly title: string;
  /** Whether nothing blocks. */
  readonly passed: boolean;
  readonly findings: readonly ReportedFinding[];
  /** Rules that were applied; a finding may also be of a rule that is not among them. */
  readonly rules: readonly ReportedRule[];
}

/** The rules of the table, and those that only findings name, each once. */
export function rulesOf({ rules, findings }: FindingReport): readonly ReportedRule[] {
  const byId = new Map<string, ReportedRule>(findings.map(({ rule }) => [rule, { id: rule }]));
  const inTable = new Set(rules.map(({ id }) => id));
  return [...rules, ...[...byId.values()].filter(({ id }) => !inTable.has(id))];
}

/** What a finding says and what to do about it, as one text. */
export function reportedText({ message, fix }: Finding): string {
  return fix === undefined ? message : `${message} ${fix}`;
}

/**
 * The file of a finding as forges compare it with their own list: with `/`, without `./`; undefined when it is about
 * no file in particular.
 */
export function reportedFile({ place }: Finding): string | undefined {
  const path = place.file.replaceAll('\\', '/').replace(/^(?:\.\/+)+/, '');
  return path === '' || path === '.' || path.endsWith('/') ? undefined : path;
}

/**
 * A name for each finding that no other has, and that stays while the finding does: lines above it may come and go,
 * so that its own line is no part of it.
 */
export function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const text = JSON.stringify([finding.rule, reportedFile(finding), finding.message]);
    const repeated = seen.get(text) ?? 0;
    seen.set(text, repeated + 1);
    return sha256(new TextEncoder().encode(`${text} ${repeated}`));
  });
}
