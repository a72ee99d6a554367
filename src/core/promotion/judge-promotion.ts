import type { Tier } from '../formats/manifest.ts';
import type { TierPolicy } from '../formats/tier-policy.ts';
import type { Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { CRITERIA, type CriterionId, type CriterionResult } from './criteria.ts';
import type { PromotionFacts } from './facts.ts';

/** A tier that has to be granted. */
export type GrantedTier = Exclude<Tier, 'wasm'>;

/** Where a plugin stands on its way to a tier. */
export interface Promotion {
  readonly plugin: PluginName;
  /** The release that was judged. */
  readonly version: Version;
  readonly from: Tier;
  readonly to: GrantedTier;
  /** Whether all criteria are met. */
  readonly met: boolean;
  readonly criteria: readonly CriterionResult[];
}

/** Holds a plugin against everything that the policy of its registry asks for a tier. */
export function judgePromotion(
  facts: PromotionFacts,
  to: GrantedTier,
  policy: TierPolicy,
  now: Instant,
): Promotion {
  const { plugin, version, granted } = facts;
  const asked = (Object.keys(CRITERIA) as Exclude<CriterionId, 'tier_below'>[]).flatMap((id) => {
    const result = CRITERIA[id](facts, policy[to], now);
    return result === undefined ? [] : [{ id, ...result }];
  });
  const criteria = [...(to === 'core' ? [tierBelow(granted)] : []), ...asked];
  return { plugin, version, from: granted, to, met: criteria.every(({ met }) => met), criteria };
}

/** The tier after the one that a plugin has; undefined at the top. */
export function nextTier(granted: Tier): GrantedTier | undefined {
  return ({ wasm: 'native', native: 'core', core: undefined } as const)[granted];
}

function tierBelow(granted: Tier): CriterionResult {
  return {
    id: 'tier_below',
    demand: 'the tier native was granted',
    met: granted !== 'wasm',
    evidence: [`It has the tier ${granted}.`],
  };
}
