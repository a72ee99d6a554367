import { SheafError } from '../../core/errors.ts';
import type { PluginSummary } from '../../core/index/plugin-summary.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Filters, UnknownFilter } from '../../core/search/filters.ts';
import { compareHits, type Hit } from '../../core/search/ranking.ts';
import { type Result, refine } from '../../core/search/refine.ts';
import { type SearchAnswer, type SearchRequest, searchIndex } from '../../core/search/search-index.ts';
import { summariesOf } from '../../core/search/summaries.ts';
import { quote } from '../../core/text.ts';
import { type Bar, standingOf } from '../../core/trust/standing.ts';
import type { Version } from '../../core/version.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import { openWithoutAsking } from '../registries/open-without-asking.ts';
import type { SyncPorts } from '../registries/sync.ts';
import { nearestName } from './nearest-name.ts';
import { floorsOf, type ProjectView, readProject } from './project-view.ts';
import { rulesOf } from './rules.ts';

/** What a search needs of the world. */
export type SearchPorts = SyncPorts & Pick<ClientPorts, 'project'>;

export interface SearchOptions {
  /** As a person typed it; without words everything is found. */
  readonly text: string;
  readonly filters: Filters;
  /** Show plugins that do not work with the engines of the project and the user, too. */
  readonly allEngines: boolean;
  readonly sort: SearchRequest['sort'];
  /** From 1. */
  readonly page: number;
  /** Results on a page. */
  readonly limit: number;
}

/** One result. */
export interface FoundPlugin extends PluginSummary {
  /** Alias of the registry. */
  readonly registry: string;
  /** Somebody reviewed it: its granted tier is above wasm. */
  readonly verified: boolean;
  /** The version that is installed in this project. */
  readonly installed?: Version;
  /** Why the version that is shown is refused. */
  readonly barred?: Bar['kind'];
}

/** A page of results. */
export interface SearchPage {
  readonly plugins: readonly FoundPlugin[];
  /** How many plugins were found in all, hidden ones not counted. */
  readonly total: number;
  /** How many were found that do not work with the engines that are there. */
  readonly hidden: number;
  readonly page: number;
  readonly pages: number;
  /** Words that no registry has, with what was looked for in their place. */
  readonly corrections: Readonly<Record<string, string>>;
  /** A plugin whose name is near to the text, when nothing was found. */
  readonly didYouMean?: string;
}

/**
 * Searches the configured registries as they were when they were last synchronised; one that is not known yet, or
 * whose checkpoint has expired, is synchronised first.
 *
 * @throws SheafError `SHEAF_USAGE` for a filter that nothing can pass, with the value that was probably meant,
 *   `SHEAF_UNKNOWN_REGISTRY` when none is configured, `SHEAF_OFFLINE`, and as `openRegistry`.
 */
export async function search(ports: SearchPorts, options: SearchOptions): Promise<SearchPage> {
  const { page, limit } = options;
  const view = await readProject(ports);
  const { engines } = await rulesOf(ports, view);
  const registries = await openWithoutAsking(ports, floorsOf(view.lock));
  const request: SearchRequest = {
    ...options,
    engines: options.allEngines ? {} : engines,
    first: page * limit,
  };
  const searched = await Promise.all(
    registries.map(async (registry) => ({ registry, answer: await searchIndex(registry, request) })),
  );
  refuseUnknown(searched.map(({ answer }) => answer));
  const total = searched.reduce((sum, { answer }) => sum + answer.total, 0);
  const onPage = searched
    .flatMap(({ registry, answer }) => answer.hits.map((hit) => ({ registry, answer, hit })))
    .toSorted((a, b) => compareHits(a.hit, b.hit))
    .slice((page - 1) * limit, page * limit);
  const results = await show(ports, onPage);
  const ordered = options.sort === 'relevance' ? refine(results, options.text, ports.clock.now()) : results;
  const didYouMean = total === 0 ? await nearestName(registries, nameLike(options.text)) : undefined;
  return {
    plugins: ordered.map((result) => foundPlugin(result, view)),
    total,
    hidden: searched.reduce((sum, { answer }) => sum + answer.hidden, 0),
    page,
    pages: Math.ceil(total / limit),
    corrections: Object.assign({}, ...searched.map(({ answer }) => answer.corrections)),
    ...(didYouMean === undefined ? {} : { didYouMean }),
  };
}

/** A result and the registry that has it. */
interface Shown extends Result {
  readonly registry: OpenRegistry;
}

/** What the hits of a page show, in their order. Without a network that is what lies on this machine. */
async function show(
  ports: SearchPorts,
  onPage: readonly {
    readonly registry: OpenRegistry;
    readonly answer: SearchAnswer;
    readonly hit: Hit;
  }[],
): Promise<readonly Shown[]> {
  const byHit = new Map<Hit, readonly Shown[]>();
  for (const registry of new Set(onPage.map((one) => one.registry))) {
    const own = onPage.filter((one) => one.registry === registry);
    const terms = own[0]?.answer.terms ?? [];
    const hits = own.map(({ hit }) => hit);
    const results = await summariesOf(hits, terms, registry, { isPartial: ports.offline });
    for (const hit of hits) {
      byHit.set(
        hit,
        results.filter((result) => result.hit === hit).map((result) => ({ ...result, registry })),
      );
    }
  }
  const missing = onPage.filter(({ hit }) => byHit.get(hit)?.length === 0).length;
  if (missing > 0) {
    ports.reporter.warn(
      `${missing} of the results are not on this machine. Fetch everything with: sheaf sync --full.`,
    );
  }
  return onPage.flatMap(({ hit }) => byHit.get(hit) ?? []);
}

function foundPlugin({ plugin, registry }: Shown, { installed }: ProjectView): FoundPlugin {
  const here = installed?.plugins.find((one) => one.name === plugin.name && one.registry === registry.id);
  const [bar] = standingOf(plugin, registry.state);
  return {
    ...plugin,
    registry: registry.alias,
    verified: plugin.tier.granted !== 'wasm',
    ...(here === undefined ? {} : { installed: here.version }),
    ...(bar === undefined ? {} : { barred: bar.kind }),
  };
}

/** A value that no registry has is a slip; one that only some have is not. */
function refuseUnknown(answers: readonly SearchAnswer[]): void {
  const [first, ...others] = answers;
  const slip = first?.unknown.find((one) =>
    others.every(({ unknown }) => unknown.some((other) => isSame(one, other))),
  );
  if (slip === undefined) return;
  const { field, value, meant } = slip;
  const known = answers.flatMap(({ unknown }) => unknown.filter((one) => isSame(one, slip)));
  const nearest = meant ?? known.find((one) => one.meant !== undefined)?.meant;
  throw new SheafError('SHEAF_USAGE', `No plugin has the ${field} ${quote(value)}.`, {
    hint:
      nearest === undefined
        ? `Leave --${field} out to see what there is.`
        : `Did you mean --${field} ${nearest}?`,
    details: { field, value },
  });
}

function isSame(a: UnknownFilter, b: UnknownFilter): boolean {
  return a.field === b.field && a.value === b.value;
}

/** The text in the form of a name, to be compared with names. */
function nameLike(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, '-').slice(0, LIMITS.queryLength);
}
