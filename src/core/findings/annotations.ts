import type { Finding } from '../finding.ts';
import { escapeForTerminal } from '../text.ts';
import { type FindingReport, reportedFile } from './finding-report.ts';

/** Annotations of each severity that GitHub shows of one step; it drops further ones without a word. */
const SHOWN = 10;

/** What is left of a message that fills the page: GitHub cuts at 64 KiB, people long before. */
const MESSAGE_LENGTH = 2_000;

/**
 * Findings as workflow commands of GitHub Actions, one a line: `::error file=…,line=…,col=…,title=…::message`. What
 * is beyond the ten errors and ten warnings that GitHub shows of a step is counted in a notice.
 *
 * Text from outside cannot begin a command of its own: whatever ends a line or a property is escaped as the runner
 * undoes it (actions/toolkit, `packages/core/src/command.ts`).
 */
export function annotationLines({ tool, title, findings }: FindingReport): readonly string[] {
  const shown = (['error', 'warning'] as const).map((severity) =>
    findings.filter((finding) => finding.severity === severity).slice(0, SHOWN),
  );
  const lines = shown.flat().map(annotationLine);
  const hidden = findings.length - lines.length;
  if (hidden === 0) return lines;
  const message = `${hidden} more findings about ${title} are in the log and in the summary of ${tool}.`;
  return [...lines, `::notice title=${escapeProperty(tool)}::${escapeData(message)}`];
}

function annotationLine(finding: Finding): string {
  const { severity, rule, message, fix, place } = finding;
  const file = reportedFile(finding);
  const properties = [
    ...(file === undefined ? [] : [`file=${escapeProperty(file)}`]),
    ...(file === undefined || place.line === undefined ? [] : [`line=${place.line}`]),
    ...(file === undefined || place.column === undefined ? [] : [`col=${place.column}`]),
    `title=${escapeProperty(rule)}`,
  ];
  const text = fix === undefined ? message : `${message}\n${fix}`;
  return `::${severity} ${properties.join(',')}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  const escaped = text
    .slice(0, MESSAGE_LENGTH)
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
  return escapeForTerminal(escaped);
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
