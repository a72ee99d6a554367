import { formatPlace } from '../finding.ts';
import { escapeMarkdown } from '../text.ts';
import { type FindingReport, type ReportedFinding, reportedFile, reportedText } from './finding-report.ts';

const ENCODER = new TextEncoder();

/**
 * Findings as Markdown for the summary of a job, errors first. No text from outside becomes HTML, a link, an
 * image or a mention.
 *
 * @param maxBytes of UTF-8, which the summary never exceeds: findings that have no room are counted. Empty when not
 *   even its heading has.
 */
export function markdownSummary(report: FindingReport, maxBytes: number): string {
  const { tool, title, passed, findings } = report;
  const heading = `### ${passed ? '✅' : '❌'} ${escapeMarkdown(tool)} ${escapeMarkdown(title)}\n\n${countsOf(findings)}\n\n`;
  const last = `- ${findings.length} more findings have no room here.\n\n`;
  let room = maxBytes - bytesOf(heading) - bytesOf(last);
  if (room < 0) return '';

  const ordered = (['error', 'warning'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity),
  );
  const items: string[] = [];
  for (const finding of ordered) {
    const item = itemOf(finding);
    room -= bytesOf(item);
    if (room < 0) break;
    items.push(item);
  }
  const hidden = ordered.length - items.length;
  const more = hidden === 0 ? '' : `- ${hidden} more findings have no room here.\n`;
  return `${heading}${items.join('')}${more}\n`;
}

function countsOf(findings: readonly ReportedFinding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return findings.length === 0 ? 'No findings.' : `Errors: ${errors}. Warnings: ${findings.length - errors}.`;
}

function itemOf(finding: ReportedFinding): string {
  const { severity, level, rule, place } = finding;
  const file = reportedFile(finding);
  const where = file === undefined ? '' : ` ${escapeMarkdown(formatPlace({ ...place, file }))}`;
  const weight = level === undefined ? '' : `, ${level}`;
  return `- **${severity}**${where} (${escapeMarkdown(rule)}${weight}): ${escapeMarkdown(reportedText(finding))}\n`;
}

function bytesOf(text: string): number {
  return ENCODER.encode(text).byteLength;
}
