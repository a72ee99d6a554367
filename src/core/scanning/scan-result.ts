import type { ScanFinding, ScanResult, Waiver } from '../formats/audit-file.ts';
import { oneLine } from '../text.ts';
import type { ScanReport, ScanFinding as ScoredFinding } from './score.ts';

/** Findings that facts keep of one release. */
const KEPT = 500;

/** The rule of the validator about all of them; whoever waives it waives them. */
const ALL_FINDINGS = 'security-findings';

/** Whether the waiver of a rule lets a finding pass: of its own rule, or of all but the critical ones, which stay. */
export function waiverFits(rule: string, finding: Pick<ScanFinding, 'rule' | 'severity'>): boolean {
  return finding.severity !== 'critical' && (rule === finding.rule || rule === ALL_FINDINGS);
}

/**
 * The scans of all artifacts of a release as its facts state them: the worst of each figure, and every finding once. A
 * waiver lets the findings of its rule pass but for critical ones, which nobody can let pass.
 *
 * @param reports one for each artifact, at least one.
 */
export function scanResultOf(
  reports: readonly ScanReport[],
  waivers: readonly Pick<Waiver, 'rule' | 'reason'>[] = [],
): ScanResult {
  const findings = new Map<string, ScanFinding>();
  for (const finding of reports.flatMap((report) => report.findings)) {
    const shown = findingOf(finding, waivers);
    const key = JSON.stringify([shown.rule, shown.place, shown.message]);
    const known = findings.get(key);
    if (known === undefined || known.points < shown.points) findings.set(key, shown);
  }
  const all = [...findings.values()];
  return {
    rules: [...new Set(reports.map(({ rules }) => rules))].toSorted((a, b) => a - b).join(', '),
    score: Math.min(...reports.map(({ score }) => score)),
    coverage: Math.min(...reports.map(({ coverage }) => coverage)),
    passed: all.every(({ severity, waived }) =>
      severity === 'high' ? waived !== undefined : severity !== 'critical',
    ),
    findings: all.slice(0, KEPT),
  };
}

function findingOf(
  { rule, level, points, place, message }: ScoredFinding,
  waivers: readonly Pick<Waiver, 'rule' | 'reason'>[],
): ScanFinding {
  const waiver = waivers.find((one) => waiverFits(one.rule, { rule, severity: level }));
  const where = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  return {
    rule,
    severity: level,
    points,
    ...(where === '' ? {} : { place: oneLine(where) }),
    message: oneLine(message),
    ...(waiver === undefined ? {} : { waived: waiver.reason }),
  };
}
