import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { DAY, formatDuration, HOUR, parseDuration } from '../instant.ts';
import { validate as validatePolicy } from '../validators/policy-reviewers.generated.js';

/** Who reviews plugins, and how requests are routed: `registry/policy/reviewers.toml`. */
export interface ReviewerPolicy {
  /** Reviewers asked for each submission. */
  readonly reviewers: number;
  /** Milliseconds until reviewers who did not answer are reminded. */
  readonly remindAfter: number;
  /** Milliseconds until maintainers are asked instead. */
  readonly fallbackAfter: number;
  /** By principal. */
  readonly people: Readonly<Record<string, Reviewer>>;
}

/** One reviewer. */
export interface Reviewer {
  readonly expertise: readonly string[];
  readonly maintainer: boolean;
  /** Speaks for the team of the host application. */
  readonly hostTeam?: boolean;
  /** Accounts on forges. */
  readonly github?: string;
  readonly gitlab?: string;
  /** Open reviews after which no more are sent. */
  readonly maxOpen?: number;
}

/** The file as `schemas/policy-reviewers.schema.json` accepts it. */
interface ReviewerPolicyToml {
  readonly routing?: {
    readonly reviewers?: number;
    readonly remind_after?: string;
    readonly fallback_after?: string;
  };
  readonly reviewer?: Readonly<
    Record<
      string,
      {
        readonly expertise: readonly string[];
        readonly maintainer?: boolean;
        readonly host_team?: boolean;
        readonly github?: string;
        readonly gitlab?: string;
        readonly max_open?: number;
      }
    >
  >;
}

const DEFAULT_REVIEWERS = 3;

/** Reads a `reviewers.toml`; three reviewers, a reminder after a day and maintainers after three, if unsaid. */
export function readReviewerPolicy(bytes: Uint8Array, file: string): Reading<ReviewerPolicy> {
  return readDocument(parseToml(bytes, file), validatePolicy, (document, report) => {
    const { routing = {}, reviewer = {} } = document.value as unknown as ReviewerPolicyToml;
    const remindAfter = parseDuration(routing.remind_after ?? '') ?? 24 * HOUR;
    const fallbackAfter = parseDuration(routing.fallback_after ?? '') ?? 3 * DAY;
    if (fallbackAfter < remindAfter) {
      report(
        ['routing', 'fallback_after'],
        'fallback-before-reminder',
        'Maintainers would be asked before the reviewers are reminded.',
        'Make fallback_after at least as long as remind_after.',
      );
    }
    return {
      reviewers: routing.reviewers ?? DEFAULT_REVIEWERS,
      remindAfter,
      fallbackAfter,
      people: Object.fromEntries(
        Object.entries(reviewer).map(
          ([name, { expertise, maintainer = false, host_team, github, gitlab, max_open }]) => [
            name,
            defined({ expertise, maintainer, hostTeam: host_team, github, gitlab, maxOpen: max_open }),
          ],
        ),
      ),
    };
  });
}

/** Writes a reviewer policy as {@link readReviewerPolicy} reads it. */
export function writeReviewerPolicy(policy: ReviewerPolicy): Uint8Array {
  const people = Object.entries(policy.people).map(([name, person]) => {
    const { expertise, maintainer, hostTeam, github, gitlab, maxOpen } = person;
    return [
      name,
      defined({
        expertise,
        maintainer: maintainer || undefined,
        host_team: hostTeam,
        github,
        gitlab,
        max_open: maxOpen,
      }),
    ] as const;
  });
  return writeToml({
    routing: {
      reviewers: policy.reviewers,
      remind_after: formatDuration(policy.remindAfter),
      fallback_after: formatDuration(policy.fallbackAfter),
    },
    reviewer: sorted(Object.fromEntries(people)),
  });
}
