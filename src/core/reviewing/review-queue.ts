import { defined } from '../defined.ts';
import { SheafError } from '../errors.ts';
import type { CategoryFile } from '../formats/category-file.ts';
import type { MergePolicy } from '../formats/merge-policy.ts';
import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { Submission, SubmissionsFile } from '../formats/submissions-file.ts';
import type { TierPolicy } from '../formats/tier-policy.ts';
import { formatInstant, type Instant } from '../instant.ts';
import { quote } from '../text.ts';
import { chooseReviewers, type ReviewerChoice } from './choose-reviewers.ts';
import { judgeMerge, type MergeVerdict } from './merge-verdict.ts';
import { dueReminders, type Reminders } from './reminders.ts';
import { openRequests } from './reviewers-of.ts';
import { judgeRisk, type Risk } from './risk.ts';

/** What a queue is judged by: files of the registry. */
export interface ReviewRules {
  readonly reviewers: ReviewerPolicy;
  readonly merge: MergePolicy;
  readonly tiers: TierPolicy;
  readonly categories: ReadonlyMap<string, CategoryFile>;
}

/** Every open submission of a registry and what should happen with it now. */
export interface ReviewQueue {
  readonly registry: string;
  readonly generated: Instant;
  /** Oldest first. */
  readonly entries: readonly QueueEntry[];
}

/** One of them. */
export interface QueueEntry {
  readonly submission: Submission;
  /** From 1, among those that wait in the same lane. */
  readonly position: number;
  readonly risk: Risk;
  readonly merge: MergeVerdict;
  /** Whom to ask now, and why not the others. */
  readonly ask: ReviewerChoice;
  readonly reminders: Reminders;
}

const NOBODY: ReviewerChoice = { chosen: [], passedOver: [] };

/**
 * Judges every open submission. The older one chooses its reviewers first, and who is chosen counts as busy for the
 * next; so one run never gives somebody more than they take.
 */
export function buildReviewQueue(file: SubmissionsFile, rules: ReviewRules, now: Instant): ReviewQueue {
  const submissions = file.submissions.toSorted((a, b) => a.opened - b.opened || Number(a.id) - Number(b.id));
  const load = new Map<string, number>();
  const isBusier = (reviewer: string): void => void load.set(reviewer, (load.get(reviewer) ?? 0) + 1);
  for (const submission of submissions) {
    for (const { reviewer } of openRequests(submission)) isBusier(reviewer);
  }
  const positions = { machine: 0, review: 0 };
  const entries = submissions.map((submission): QueueEntry => {
    const risk = judgeRisk(submission, rules.merge, rules.tiers);
    const merge = judgeMerge(submission, risk, rules.reviewers, now);
    const waits = risk.lane === 'review' && merge.state === 'waiting';
    const reminders = waits ? dueReminders(submission, rules.reviewers, now) : { late: [], fallback: false };
    const ask = waits ? choiceFor(submission, rules, load, reminders.fallback) : NOBODY;
    for (const { reviewer } of ask.chosen) isBusier(reviewer);
    positions[risk.lane] += 1;
    return { submission, position: positions[risk.lane], risk, merge, ask, reminders };
  });
  return { registry: file.registry, generated: now, entries };
}

/**
 * Who is asked now: as many as the policy wants, or all maintainers who are left once nobody answers.
 *
 * @param load open requests by reviewer.
 */
export function choiceFor(
  submission: Submission,
  { reviewers, categories }: ReviewRules,
  load: ReadonlyMap<string, number>,
  fallback: boolean,
): ReviewerChoice {
  const asked = submission.requests.map(({ reviewer }) => reviewer);
  return chooseReviewers(reviewers, {
    submission,
    expertise: categories.get(submission.category)?.expertise ?? [],
    load,
    asked,
    count: fallback ? reviewers.reviewers : reviewers.reviewers - asked.length,
    maintainersOnly: fallback,
  });
}

/**
 * Writes the queue as `schemas/review-queue.schema.json` describes it: what the workflows act on and the queue page
 * shows.
 *
 * @param people the policy, for the accounts of those who are to be asked.
 */
export function writeReviewQueue(queue: ReviewQueue, people: ReviewerPolicy['people']): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(queueDocument(queue, people), undefined, 2)}\n`);
}

/** What {@link writeReviewQueue} writes, as plain JSON values. */
export function queueDocument(
  { registry, generated, entries }: ReviewQueue,
  people: ReviewerPolicy['people'],
): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    registry,
    generated: formatInstant(generated),
    submissions: entries.map((entry) => entryDocument(entry, generated, people)),
  };
}

function entryDocument(
  { submission, position, risk, merge, ask, reminders }: QueueEntry,
  now: Instant,
  people: ReviewerPolicy['people'],
): Readonly<Record<string, unknown>> {
  const { id, url, plugin, version, author, owner, category, tier, opened, updated, requests } = submission;
  const account = (reviewer: string): object =>
    defined({ reviewer, github: people[reviewer]?.github, gitlab: people[reviewer]?.gitlab });
  return defined({
    id,
    url,
    plugin,
    version,
    author,
    owner,
    category,
    tier,
    opened: formatInstant(opened),
    updated: formatInstant(updated),
    waitingSeconds: Math.floor(Math.max(0, now - opened) / 1000),
    lane: risk.lane,
    position,
    reasons: risk.reasons,
    needs: risk.needs,
    state: merge.state,
    because: merge.because,
    due: merge.due === undefined ? undefined : formatInstant(merge.due),
    approvals: merge.approvals,
    asked: requests.map(({ reviewer, since }) => ({ reviewer, since: formatInstant(since) })),
    ask: ask.chosen.map(({ reviewer, because }) => ({ ...account(reviewer), because })),
    passedOver: ask.passedOver,
    remind: reminders.late.map(({ reviewer, since, late }) => ({
      ...account(reviewer),
      since: formatInstant(since),
      lateSeconds: Math.floor(late / 1000),
    })),
    fallback: reminders.fallback,
  });
}

/**
 * The entry of one pull request.
 *
 * @throws SheafError `SHEAF_USAGE` when it is not in the queue.
 */
export function entryOf({ entries }: ReviewQueue, id: string): QueueEntry {
  const entry = entries.find(({ submission }) => submission.id === id);
  if (entry !== undefined) return entry;
  throw new SheafError('SHEAF_USAGE', `The pull request ${quote(id)} is not among the submissions.`, {
    hint: 'Describe all that are open, this one included.',
  });
}

/**
 * The body of the request that asks the chosen reviewers on a forge: account names for GitHub ("Request reviewers
 * for a pull request"), and the same list for GitLab. Reviewers without an account there are left out.
 *
 * @throws SheafError `SHEAF_USAGE` for another forge.
 */
export function forgeRequest({ ask }: QueueEntry, people: ReviewerPolicy['people'], forge: string): string {
  if (forge !== 'github' && forge !== 'gitlab') {
    throw new SheafError('SHEAF_USAGE', `${quote(forge)} is no forge that reviewers have accounts on.`, {
      hint: 'Write github or gitlab.',
    });
  }
  const accounts = ask.chosen.flatMap(({ reviewer }) => people[reviewer]?.[forge] ?? []);
  return JSON.stringify({ reviewers: accounts });
}
