import type { PluginSummary } from '../index/plugin-summary.ts';
import { qualityOf } from '../index/ranks.ts';
import { DAY, type Instant, parseInstant } from '../instant.ts';
import type { Hit } from './ranking.ts';

/** A result: what was found, and what it shows. */
export interface Result {
  readonly hit: Hit;
  readonly plugin: PluginSummary;
}

// A year and a half without a release, and freshness says nothing any more.
const STALE_AFTER: number = 548 * DAY;

/**
 * Orders the results of one page by relevance with all that is known of them now: the registry's score and how
 * fresh a plugin is are no part of postings, where every release would change them. What is on the page does not
 * change. Of names that are one word to the index (image and images) the one that was written comes first.
 */
export function refine<T extends Result>(results: readonly T[], text: string, now: Instant): readonly T[] {
  const name = text.trim().toLowerCase().replaceAll(/\s+/g, '-');
  const scored = results.map((result) => ({
    result,
    score: result.hit.score * (4000 + qualityOf(result.plugin) + freshness(result.plugin, now)),
  }));
  return scored
    .toSorted(
      (a, b) =>
        b.result.hit.group - a.result.hit.group ||
        Number(b.result.plugin.name === name) - Number(a.result.plugin.name === name) ||
        b.score - a.score,
    )
    .map(({ result }) => result);
}

/** 0 to 500: how much is left of the time after which a release is old. */
function freshness({ published }: PluginSummary, now: Instant): number {
  const instant = published === undefined ? undefined : parseInstant(published);
  if (instant === undefined) return 0;
  const age = Math.min(STALE_AFTER, Math.max(0, now - instant));
  return Math.floor((500 * (STALE_AFTER - age)) / STALE_AFTER);
}
