import type { MergePolicy } from '../formats/merge-policy.ts';
import type { Submission } from '../formats/submissions-file.ts';
import type { TierPolicy } from '../formats/tier-policy.ts';

/** What a submission needs before it is merged. */
export interface Risk {
  /** `machine`: nothing about it is new or risky, and green checks are enough. */
  readonly lane: 'machine' | 'review';
  /** Why people have to look; empty in the lane of machines. */
  readonly reasons: readonly RiskReason[];
  /** How many must approve. */
  readonly needs: { readonly approvals: number; readonly maintainers: number };
  /** Milliseconds from the last push after which it is merged unless somebody objects; absent: never by time alone. */
  readonly mergesAfter?: number;
}

/** One thing that makes people look. */
export interface RiskReason {
  readonly rule: RiskRule;
  /** One sentence. */
  readonly message: string;
}

/** Every way to be risky. */
export type RiskRule =
  | 'machines-off'
  | 'new-plugin'
  | 'new-owner'
  | 'tier-change'
  | 'tier'
  | 'wider-capabilities'
  | 'finding';

const SEVERITIES = ['none', 'info', 'low', 'medium', 'high', 'critical'] as const;

/** What a tier needs where the policy of a registry does not say. */
const NEEDS = { wasm: { approvals: 1 }, native: { approvals: 3 }, core: { maintainers: 2 } } as const;

/**
 * Judges what about a submission is new or risky. A new version by the same owner, without wider capabilities,
 * another tier or a finding above what the policy allows is for machines; everything else is for people.
 */
export function judgeRisk(submission: Submission, merge: MergePolicy, tiers: TierPolicy): Risk {
  const reasons = RULES.flatMap((rule) => rule(submission, merge));
  const needs = needsOf(submission, tiers);
  if (reasons.length === 0) return { lane: 'machine', reasons, needs: NOBODY, mergesAfter: merge.delay };
  const { newPluginsAfter } = merge;
  // Silence lets in what is new, and nothing that is risky besides.
  const maySilence = submission.tier === 'wasm' && reasons.every(({ rule }) => rule === 'new-plugin');
  return {
    lane: 'review',
    reasons,
    needs,
    ...(maySilence && newPluginsAfter !== undefined ? { mergesAfter: newPluginsAfter } : {}),
  };
}

const NOBODY = { approvals: 0, maintainers: 0 } as const;

function needsOf({ tier }: Submission, tiers: TierPolicy): Risk['needs'] {
  const asked = { ...NEEDS[tier], ...tiers[tier] };
  const needs = { approvals: asked.approvals ?? 0, maintainers: asked.maintainers ?? 0 };
  // A policy that asks for nobody would let in what people have to see.
  return needs.approvals + needs.maintainers === 0 ? { ...needs, approvals: 1 } : needs;
}

type Rule = (submission: Submission, merge: MergePolicy) => readonly RiskReason[];

const RULES: readonly Rule[] = [
  (_, { enabled }) => when(!enabled, 'machines-off', 'This registry lets no machine merge.'),
  ({ before, plugin }) => when(before === undefined, 'new-plugin', `${plugin} is new to the registry.`),
  ({ before, owner, plugin }) =>
    when(
      before !== undefined && before.owner !== owner,
      'new-owner',
      `${plugin} was ${before?.owner}'s and would be ${owner}'s.`,
    ),
  ({ before, tier }) =>
    when(
      before !== undefined && before.tier !== tier,
      'tier-change',
      `The tier changes from ${before?.tier} to ${tier}.`,
    ),
  ({ tier }, { tiers }) =>
    when(!tiers.includes(tier), 'tier', `No machine may merge a release of the tier ${tier}.`),
  ({ before, capabilities }) => {
    const wider = capabilities.filter((one) => before?.capabilities.includes(one) === false);
    return when(wider.length > 0, 'wider-capabilities', `It asks for more than before: ${wider.join(', ')}.`);
  },
  ({ findings }, { maxSeverity }) =>
    findings
      .filter(({ severity }) => SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(maxSeverity))
      .map(({ rule, severity }) => ({
        rule: 'finding',
        message: `The scan found ${rule}, of severity ${severity}.`,
      })),
];

function when(isSo: boolean, rule: RiskRule, message: string): readonly RiskReason[] {
  return isSo ? [{ rule, message }] : [];
}
