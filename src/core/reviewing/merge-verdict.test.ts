import { describe, expect, it } from 'vitest';
import { MERGE, newPlugin, OPENED, REVIEWERS, submission, TIERS } from '../../../test/support/submissions.ts';
import type { ReviewAnswer, Submission } from '../formats/submissions-file.ts';
import { DAY, HOUR } from '../instant.ts';
import { judgeMerge } from './merge-verdict.ts';
import { judgeRisk } from './risk.ts';

const at = (one: Submission, after: number, merge = MERGE) =>
  judgeMerge(one, judgeRisk(one, merge, TIERS), REVIEWERS, OPENED + after);
const says = (reviewer: string, verdict: ReviewAnswer['verdict'], after = HOUR): ReviewAnswer => ({
  reviewer,
  verdict,
  date: OPENED + after,
});

describe('a harmless new version', () => {
  it('is merged as soon as its checks are green', () => {
    expect(at(submission(), 0)).toMatchObject({ state: 'merge' });
    expect(at(submission({ checks: 'pending' }), DAY)).toMatchObject({ state: 'waiting' });
    expect(at(submission({ checks: 'failed' }), DAY)).toMatchObject({ state: 'blocked' });
  });

  it('waits for the delay of the policy, counted from the last push', () => {
    const merge = { ...MERGE, delay: HOUR };
    const pushed = submission({ updated: OPENED + HOUR });
    expect(at(pushed, 2 * HOUR - 1, merge)).toMatchObject({ state: 'waiting', due: OPENED + 2 * HOUR });
    expect(at(pushed, 2 * HOUR, merge)).toMatchObject({ state: 'merge' });
  });

  it('is held by one reviewer who rejects it', () => {
    expect(at(submission({ answers: [says('dana', 'reject')] }), DAY)).toMatchObject({
      state: 'blocked',
      because: 'Rejected by dana.',
    });
  });
});

describe('a new wasm plugin', () => {
  it('is merged by one approval, or after 72 hours without objection', () => {
    expect(at(newPlugin(), HOUR)).toMatchObject({ state: 'waiting', due: OPENED + 3 * DAY });
    expect(at(newPlugin({ answers: [says('dana', 'approve')] }), HOUR)).toMatchObject({
      state: 'merge',
      approvals: ['dana'],
    });
    expect(at(newPlugin(), 3 * DAY - 1)).toMatchObject({ state: 'waiting' });
    expect(at(newPlugin(), 3 * DAY)).toMatchObject({ state: 'merge' });
  });

  it('starts its clock anew with every push, and loses the approvals of what was there before', () => {
    const answers = [says('dana', 'approve')];
    const pushed = newPlugin({ updated: OPENED + 2 * DAY, answers });
    expect(at(pushed, 3 * DAY)).toMatchObject({ state: 'waiting', approvals: [], due: OPENED + 5 * DAY });
  });

  it('is not let in by time over concerns, nor by another approval, until they are withdrawn', () => {
    const answers = [says('carol', 'concerns'), says('dana', 'approve')];
    expect(at(newPlugin({ answers }), 9 * DAY)).toMatchObject({
      state: 'waiting',
      because: 'Concerns of carol are open.',
    });
    const withdrawn = [...answers, says('carol', 'approve', 2 * HOUR)];
    expect(at(newPlugin({ answers: withdrawn }), 9 * DAY)).toMatchObject({ state: 'merge' });
  });

  it('is not merged by its author, its owner or a stranger', () => {
    const own = newPlugin({ author: 'dana-hub', owner: 'erin' });
    const answers = [says('dana', 'approve'), says('erin', 'approve'), says('nobody-known', 'approve')];
    expect(at({ ...own, answers }, HOUR)).toMatchObject({ state: 'waiting', approvals: [] });
  });
});

describe('higher tiers', () => {
  it('native takes three approvals and never time alone', () => {
    const two = newPlugin({ tier: 'native', answers: [says('dana', 'approve'), says('carol', 'approve')] });
    expect(at(two, 99 * DAY)).toMatchObject({ state: 'waiting', because: 'It has 2 of 3 approvals.' });
    const three = { ...two, answers: [...two.answers, says('erin', 'approve')] };
    expect(at(three, HOUR)).toMatchObject({ state: 'merge' });
  });

  it('core takes two maintainers, however many others approve', () => {
    const others = ['carol', 'dana', 'erin', 'alice'].map((name) => says(name, 'approve'));
    const one = newPlugin({ tier: 'core', answers: others });
    expect(at(one, 99 * DAY)).toMatchObject({ state: 'waiting', because: 'It has 1 of 2 maintainers.' });
    expect(at({ ...one, answers: [...others, says('bob', 'approve')] }, HOUR)).toMatchObject({
      state: 'merge',
    });
  });
});
