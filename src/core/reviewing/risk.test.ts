import { describe, expect, it } from 'vitest';
import { MERGE, newPlugin, submission, TIERS } from '../../../test/support/submissions.ts';
import type { MergePolicy } from '../formats/merge-policy.ts';
import type { Submission } from '../formats/submissions-file.ts';
import { judgeRisk } from './risk.ts';

const judge = (one: Submission, merge: Partial<MergePolicy> = {}) =>
  judgeRisk(one, { ...MERGE, ...merge }, TIERS);

const before = submission().before!;

describe('a submission', () => {
  it('is for machines when nothing about it is new or risky', () => {
    expect(judge(submission({ findings: [{ rule: 'long-line', severity: 'low' }] }))).toEqual({
      lane: 'machine',
      reasons: [],
      needs: { approvals: 0, maintainers: 0 },
      mergesAfter: 0,
    });
  });

  it('may ask for less than before and stay with machines', () => {
    expect(judge(submission({ capabilities: [] })).lane).toBe('machine');
  });

  it.each<[string, Submission, Partial<MergePolicy>, string]>([
    ['is a new plugin', newPlugin(), {}, 'new-plugin'],
    ['changes the owner', submission({ before: { ...before, owner: 'other' } }), {}, 'new-owner'],
    ['asks for more', submission({ capabilities: ['query', 'network'] }), {}, 'wider-capabilities'],
    [
      'has a finding of severity medium',
      submission({ findings: [{ rule: 'eval', severity: 'medium' }] }),
      {},
      'finding',
    ],
    ['comes while machines may not merge', submission(), { enabled: false }, 'machines-off'],
    [
      'is native as the one before',
      submission({ tier: 'native', before: { ...before, tier: 'native' } }),
      {},
      'tier',
    ],
  ])('that %s is for people, and only for that reason', (_, one, merge, rule) => {
    const risk = judge(one, merge);
    expect(risk.lane).toBe('review');
    expect(risk.reasons.map((reason) => reason.rule)).toEqual([rule]);
  });

  it('names what it asks for beyond the release before', () => {
    const { reasons } = judge(submission({ capabilities: ['network', 'query', 'storage'] }));
    expect(reasons[0]?.message).toBe('It asks for more than before: network, storage.');
  });

  it('gathers every reason, not the first', () => {
    const one = submission({
      tier: 'native',
      capabilities: ['network'],
      findings: [{ rule: 'eval', severity: 'critical' }],
    });
    expect(judge(one).reasons.map(({ rule }) => rule)).toEqual([
      'tier-change',
      'tier',
      'wider-capabilities',
      'finding',
    ]);
  });

  it('is let in by silence only when it is new, of the tier wasm, and nothing else', () => {
    expect(judge(newPlugin()).mergesAfter).toBe(MERGE.newPluginsAfter);
    expect(judge(newPlugin({ tier: 'native' }))).not.toHaveProperty('mergesAfter');
    expect(judge(newPlugin({ findings: [{ rule: 'eval', severity: 'high' }] }))).not.toHaveProperty(
      'mergesAfter',
    );
    expect(judge(submission({ capabilities: ['network'] }))).not.toHaveProperty('mergesAfter');
  });

  it('needs what its tier asks for: one approval, three, or two maintainers', () => {
    expect(judge(newPlugin()).needs).toEqual({ approvals: 1, maintainers: 0 });
    expect(judge(newPlugin({ tier: 'native' })).needs).toEqual({ approvals: 3, maintainers: 0 });
    expect(judge(newPlugin({ tier: 'core' })).needs).toEqual({ approvals: 0, maintainers: 2 });
  });

  it('needs somebody even where a policy asks for nobody', () => {
    const nobody = { wasm: { approvals: 0 }, native: {}, core: {} };
    expect(judgeRisk(newPlugin(), MERGE, nobody).needs).toEqual({ approvals: 1, maintainers: 0 });
    expect(judgeRisk(newPlugin({ tier: 'native' }), MERGE, nobody).needs.approvals).toBe(3);
  });
});
