import type { PluginRecord } from '../../core/index/records.ts';
import { parsePluginSpec } from '../../core/plugin-spec.ts';
import { info, type PluginInfo } from '../../ops/info.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, type Line, red, yellow } from '../render/line.ts';
import { definitionLines, tableLines, wrap } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const found = await info(await call.client(), parsePluginSpec(requiredArgument(call, 0)));
  const { plugin, registry, versions, installed } = found;
  return {
    data: { ...plugin, registry, installed: installed ?? null, versions, versionCount: plugin.versions },
    lines: () => infoLines(found, call.columns),
  };
}

function infoLines(
  { plugin, registry, versions, installed }: PluginInfo,
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
    ...tableLines(
      ['VERSION', 'PUBLISHED', 'TIER', 'PLATFORMS', ''],
      versions.map(({ version, published, tier, platforms, yanked, deprecated }) => [
        bold(version),
        published?.slice(0, 'YYYY-MM-DD'.length) ?? '',
        tier,
        platforms.join(', '),
        yanked === undefined ? yellow(deprecated ?? '') : red(`withdrawn: ${yanked}`),
      ]),
      width,
    ),
  ];
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
