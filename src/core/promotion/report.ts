import { defined } from '../defined.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { escapeMarkdown } from '../text.ts';
import type { Promotion } from './judge-promotion.ts';

/** Where all plugins of a registry stand on their way to the next tier. */
export interface PromotionReport {
  readonly registry: string;
  readonly generated: Instant;
  /** In order of names; plugins of the highest tier are not in it. */
  readonly promotions: readonly Promotion[];
  /** Plugins that could not be judged, with the sentence that says why. */
  readonly unjudged: readonly { readonly plugin: PluginName; readonly problem: string }[];
}

/** Writes the report as `schemas/promotion-report.schema.json` describes it. */
export function writePromotionReport(report: PromotionReport): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(reportDocument(report), undefined, 2)}\n`);
}

/** What {@link writePromotionReport} writes, as plain JSON values. */
export function reportDocument({
  registry,
  generated,
  promotions,
  unjudged,
}: PromotionReport): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    registry,
    generated: formatInstant(generated),
    promotions: promotions.map(promotionDocument),
    unjudged,
  };
}

/** A promotion as plain JSON values. */
export function promotionDocument(promotion: Promotion): Readonly<Record<string, unknown>> {
  const { plugin, version, from, to, met, criteria } = promotion;
  return defined({ plugin, version, from, to, met, criteria: [...criteria] });
}

/** Writes the report for people: who is ready, and of the others the criteria that are not met. */
export function writePromotionMarkdown({
  registry,
  generated,
  promotions,
  unjudged,
}: PromotionReport): Uint8Array {
  const ready = promotions.filter(({ met }) => met);
  const others = promotions.filter(({ met }) => !met);
  const lines = [
    `# Promotions in ${registry}`,
    '',
    `As of ${formatInstant(generated)}. ${ready.length} ready, ${others.length} not yet.`,
    ...section('Ready', ready.flatMap(detailed)),
    ...section('Not yet', others.flatMap(summarised)),
    ...section(
      'Not judged',
      unjudged.map(({ plugin, problem }) => `- ${plugin}: ${escapeMarkdown(problem)}`),
    ),
  ];
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
}

function detailed(promotion: Promotion): readonly string[] {
  const { plugin, version, to, criteria } = promotion;
  return [
    `- ${plugin} ${version} → ${to}`,
    ...criteria.map(
      ({ demand, evidence }) => `  - ${escapeMarkdown(demand)}: ${escapeMarkdown(evidence.join(' '))}`,
    ),
  ];
}

function summarised({ plugin, version, to, criteria }: Promotion): readonly string[] {
  const unmet = criteria.filter(({ met }) => !met);
  return [
    `- ${plugin} ${version} → ${to}: ${criteria.length - unmet.length} of ${criteria.length} met`,
    ...unmet.map(
      ({ demand, evidence }) => `  - ${escapeMarkdown(demand)}: ${escapeMarkdown(evidence.join(' '))}`,
    ),
  ];
}
