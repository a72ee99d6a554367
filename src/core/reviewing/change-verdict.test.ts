import { describe, expect, it } from 'vitest';
import { MERGE, OPENED, REVIEWERS } from '../../../test/support/submissions.ts';
import type { ReviewAnswer } from '../formats/submissions-file.ts';
import { judgeOtherChange } from './change-verdict.ts';
import type { Reviewed } from './reviewers-of.ts';

const answer = (reviewer: string, verdict: ReviewAnswer['verdict']): ReviewAnswer => ({
  reviewer,
  verdict,
  date: OPENED,
});

const none: Reviewed = { author: 'ada', owners: ['ada'], updated: OPENED, answers: [] };
const answered = (...answers: readonly ReviewAnswer[]): Reviewed => ({ ...none, answers });

describe('a pull request without a release', () => {
  it.each<[string, Parameters<typeof judgeOtherChange>, string, string]>([
    ['what an owner says of a plugin', ['plugin', 'passed', none, MERGE, REVIEWERS], 'machine', 'merge'],
    ['a signed review', ['review', 'passed', none, MERGE, REVIEWERS], 'machine', 'merge'],
    ['anything with a fault', ['plugin', 'failed', none, MERGE, REVIEWERS], 'machine', 'blocked'],
    [
      'what somebody rejects',
      ['plugin', 'passed', answered(answer('erin', 'reject')), MERGE, REVIEWERS],
      'machine',
      'blocked',
    ],
    [
      'a plugin where machines are off',
      ['plugin', 'passed', none, { ...MERGE, enabled: false }, REVIEWERS],
      'review',
      'waiting',
    ],
    [
      'a new owner',
      ['owner', 'passed', answered(answer('erin', 'approve')), MERGE, REVIEWERS],
      'review',
      'waiting',
    ],
    [
      'a transfer',
      ['transfer', 'passed', answered(answer('alice', 'approve')), MERGE, REVIEWERS],
      'review',
      'merge',
    ],
    [
      'an approval that was taken back',
      [
        'transfer',
        'passed',
        answered(answer('alice', 'approve'), answer('alice', 'reject')),
        MERGE,
        REVIEWERS,
      ],
      'review',
      'blocked',
    ],
    [
      'what a maintainer approves of for a plugin of their own',
      [
        'transfer',
        'passed',
        { ...answered(answer('alice', 'approve')), owners: ['bob', 'alice'] },
        MERGE,
        REVIEWERS,
      ],
      'review',
      'waiting',
    ],
    [
      'what was approved before its last commit',
      [
        'transfer',
        'passed',
        { ...answered(answer('alice', 'approve')), updated: OPENED + 1 },
        MERGE,
        REVIEWERS,
      ],
      'review',
      'waiting',
    ],
    [
      'what somebody has concerns about',
      ['plugin', 'passed', answered(answer('erin', 'concerns')), MERGE, REVIEWERS],
      'machine',
      'waiting',
    ],
    [
      'what is for maintainers',
      [undefined, 'passed', answered(answer('alice', 'approve')), MERGE, REVIEWERS],
      'review',
      'waiting',
    ],
  ])('%s', (_, given, lane, state) => {
    const judged = judgeOtherChange(...given);
    expect([judged.lane, judged.merge.state]).toEqual([lane, state]);
  });
});
