import type { MergePolicy } from '../formats/merge-policy.ts';
import type { ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { ReviewAnswer, Submission } from '../formats/submissions-file.ts';
import type { ChangePurpose } from '../submissions/purpose.ts';
import type { MergeVerdict } from './merge-verdict.ts';
import { countingAnswers, type Reviewed } from './reviewers-of.ts';
import type { Risk } from './risk.ts';

/**
 * Decides about a pull request without a release in it. What an owner or a reviewer signed about what is their own, a
 * machine may merge; a new owner, another owner, and what is for maintainers anyway, a maintainer has to approve.
 */
export function judgeOtherChange(
  purpose: ChangePurpose | undefined,
  checks: Submission['checks'],
  reviewed: Reviewed,
  { enabled }: MergePolicy,
  { people }: ReviewerPolicy,
): { readonly lane: Risk['lane']; readonly merge: MergeVerdict } {
  const isOwn = purpose === 'plugin' || purpose === 'review';
  const lane = isOwn && enabled ? 'machine' : 'review';
  const answers = countingAnswers(reviewed, { people });
  const by = (verdict: ReviewAnswer['verdict']): readonly string[] =>
    answers.filter((answer) => answer.verdict === verdict).map(({ reviewer }) => reviewer);
  const approvals = by('approve');
  const verdict = (state: MergeVerdict['state'], because: string): MergeVerdict => ({
    state,
    because,
    approvals,
  });
  const judge = (): MergeVerdict => {
    if (checks === 'failed') return verdict('blocked', 'Its checks failed.');
    if (by('reject').length > 0) return verdict('blocked', `Rejected by ${by('reject').join(', ')}.`);
    // Policies and trust itself change only by those who may push: no workflow takes that on itself.
    if (purpose === undefined)
      return verdict('waiting', 'It changes what is for maintainers: they merge it.');
    if (by('concerns').length > 0)
      return verdict('waiting', `Concerns of ${by('concerns').join(', ')} are open.`);
    if (lane === 'machine') return verdict('merge', 'Signed by those whose it is, with green checks.');
    const maintainers = approvals.filter((name) => people[name]?.maintainer === true);
    if (maintainers.length > 0) return verdict('merge', `Approved by ${maintainers.join(', ')}.`);
    return verdict('waiting', 'A maintainer has to approve it.');
  };
  return { lane, merge: judge() };
}
