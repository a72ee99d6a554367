import {
  type ApiPlugin,
  type ApiPluginPage,
  apiPlugin,
  apiVersion,
  apiVersionSummary,
} from '../../core/api/answers.ts';
import { downloadName, requestedPlatform } from '../../core/api/download.ts';
import { readListQuery } from '../../core/api/list-query.ts';
import { openApiDocument } from '../../core/api/openapi.ts';
import { type ApiRoute, readApiRoute } from '../../core/api/route.ts';
import { parseJson, readMap, readText } from '../../core/documents/strict-json.ts';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import { readAdvisory } from '../../core/formats/advisory.ts';
import { readCategoryFile } from '../../core/formats/category-file.ts';
import { LATEST_PATH } from '../../core/index/checkpoint.ts';
import type { PluginRecord, ReleasesRecord, VersionRecord } from '../../core/index/records.ts';
import { parseSourcePath } from '../../core/index/source-layout.ts';
import { formatInstant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock, IndexSource, SourceHealth } from '../../core/ports.ts';
import type { ApiAnswer, ApiRequest } from '../../core/publishing-ports.ts';
import { refine } from '../../core/search/refine.ts';
import { searchIndex } from '../../core/search/search-index.ts';
import { summariesOf } from '../../core/search/summaries.ts';
import { writeTrustState } from '../../core/trust/trust-state.ts';
import type { Version } from '../../core/version.ts';
import { artifactFor } from '../plugins/fetch-artifacts.ts';
import { nearestName } from '../plugins/nearest-name.ts';
import { heldTrust } from './mirror.ts';
import { type OpenRegistry, openRegistry } from './open-registry.ts';

/** What the API of a mirror needs. */
export interface MirrorApiPorts {
  /** The mirror. */
  readonly tree: IndexSource;
  readonly clock: Clock;
  /** `schemas/api.schema.json`. */
  readonly schema: () => Promise<unknown>;
  /** Of sheaf. */
  readonly version: string;
}

/** Answers the JSON API of a mirror. */
export interface MirrorApi {
  /**
   * Opens what the mirror holds.
   *
   * @throws SheafError `SHEAF_NOT_A_REGISTRY` when it holds nothing, and as `openRegistry`.
   */
  open(): Promise<OpenRegistry>;
  /** Answers one request; undefined when the path is not one of the API. A refusal is an answer, too. */
  answer(request: ApiRequest): Promise<ApiAnswer | undefined>;
}

/** Refusals by their HTTP status (RFC 9110 §15.5); whatever else goes wrong is the mirror's own fault. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  SHEAF_USAGE: 400,
  SHEAF_UNKNOWN_PLUGIN: 404,
  SHEAF_UNKNOWN_VERSION: 404,
  SHEAF_PLATFORM: 404,
  SHEAF_REVOKED: 410,
};

/** Links are relative to the host, so that they hold behind any proxy. */
const BASE = '/';

/**
 * The JSON API over a mirror directory: the same readers, search and rules of trust as a client, with the
 * directory as the only source. What is published in it later is picked up with the next request.
 */
export function createMirrorApi(ports: MirrorApiPorts): MirrorApi {
  let opened: { readonly latest: string; readonly registry: OpenRegistry } | undefined;

  async function open(): Promise<OpenRegistry> {
    const bytes = await ports.tree.readFile(LATEST_PATH, LIMITS.latestBytes);
    const latest = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    if (opened !== undefined && (latest === undefined || latest === opened.latest)) return opened.registry;
    try {
      const registry = await openMirror(ports);
      opened = { latest: latest ?? '', registry };
      return registry;
    } catch (error) {
      // What was served before is still whole and signed.
      if (opened !== undefined && error instanceof SheafError) return opened.registry;
      throw error;
    }
  }

  async function answer(request: ApiRequest): Promise<ApiAnswer | undefined> {
    const route = readApiRoute(request.path);
    if (route === undefined) return undefined;
    try {
      return await answerRoute(await open(), route, request, ports);
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      const { code, message, hint } = error;
      return json({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }, STATUS[code] ?? 500);
    }
  }

  return { open, answer };
}

/** Forgets everything: a mirror has one source and nothing to choose between. */
const FORGETFUL: SourceHealth = {
  order: (urls) => Promise.resolve(urls),
  failed: () => Promise.resolve(),
  worked: () => Promise.resolve(),
  list: () => Promise.resolve([]),
};

async function openMirror({ tree, clock }: MirrorApiPorts): Promise<OpenRegistry> {
  const held = await heldTrust(tree);
  if (held?.checkpoint === undefined) {
    throw new SheafError('SHEAF_NOT_A_REGISTRY', `${tree.url} holds no mirror.`, {
      hint: 'Fill it with: sheaf mirror URL DIR.',
    });
  }
  let state = writeTrustState(held);
  return openRegistry(
    {
      clock,
      health: FORGETFUL,
      openSource: () => tree,
      // The directory is the store: every object is read from it and checked each time.
      store: { read: () => Promise.resolve(undefined), write: () => Promise.resolve() },
      user: {
        readTrust: () => Promise.resolve(state),
        async writeTrust(_, bytes) {
          state = bytes;
        },
        exclusively: (work) => work(),
      },
    },
    { alias: held.registry, id: held.registry, urls: [tree.url], root: held.rootId },
    // Inside a fence the newest copy may be old; `stats` tells, and clients judge for themselves.
    { allowStale: true },
  );
}

async function answerRoute(
  registry: OpenRegistry,
  route: ApiRoute,
  request: ApiRequest,
  ports: MirrorApiPorts,
): Promise<ApiAnswer> {
  switch (route.kind) {
    case 'plugins':
      return json(await listPlugins(registry, request.query, ports));
    case 'plugin': {
      const { plugin, releases } = await findPlugin(registry, route.name);
      const versions = releases.versions.map((one) => apiVersionSummary(route.name, one, BASE));
      return json({ ...apiPlugin(plugin, BASE), versions });
    }
    case 'versions': {
      const { releases } = await findPlugin(registry, route.name);
      const versions = releases.versions.map((one) => apiVersionSummary(route.name, one, BASE));
      return json({ name: route.name, versions });
    }
    case 'version':
      return json(await showVersion(registry, route.name, route.version));
    case 'download':
      return download(registry, route, request);
    case 'categories':
      return json({ categories: await listCategories(registry) });
    case 'advisories':
      return json({ advisories: await listAdvisories(registry) });
    case 'stats':
      return json(statsOf(registry));
    case 'openapi':
      return json(openApiDocument(registry.id, ports.version));
    case 'schema':
      return json(await ports.schema());
    default:
      return route satisfies never;
  }
}

async function listPlugins(
  registry: OpenRegistry,
  parameters: URLSearchParams,
  { clock }: MirrorApiPorts,
): Promise<ApiPluginPage> {
  const { page, limit, ...query } = readListQuery(parameters);
  const found = await searchIndex(registry, { ...query, engines: {}, first: page * limit });
  const hits = found.hits.slice((page - 1) * limit, page * limit);
  const results = await summariesOf(hits, found.terms, registry);
  const ordered = query.sort === 'relevance' ? refine(results, query.text, clock.now()) : results;
  const plugins = await Promise.all(
    ordered.map(async ({ plugin: { name } }): Promise<ApiPlugin> => {
      const { plugin } = await findPlugin(registry, name);
      return apiPlugin(plugin, BASE);
    }),
  );
  const pages = Math.ceil(found.total / limit);
  return { plugins, total: found.total, pages, current: page, hasMore: page < pages };
}

async function findPlugin(
  registry: OpenRegistry,
  name: PluginName,
): Promise<{ readonly plugin: PluginRecord; readonly releases: ReleasesRecord }> {
  const [plugin, releases] = await Promise.all([registry.plugin(name), registry.releases(name)]);
  if (plugin !== undefined && releases !== undefined) return { plugin, releases };
  const meant = await nearestName([registry], name);
  const sentence = `Registry ${registry.id} has no plugin ${name}.`;
  const context = meant === undefined ? {} : { hint: `Did you mean ${meant}?` };
  throw new SheafError('SHEAF_UNKNOWN_PLUGIN', sentence, context);
}

async function showVersion(registry: OpenRegistry, name: PluginName, version: Version): Promise<unknown> {
  const { releases } = await findPlugin(registry, name);
  const record = findVersion(registry, releases, version);
  const release = await registry.release(name, version);
  const files = await registry.bundle(releases, record.bundle);
  return apiVersion(release, record, files[`${version}.toml.sig`] ?? '', BASE);
}

function findVersion(
  { id }: OpenRegistry,
  { name, versions }: ReleasesRecord,
  version: Version,
): VersionRecord {
  const found = versions.find((one) => one.version === version);
  if (found !== undefined) return found;
  throw new SheafError('SHEAF_UNKNOWN_VERSION', `Registry ${id} has no ${name} ${version}.`);
}

async function download(
  registry: OpenRegistry,
  { name, version }: Extract<ApiRoute, { kind: 'download' }>,
  { query, userAgent }: ApiRequest,
): Promise<ApiAnswer> {
  const platform = requestedPlatform(query.get('platform'), userAgent);
  const { plugin } = await findPlugin(registry, name);
  const { manifest } = await registry.release(name, version ?? plugin.version);
  const artifact = artifactFor(manifest, platform);
  return { kind: 'artifact', artifact, name: downloadName(manifest, artifact), elsewhere: artifact.url };
}

async function listCategories(registry: OpenRegistry): Promise<readonly unknown[]> {
  const texts = await filesOf(registry, 'categories');
  const categories = Object.entries(texts).flatMap(([path, text]) => {
    const file = parseSourcePath(path);
    const read = readCategoryFile(new TextEncoder().encode(text), path).value;
    return file?.kind !== 'category' || read === undefined ? [] : [{ id: file.category, ...read }];
  });
  return Promise.all(
    categories.map(async ({ id, title, description }) => {
      const filters = { category: [id] };
      const { total } = await searchIndex(registry, {
        text: '',
        filters,
        engines: {},
        sort: 'relevance',
        first: 1,
      });
      return { id, title, description, plugins: total };
    }),
  );
}

/** Advisories exactly as they were published, in the Open Source Vulnerability format. */
async function listAdvisories(registry: OpenRegistry): Promise<readonly unknown[]> {
  const texts = await filesOf(registry, 'advisories');
  return Object.entries(texts).flatMap(([path, text]) =>
    readAdvisory(new TextEncoder().encode(text), path).value === undefined
      ? []
      : [JSON.parse(text) as unknown],
  );
}

async function filesOf(
  registry: OpenRegistry,
  kind: 'categories' | 'advisories',
): Promise<Readonly<Record<string, string>>> {
  const context = { what: `The list of ${kind}`, code: 'SHEAF_INDEX' } as const;
  return readMap(parseJson(await registry.file(kind), context), context, readText);
}

function statsOf({ id, head, checkpoint, stale }: OpenRegistry): unknown {
  const { epoch, version, value } = checkpoint;
  const { plugins, releases, owners } = head;
  return {
    registry: id,
    plugins,
    releases,
    owners,
    checkpoint: {
      epoch,
      version,
      issued: formatInstant(value.issued),
      expires: formatInstant(value.expires),
      expired: stale,
    },
  };
}

function json(value: unknown, status = 200): ApiAnswer {
  return { kind: 'json', status, value };
}
