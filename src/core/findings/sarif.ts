import { defined } from '../defined.ts';
import type { RiskLevel } from '../scanning/scan-rule.ts';
import {
  type FindingReport,
  fingerprints,
  type ReportedFinding,
  type ReportedRule,
  reportedFile,
  reportedText,
  rulesOf,
} from './finding-report.ts';

/** How GitHub sorts findings about security: a number from 0 to 10 in the manner of CVSS. */
const SECURITY_SEVERITY: Readonly<Record<RiskLevel, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
};

/**
 * Findings in the Static Analysis Results Interchange Format 2.1.0 (OASIS Standard, 27 March 2020), one run: all
 * rules, each result with its rule's index, its place, and a fingerprint by which a later run knows it again.
 *
 * @param version of sheaf.
 */
export function sarifLog(report: FindingReport, version: string): Uint8Array {
  const rules = rulesOf(report);
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  const prints = fingerprints(report.findings);
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sheaf', semanticVersion: version, rules: rules.map(ruleOf) } },
        // §3.17.3: what runs of one category have in common, so that a scan does not close the alerts of a check.
        automationDetails: { id: `${report.tool.replaceAll(' ', '-')}/` },
        invocations: [{ executionSuccessful: true }],
        columnKind: 'utf16CodeUnits',
        results: report.findings.map((finding, index) =>
          resultOf(finding, indexOf.get(finding.rule), prints[index]),
        ),
      },
    ],
  };
  return new TextEncoder().encode(`${JSON.stringify(log, undefined, 2)}\n`);
}

function ruleOf({ id, title, fix, level }: ReportedRule): object {
  return defined({
    id,
    shortDescription: { text: messageText(title === undefined ? id : sentence(title)) },
    help: fix === undefined ? undefined : { text: messageText(fix) },
    defaultConfiguration: level === undefined ? undefined : { level: levelOf(level) },
    properties:
      level === undefined ? undefined : { tags: ['security'], 'security-severity': SECURITY_SEVERITY[level] },
  });
}

function resultOf(
  finding: ReportedFinding,
  ruleIndex: number | undefined,
  fingerprint: string | undefined,
): object {
  const { rule, severity, level, place } = finding;
  const file = reportedFile(finding);
  const region =
    place.line === undefined ? undefined : defined({ startLine: place.line, startColumn: place.column });
  return defined({
    ruleId: rule,
    ruleIndex,
    level: level === undefined ? severity : levelOf(level),
    message: { text: messageText(reportedText(finding)) },
    locations:
      file === undefined
        ? []
        : [{ physicalLocation: defined({ artifactLocation: artifactLocation(file), region }) }],
    partialFingerprints: { 'sheafFinding/v1': fingerprint },
  });
}

function levelOf(level: RiskLevel): 'error' | 'warning' | 'note' {
  if (level === 'critical' || level === 'high') return 'error';
  return level === 'info' ? 'note' : 'warning';
}

/** §3.4.3: a URI; what is relative counts from the root of the repository. */
function artifactLocation(file: string): object {
  const path = file.split('/').map(encodeURIComponent).join('/');
  if (/^[A-Za-z]:\//.test(file)) return { uri: `file:///${path.replace('%3A', ':')}` };
  return file.startsWith('/') ? { uri: `file://${path}` } : { uri: path, uriBaseId: '%SRCROOT%' };
}

/** §3.11.5 and §3.11.6: braces are placeholders and brackets are links, which no text from outside may make. */
function messageText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, '$&$&');
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}${clause.endsWith('.') ? '' : '.'}`;
}
