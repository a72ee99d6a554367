import { defined } from '../defined.ts';
import { type Report, readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Path } from '../documents/source-text.ts';
import type { Reading } from '../finding.ts';
import { formatInstant, type Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateSubmissions } from '../validators/submissions.generated.js';
import type { Version } from '../version.ts';
import type { ScanFinding } from './audit-file.ts';
import type { Tier } from './manifest.ts';
import type { ReviewFile } from './review-file.ts';

/** The open release pull requests of a registry, as its workflows describe them. */
export interface SubmissionsFile {
  /** Id of the registry. */
  readonly registry: string;
  readonly submissions: readonly Submission[];
}

/** One of them. */
export interface Submission {
  /** Number of the pull request. */
  readonly id: string;
  readonly url: string;
  readonly opened: Instant;
  /** When the commit that is up for review was pushed: what was said before was said of something else. */
  readonly updated: Instant;
  /** Account that opened it. */
  readonly author: string;
  readonly owner: string;
  readonly plugin: PluginName;
  readonly version: Version;
  readonly category: string;
  readonly tier: Tier;
  readonly capabilities: readonly string[];
  /** The newest release that is merged; absent for a new plugin. */
  readonly before?: {
    readonly version: Version;
    readonly owner: string;
    readonly tier: Tier;
    readonly capabilities: readonly string[];
  };
  readonly checks: 'pending' | 'passed' | 'failed';
  /** What the security scan found and nobody waived. */
  readonly findings: readonly Pick<ScanFinding, 'rule' | 'severity'>[];
  readonly requests: readonly ReviewRequest[];
  readonly answers: readonly ReviewAnswer[];
}

/** A reviewer who was asked. */
export interface ReviewRequest {
  readonly reviewer: string;
  readonly since: Instant;
}

/** What a reviewer answered. */
export interface ReviewAnswer {
  readonly reviewer: string;
  readonly verdict: ReviewFile['verdict'];
  readonly date: Instant;
}

type Dated<T, K extends keyof T> = Omit<T, K> & Readonly<Record<K, string>>;

/** One submission as `schemas/submissions.schema.json` accepts it. */
type SubmissionJson = Omit<Submission, 'opened' | 'updated' | 'findings' | 'requests' | 'answers'> & {
  readonly opened: string;
  readonly updated: string;
  readonly findings?: Submission['findings'];
  readonly requests?: readonly Dated<ReviewRequest, 'since'>[];
  readonly answers?: readonly Dated<ReviewAnswer, 'date'>[];
};

/** Reads the description of open submissions; a pull request is in it once. */
export function readSubmissionsFile(bytes: Uint8Array, file: string): Reading<SubmissionsFile> {
  const bounds = { maxBytes: LIMITS.textFileBytes, maxDepth: LIMITS.textFileDepth };
  return readDocument(parseJsonDocument(bytes, file, bounds), validateSubmissions, (document, report) => {
    const json = document.value as unknown as {
      readonly registry: string;
      readonly submissions: readonly SubmissionJson[];
    };
    const seen = new Set<string>();
    for (const [index, { id }] of json.submissions.entries()) {
      if (seen.has(id)) {
        const message = `The pull request ${quote(id)} is listed twice.`;
        report(['submissions', index, 'id'], 'duplicate-submission', message, 'Keep one of the entries.');
      }
      seen.add(id);
    }
    return {
      registry: json.registry,
      submissions: json.submissions.map((one, index) => submissionOf(one, ['submissions', index], report)),
    };
  });
}

/** Writes the description as {@link readSubmissionsFile} reads it. */
export function writeSubmissionsFile({ registry, submissions }: SubmissionsFile): Uint8Array {
  const document = {
    schemaVersion: 1,
    registry,
    submissions: submissions.map((one) => ({
      ...one,
      opened: formatInstant(one.opened),
      updated: formatInstant(one.updated),
      requests: one.requests.map(({ reviewer, since }) => ({ reviewer, since: formatInstant(since) })),
      answers: one.answers.map(({ reviewer, verdict, date }) => ({
        reviewer,
        verdict,
        date: formatInstant(date),
      })),
    })),
  };
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}

function submissionOf(json: SubmissionJson, path: Path, report: Report): Submission {
  const { findings = [], requests = [], answers = [] } = json;
  return defined({
    ...json,
    opened: judgeInstant([...path, 'opened'], json.opened, report),
    updated: judgeInstant([...path, 'updated'], json.updated, report),
    findings,
    requests: requests.map(({ reviewer, since }, index) => ({
      reviewer,
      since: judgeInstant([...path, 'requests', index, 'since'], since, report),
    })),
    answers: answers.map(({ reviewer, verdict, date }, index) => ({
      reviewer,
      verdict,
      date: judgeInstant([...path, 'answers', index, 'date'], date, report),
    })),
  });
}
