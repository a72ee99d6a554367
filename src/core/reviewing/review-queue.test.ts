import { describe, expect, it } from 'vitest';
import { expectForm } from '../../../test/support/json-output.ts';
import { MERGE, newPlugin, OPENED, REVIEWERS, submission, TIERS } from '../../../test/support/submissions.ts';
import type { Submission } from '../formats/submissions-file.ts';
import { DAY, HOUR } from '../instant.ts';
import { writeQueuePage } from './queue-page.ts';
import { dueReminders } from './reminders.ts';
import { buildReviewQueue, forgeRequest, type ReviewQueue, writeReviewQueue } from './review-queue.ts';

const RULES = {
  reviewers: REVIEWERS,
  merge: MERGE,
  tiers: TIERS,
  categories: new Map([['visualizers', { title: 'V', description: 'V', expertise: ['graphs'] }]]),
};
const queueOf = (submissions: readonly Submission[], after = HOUR): ReviewQueue =>
  buildReviewQueue({ registry: 'acme', submissions }, RULES, OPENED + after);
const asked = (queue: ReviewQueue, index: number): readonly string[] =>
  queue.entries[index]!.ask.chosen.map(({ reviewer }) => reviewer);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('the queue', () => {
  it('numbers each lane by age, whatever the order it is told in', () => {
    const open = [
      newPlugin({ id: '3', opened: OPENED + 3 }),
      submission({ id: '2', opened: OPENED + 2 }),
      newPlugin({ id: '1', opened: OPENED + 1 }),
    ];
    const lines = queueOf(open).entries.map((one) => [one.submission.id, one.risk.lane, one.position]);
    expect(lines).toEqual([
      ['1', 'review', 1],
      ['2', 'machine', 1],
      ['3', 'review', 2],
    ]);
  });

  it('asks nobody about what machines merge or what is blocked', () => {
    const queue = queueOf([submission({ id: '1' }), newPlugin({ id: '2', checks: 'failed' })]);
    expect(queue.entries.map(({ ask }) => ask.chosen)).toEqual([[], []]);
  });

  it('never gives anybody more than they take in one run', () => {
    const open = Array.from({ length: 4 }, (_, index) =>
      newPlugin({ id: String(index + 1), opened: OPENED + index }),
    );
    const queue = queueOf(open);
    const all = open.flatMap((_, index) => asked(queue, index));
    expect(all.filter((name) => name === 'dana')).toHaveLength(2);
    expect(asked(queue, 0)).toHaveLength(3);
  });

  it('counts requests that are answered as no load, and asks only for who is missing', () => {
    const requests = [
      { reviewer: 'alice', since: OPENED },
      { reviewer: 'bob', since: OPENED },
    ];
    const queue = queueOf([newPlugin({ tier: 'native', requests })]);
    expect(asked(queue, 0)).toEqual(['dana']);
  });

  it('reminds after a day, and asks maintainers when nobody answered for three', () => {
    const requests = ['carol', 'dana', 'erin'].map((reviewer) => ({ reviewer, since: OPENED }));
    const one = newPlugin({ tier: 'native', requests });
    expect(dueReminders(one, REVIEWERS, OPENED + DAY - 1)).toEqual({ late: [], fallback: false });
    const late = dueReminders(one, REVIEWERS, OPENED + DAY + HOUR).late;
    expect(late).toContainEqual({ reviewer: 'carol', since: OPENED, late: HOUR });
    expect(late).toHaveLength(3);
    const queue = queueOf([one], 3 * DAY);
    expect(queue.entries[0]?.reminders.fallback).toBe(true);
    expect(new Set(asked(queue, 0))).toEqual(new Set(['alice', 'bob']));
  });

  it('takes one answer as a sign of life, and no longer reminds who gave it', () => {
    const requests = ['carol', 'dana'].map((reviewer) => ({ reviewer, since: OPENED }));
    const answers = [{ reviewer: 'dana', verdict: 'approve' as const, date: OPENED + HOUR }];
    const found = dueReminders(newPlugin({ requests, answers }), REVIEWERS, OPENED + 9 * DAY);
    expect(found.fallback).toBe(false);
    expect(found.late.map(({ reviewer }) => reviewer)).toEqual(['carol']);
  });

  it('is written as its schema says, with the accounts of whom to ask', () => {
    const requests = [{ reviewer: 'alice', since: OPENED }];
    const queue = queueOf([newPlugin({ requests }), submission({ id: '8' })], 2 * DAY);
    const document = JSON.parse(text(writeReviewQueue(queue, REVIEWERS.people))) as object;
    expectForm('review-queue.schema.json', document);
    expect(document).toMatchObject({
      submissions: [
        {
          position: 1,
          lane: 'review',
          state: 'waiting',
          waitingSeconds: (2 * DAY) / 1000,
          due: '2026-11-05T09:00:00Z',
          remind: [{ reviewer: 'alice', lateSeconds: DAY / 1000 }],
        },
        { lane: 'machine', state: 'merge' },
      ],
    });
    const request = JSON.parse(forgeRequest(queue.entries[0]!, REVIEWERS.people, 'github')) as {
      reviewers: string[];
    };
    expect(new Set(request.reviewers)).toEqual(new Set(['bob-hub', 'Dana-Hub']));
    expect(() => forgeRequest(queue.entries[0]!, REVIEWERS.people, 'svn')).toThrow('no forge');
  });
});

describe('the page of the queue', () => {
  it('shows release, reasons, clock and whom was asked', () => {
    const page = text(writeQueuePage(queueOf([newPlugin()], 5 * HOUR)));
    expect(page).toContain('graph-lens 1.1.0</a>');
    expect(page).toContain('graph-lens is new to the registry.');
    expect(page).toContain('Merges by itself at <time datetime="2026-11-05T09:00:00Z">');
    expect(page).toContain('5 h since');
    expect(page).toMatch(/Asked: (alice|bob|dana), /);
  });

  it('says so when nothing waits', () => {
    expect(text(writeQueuePage(queueOf([])))).toContain('Nothing is waiting.');
  });

  it('runs nothing and loads nothing, whatever a submission says', () => {
    const hostile = newPlugin({
      url: 'javascript:alert(1)',
      owner: '"><script>alert(1)</script>',
      category: "' onmouseover='alert(1)",
      findings: [{ rule: '<img src=x onerror=alert(1)>\u202e', severity: 'high' }],
    });
    const page = text(writeQueuePage(queueOf([hostile])));
    expect(page).not.toMatch(/<script|<img|javascript:|\u202e/);
    expect(page).not.toMatch(/<[^>]*\son\w+=/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('&lt;script&gt;');
  });
});
