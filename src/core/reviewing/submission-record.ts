import type { Submission } from '../formats/submissions-file.ts';
import { formatInstant, type Instant, parseInstant } from '../instant.ts';

/**
 * What a registry's workflow remembers of a pull request. It lies in the comment that the workflow keeps there, because
 * forges do not tell when a commit was pushed, and what a commit says of itself its author wrote.
 */
export interface SubmissionRecord {
  /** The commit that the rest is about. */
  readonly head: string;
  /** When the workflow first saw it. */
  readonly since: Instant;
  /** Reviewers who were asked, with when; also for earlier commits. */
  readonly asked: Readonly<Record<string, Instant>>;
  /** Reviewers who were reminded, with when they were the last time. */
  readonly reminded: Readonly<Record<string, Instant>>;
  /** What came of measuring it; `none` as long as nobody has. */
  readonly measured: 'none' | 'passed' | 'failed';
  /** What the measurement says, one sentence each. */
  readonly figures: readonly string[];
  /** What the scan found and nobody waived. */
  readonly findings: Submission['findings'];
}

/** How a comment begins that holds a record. */
export const RECORD_MARKER = '<!-- sheaf:submission ';
const RECORD = /^<!-- sheaf:submission (\{[^\n]*\}) -->(?:\n|$)/;

/** The record that a comment begins with; undefined when it holds none that can be read: then clocks start anew. */
export function readRecord(body: string): SubmissionRecord | undefined {
  const [, text] = RECORD.exec(body) ?? [];
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { head, since, asked, reminded, measured, figures, findings } = json as Readonly<
    Record<string, unknown>
  >;
  const seen = typeof since === 'string' ? parseInstant(since) : undefined;
  const [askedAt, remindedAt] = [instantsOf(asked), instantsOf(reminded)];
  if (typeof head !== 'string' || seen === undefined || askedAt === undefined || remindedAt === undefined)
    return undefined;
  if (!isMeasured(measured) || !Array.isArray(findings) || !findings.every(isFinding)) return undefined;
  if (!Array.isArray(figures) || !figures.every((one) => typeof one === 'string')) return undefined;
  return { head, since: seen, asked: askedAt, reminded: remindedAt, measured, figures, findings };
}

/** Writes a record as {@link readRecord} reads it: the first line of a comment, which nobody sees. */
export function writeRecord({ since, asked, reminded, ...rest }: SubmissionRecord): string {
  const json = JSON.stringify({
    ...rest,
    since: formatInstant(since),
    asked: Object.fromEntries(Object.entries(asked).map(([name, date]) => [name, formatInstant(date)])),
    reminded: Object.fromEntries(Object.entries(reminded).map(([name, date]) => [name, formatInstant(date)])),
  });
  // Nothing in it may end the comment.
  return `${RECORD_MARKER}${json.replaceAll('>', '\\u003e')} -->`;
}

/** The record of a pull request that is at `head` now: another commit starts its clock, who was asked stays asked. */
export function continueRecord(
  before: SubmissionRecord | undefined,
  head: string,
  now: Instant,
): SubmissionRecord {
  if (before?.head === head) return before;
  const { asked = {}, reminded = {} } = before ?? {};
  return { head, since: now, asked, reminded, measured: 'none', figures: [], findings: [] };
}

function instantsOf(json: unknown): Readonly<Record<string, Instant>> | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const entries: [string, Instant][] = [];
  for (const [name, text] of Object.entries(json)) {
    const instant = typeof text === 'string' ? parseInstant(text) : undefined;
    if (instant === undefined) return undefined;
    entries.push([name, instant]);
  }
  return Object.fromEntries(entries);
}

function isMeasured(json: unknown): json is SubmissionRecord['measured'] {
  return json === 'none' || json === 'passed' || json === 'failed';
}

const SEVERITIES: ReadonlySet<unknown> = new Set(['info', 'low', 'medium', 'high', 'critical']);

function isFinding(json: unknown): json is Submission['findings'][number] {
  if (typeof json !== 'object' || json === null) return false;
  const { rule, severity } = json as Readonly<Record<string, unknown>>;
  return typeof rule === 'string' && SEVERITIES.has(severity);
}
