import type { PluginRecord } from '../../core/index/records.ts';
import { parsePluginSpec } from '../../core/plugin-spec.ts';
import { type Bar, barredBecause } from '../../core/trust/standing.ts';
import { type AdvisoryNotice, info, type PluginInfo } from '../../ops/plugins/info.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, type Line, red, type Span, yellow } from '../render/line.ts';
import { definitionLines, tableLines, wrap } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const found = await info(await call.client(), parsePluginSpec(requiredArgument(call, 0)));
  const { plugin, registry, versions, installed, advisories, barred, badges } = found;
  return {
    data: {
      ...plugin,
      registry,
      installed: installed ?? null,
      versions,
      versionCount: plugin.versions,
      advisories,
      badges,
      barred: barred.map(({ version, bar }) => ({ version, kind: bar.kind, because: barredBecause(bar) })),
    },
    lines: () => infoLines(found, call.columns),
  };
}

function infoLines(
  { plugin, registry, versions, installed, advisories, barred, badges }: PluginInfo,
  width: number | undefined,
): readonly Line[] {
  const columns = Math.min(width ?? 100, 100);
  return [
    [bold(plugin.displayName ?? plugin.name), ` ${plugin.version}`, dim(`  ${registry}/${plugin.name}`)],
    ...wrap(plugin.description, columns),
    ...(plugin.deprecated === undefined ? [] : [[yellow('deprecated'), `: ${plugin.deprecated}`]]),
    '',
    ...definitionLines(facts(plugin, installed), columns),
    '',
    ...definitionLines(
      badges.map(({ badge, because }) => [badge, because] as const),
      columns,
    ),
    ...(badges.length === 0 ? [] : ['']),
    ...tableLines(
      ['VERSION', 'PUBLISHED', 'TIER', 'PLATFORMS', ''],
      versions.map(({ version, published, tier, platforms, yanked, deprecated }) => [
        bold(version),
        published?.slice(0, 'YYYY-MM-DD'.length) ?? '',
        tier,
        platforms.join(', '),
        noteOf(yanked, deprecated, barred.find((one) => one.version === version)?.bar),
      ]),
      width,
    ),
    ...(advisories.length === 0 ? [] : ['', ...advisories.flatMap(advisoryLines)]),
  ];
}

/** What stands beside a version: that it is refused, before that it was withdrawn, before that it is deprecated. */
function noteOf(yanked: string | undefined, deprecated: string | undefined, bar: Bar | undefined): Span {
  if (bar !== undefined) return red(barredBecause(bar));
  return yanked === undefined ? yellow(deprecated ?? '') : red(`withdrawn: ${yanked}`);
}

function advisoryLines({ id, malware, summary, severity, versions, url }: AdvisoryNotice): readonly Line[] {
  const rating =
    severity?.score === undefined ? '' : ` ${severity.rating ?? ''} ${severity.score.toFixed(1)}`;
  return [
    [red(`${malware ? 'malware' : 'advisory'} ${id}`), `${rating}: ${summary ?? 'no summary'}`],
    dimmed(`  affects ${versions.join(', ')}`),
    ...(url === undefined ? [] : [dimmed(`  ${url}`)]),
  ];
}

function dimmed(text: string): Line {
  return [dim(text)];
}

function facts(plugin: PluginRecord, installed: string | undefined): readonly (readonly [string, string])[] {
  const { tier } = plugin;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['installed', installed ?? 'no'],
    ['author', plugin.authors.join(', ')],
    ['owner', plugin.owner],
    ['license', plugin.license],
    ['category', plugin.category],
    ['keywords', plugin.keywords.join(', ')],
    ['tier', tier.granted === tier.requested ? tier.granted : `${tier.granted} (asks for ${tier.requested})`],
    ['capabilities', plugin.capabilities.join(', ') || 'none'],
    ['languages', plugin.languages.join(', ')],
    [
      'works with',
      Object.entries(plugin.engines)
        .map(([engine, range]) => `${engine} ${range}`)
        .join(', '),
    ],
    ['repository', plugin.repository],
    ['homepage', plugin.homepage],
    ['downloads', plugin.downloads?.toString()],
    [
      'rating',
      plugin.rating === undefined ? undefined : `${plugin.rating} of 5 (${plugin.ratingCount ?? 0})`,
    ],
    ['score', plugin.score?.toString()],
  ];
  return rows.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as const],
  );
}
