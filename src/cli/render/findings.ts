import { type Finding, formatPlace } from '../../core/finding.ts';
import { dim, type Line, red, yellow } from './line.ts';
import { count } from './size.ts';

/** Findings for people: severity and message, then where, which rule, and what to write instead. */
export function findingLines(findings: readonly Finding[]): readonly Line[] {
  return findings.flatMap((finding) => [
    [finding.severity === 'error' ? red('error') : yellow('warning'), `: ${finding.message}`],
    [dim(`  at ${formatPlace(finding.place)} (${finding.rule})`)],
    ...(finding.fix === undefined ? [] : [`  ${finding.fix}`]),
  ]);
}

/** `2 errors and 1 warning`; `no findings` for none. */
export function findingSummary(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const parts = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(findings.length > errors ? [count(findings.length - errors, 'warning')] : []),
  ];
  return parts.length === 0 ? 'no findings' : parts.join(' and ');
}
