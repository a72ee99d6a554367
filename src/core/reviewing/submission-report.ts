import type { Finding } from '../finding.ts';
import { formatPlace } from '../finding.ts';
import { reportedText } from '../findings/finding-report.ts';
import { formatInstant } from '../instant.ts';
import { escapeMarkdown, shorten } from '../text.ts';
import type { MergeVerdict } from './merge-verdict.ts';
import type { Risk } from './risk.ts';
import { type SubmissionRecord, writeRecord } from './submission-record.ts';

/** What the workflow of a registry has to say about a pull request. */
export interface SubmissionReport {
  readonly record: SubmissionRecord;
  /** `graph-lens 1.2.0`, or what the pull request is otherwise. */
  readonly title: string;
  readonly lane: Risk['lane'];
  readonly reasons: Risk['reasons'];
  readonly merge: MergeVerdict;
  readonly findings: readonly Finding[];
  /** What maintainers let pass. */
  readonly waived: readonly Finding[];
  /** Labels that should waive something and do not, each with the reason. */
  readonly ignoredWaivers: readonly string[];
  /** The commit by which it was merged. */
  readonly merged?: string;
}

/** Labels that the workflow sets and takes away; all others are people's. */
export const STANDING_LABELS = ['machine-merge', 'needs-review', 'waiting', 'blocked'] as const;

/** What a label is called that lets the faults of a rule pass. */
export const WAIVER_PREFIX = 'waive:';

// Forges take 65,536 characters; what escaping adds and other sections need must have room, too.
const SHOWN_FINDINGS = 50;
const SHOWN_LENGTH = 600;

/** The labels that a pull request should have of {@link STANDING_LABELS}. */
export function standingLabels({
  lane,
  merge,
}: Pick<SubmissionReport, 'lane' | 'merge'>): readonly (typeof STANDING_LABELS)[number][] {
  const whose = lane === 'machine' ? 'machine-merge' : 'needs-review';
  return merge.state === 'merge' ? [whose] : [whose, merge.state];
}

/**
 * The comment that the workflow keeps on a pull request: what was found, what was measured, why people look, who is
 * asked, what happens next and when. Nothing that the pull request says is more than text in it.
 */
export function writeSubmissionComment(report: SubmissionReport): string {
  const { record, title, merge, merged } = report;
  const mark = { merge: '✅', waiting: '⏳', blocked: '❌' }[merge.state];
  return [
    writeRecord(record),
    `### ${mark} ${escapeMarkdown(title)}`,
    '',
    `${escapeMarkdown(merge.because)} ${nextStep(report)}`,
    '',
    `Judged at commit \`${record.head}\`.`,
    ...(merged === undefined ? [] : ['', `Merged as \`${merged}\`.`]),
    ...section('Findings', findingItems(report.findings)),
    ...section('Waived by a maintainer', findingItems(report.waived)),
    ...section('Waivers that do not count', report.ignoredWaivers.map(item)),
    ...section('Measured', record.figures.map(item)),
    ...section(
      'Why people look at it',
      report.reasons.map(({ message }) => item(message)),
    ),
    ...section(
      'Asked for a review',
      Object.entries(record.asked).map(([reviewer, since]) => item(`${reviewer}, ${formatInstant(since)}`)),
    ),
    '',
  ].join('\n');
}

function nextStep({ merge, merged, lane, record }: SubmissionReport): string {
  if (merged !== undefined) return 'The next index will have it.';
  if (merge.state === 'blocked') return 'Push a correction; it is judged again by itself.';
  if (merge.state === 'merge') return 'The workflow merges it.';
  if (record.measured === 'none' && lane === 'machine') return 'It is judged again by itself.';
  if (merge.due !== undefined)
    return `It merges by itself at ${formatInstant(merge.due)} unless somebody objects.`;
  return 'It waits for people.';
}

function findingItems(findings: readonly Finding[]): readonly string[] {
  const hidden = findings.length - SHOWN_FINDINGS;
  return [
    ...findings.slice(0, SHOWN_FINDINGS).map((finding) => {
      const { severity, rule, place } = finding;
      return `- **${severity}** ${escaped(reportedText(finding))} (${escaped(rule)}, ${escaped(formatPlace(place))})`;
    }),
    ...(hidden > 0 ? [`- ${hidden} more findings have no room here.`] : []),
  ];
}

function section(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : ['', `#### ${title}`, '', ...items];
}

function item(text: string): string {
  return `- ${escaped(text)}`;
}

function escaped(text: string): string {
  return escapeMarkdown(shorten(text, SHOWN_LENGTH));
}
