import type { SheafError } from '../../core/errors.ts';
import { type Finding, formatPlace } from '../../core/finding.ts';
import { findingLines } from './findings.ts';
import { bold, dim, type Line, red } from './line.ts';

/** A refusal for people: one sentence, the place, what to do, and where to read more. */
export function failureLines(error: SheafError, debug: boolean): readonly Line[] {
  const others = furtherFindings(error);
  return [
    [red('error'), ': ', bold(error.message)],
    ...(error.place === undefined ? [] : [`  at ${formatPlace(error.place)}`]),
    ...(error.hint === undefined ? [] : [`  ${error.hint}`]),
    ...findingLines(others),
    [dim(`  ${error.code}: "sheaf explain ${error.code}" tells more`)],
    ...(debug ? stackLines(error) : []),
  ];
}

/** Findings that travel in the details; the first of them is the message already. */
function furtherFindings(error: SheafError): readonly Finding[] {
  const { findings } = error.details;
  return Array.isArray(findings) ? (findings as readonly Finding[]).slice(1) : [];
}

function stackLines(error: unknown): readonly Line[] {
  if (!(error instanceof Error)) return [[dim(`  caused by ${String(error)}`)]];
  const own = (error.stack ?? error.message).split('\n').map((line): Line => [dim(`  ${line}`)]);
  return error.cause === undefined ? own : [...own, ...stackLines(error.cause)];
}
