import { SheafError } from '../../core/errors.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock } from '../../core/ports.ts';
import { judgePromotion, nextTier, type Promotion } from '../../core/promotion/judge-promotion.ts';
import type { PromotionReport } from '../../core/promotion/report.ts';
import { openStanding, type StandingTrees } from './registry-standing.ts';

/**
 * Holds every plugin of a registry against the criteria of the tier after the one that it has. A plugin whose files
 * cannot be read is named as such and keeps no other from being judged.
 *
 * @throws SheafError `SHEAF_PATH` when it is no registry, `SHEAF_ROOT`, `SHEAF_INVALID_FILE` for a broken policy.
 */
export async function promotionReport(
  ports: StandingTrees & { readonly clock: Clock },
): Promise<PromotionReport> {
  const now = ports.clock.now();
  const standing = await openStanding(ports);
  const promotions: Promotion[] = [];
  const unjudged: { readonly plugin: PluginName; readonly problem: string }[] = [];
  for (const plugin of standing.plugins) {
    try {
      const facts = await standing.facts(plugin);
      const to = nextTier(facts.granted);
      if (to !== undefined) promotions.push(judgePromotion(facts, to, standing.tiers, now));
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      unjudged.push({ plugin, problem: error.message });
    }
  }
  return { registry: standing.registry, generated: now, promotions, unjudged };
}
