import { SheafError } from '../../core/errors.ts';
import type { FilterField } from '../../core/index/terms.ts';
import { type FoundPlugin, type SearchOptions, type SearchPage, search } from '../../ops/plugins/search.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, green, type Line, red, type Span, yellow } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

const DEFAULT_LIMIT = 20;
const MOST_RESULTS = 100;

const FILTERS: readonly FilterField[] = [
  'category',
  'keyword',
  'language',
  'capability',
  'tier',
  'license',
  'author',
  'owner',
];

export async function run(call: Call): Promise<Outcome> {
  const found = await search(await call.client(), optionsOf(call));
  const { plugins, total, hidden, page, pages, corrections, didYouMean } = found;
  return {
    data: {
      plugins: plugins.map(resultOf),
      total,
      hidden,
      page,
      pages,
      corrections,
      ...(didYouMean === undefined ? {} : { didYouMean }),
    },
    lines: () => pageLines(found, call.columns),
  };
}

function optionsOf(call: Call): SearchOptions {
  const limit = Number(call.value('limit') ?? DEFAULT_LIMIT);
  if (limit > MOST_RESULTS) {
    throw new SheafError('SHEAF_USAGE', `--limit can be at most ${MOST_RESULTS}.`, {
      hint: 'See further results with --page.',
    });
  }
  const filters = Object.fromEntries(FILTERS.map((field) => [field, call.values(field)]));
  return {
    text: call.arguments.join(' '),
    filters: { ...filters, verified: call.flag('verified') ? ['yes'] : [] },
    allEngines: call.flag('all-engines'),
    // The table admits no other value.
    sort: (call.value('sort') ?? 'relevance') as SearchOptions['sort'],
    page: Number(call.value('page') ?? 1),
    limit,
  };
}

/** A result as programs read it. */
function resultOf(plugin: FoundPlugin): Readonly<Record<string, unknown>> {
  const { authors, tier, installed, ...rest } = plugin;
  return { ...rest, author: authors.join(', '), tier: tier.granted, installed: installed ?? null };
}

function pageLines(found: SearchPage, width: number | undefined): readonly Line[] {
  const { plugins, total, hidden, page, pages, didYouMean } = found;
  const concealed =
    hidden === 0 ? [] : [dim(`${hidden} more do not work with your engines; show them with --all-engines.`)];
  if (total === 0) {
    const meant = didYouMean === undefined ? [] : [` Did you mean ${didYouMean}?`];
    return [['No plugin was found.', ...meant], ...concealed.map((span) => [span])];
  }
  if (plugins.length === 0) return [`There is no page ${page}: ${total} plugins are on ${pages} pages.`];
  const several = new Set(plugins.map(({ registry }) => registry)).size > 1;
  const rows = plugins.map((plugin) => [
    bold(several ? `${plugin.registry}/${plugin.name}` : plugin.name),
    plugin.version,
    standing(plugin),
    plugin.description,
  ]);
  const count = total === 1 ? '1 plugin' : `${total} plugins`;
  const place = pages > 1 ? `${count}, page ${page} of ${pages}` : count;
  return [
    ...corrected(found),
    ...tableLines(['PLUGIN', 'VERSION', '', 'DESCRIPTION'], rows, width),
    '',
    [dim(place)],
    ...concealed.map((span) => [span]),
  ];
}

/** What a person should know before they choose: one word. */
function standing({ barred, deprecated, yanked, installed, verified }: FoundPlugin): Span | string {
  if (barred !== undefined) return red(barred === 'malware' ? 'malware' : 'quarantined');
  if (yanked !== undefined) return yellow('withdrawn');
  if (deprecated !== undefined) return yellow('deprecated');
  if (installed !== undefined) return green('installed');
  return verified ? green('verified') : '';
}

function corrected({ corrections }: SearchPage): readonly Line[] {
  return Object.entries(corrections).map(([word, term]) => `Nothing has "${word}"; these have "${term}".`);
}
