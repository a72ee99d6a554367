import { sha256 } from '../../core/digest.ts';
import { addReading } from '../../core/downloads/monthly-counts.ts';
import { repositoryOf } from '../../core/downloads/release-assets.ts';
import { sumMonths, trendingCollection, trendingPlugins } from '../../core/downloads/trending.ts';
import { valueOf } from '../../core/finding.ts';
import { type AuditFile, readAuditFile, writeAuditFile } from '../../core/formats/audit-file.ts';
import { writeCollectionFile } from '../../core/formats/collection-file.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import { DAY, type Instant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import type { Forge, SourceTree } from '../../core/publishing-ports.ts';
import type { Version } from '../../core/version.ts';
import { joinTrees } from '../index/registry-tree.ts';
import { registryIdOf } from '../trust/checkout.ts';

/** What counting needs: a registry repository and the forge on which its releases lie. */
export interface CountPorts {
  readonly source: SourceTree;
  /** Where facts are kept; beside the source when absent. */
  readonly facts?: SourceTree | undefined;
  readonly files: NamedFiles;
  readonly clock: Clock;
  readonly forge: Forge;
}

/** What one run did. */
export interface CountedDownloads {
  readonly registry: string;
  /** Releases whose facts have another number now. */
  readonly updated: readonly string[];
  /** Repositories that were read. */
  readonly repositories: number;
  /** Repositories that are not there, or may not be read. */
  readonly missing: readonly string[];
  /** Repositories that were left for the next run, because the forge wanted no more questions. */
  readonly postponed: readonly string[];
  /** When it takes questions again, where it said so. */
  readonly until?: Instant;
  /** Releases without facts to write into: nobody has audited them yet. */
  readonly unaudited: readonly string[];
}

interface CountedRelease {
  readonly plugin: PluginName;
  readonly version: Version;
  readonly urls: readonly string[];
}

/**
 * Reads the download counters of every release that lies on the forge and adds what came since the last run to the
 * facts, by month. What one run cannot ask is postponed, and each day asks in another order, so that none is always
 * the one that is left out.
 *
 * @throws SheafError as `Forge.counters`; `SHEAF_PATH`, `SHEAF_INVALID_FILE`, `SHEAF_PERMISSION`, `SHEAF_DISK_FULL`.
 */
export async function collectDownloads(ports: CountPorts): Promise<CountedDownloads> {
  const now = ports.clock.now();
  const registry = await registryIdOf({ tree: ports.source });
  const releases = await releasesByRepository(ports);
  const waiting = [...releases.keys()].toSorted(byLot(now));
  const missing: string[] = [];
  const updated: string[] = [];
  const unaudited: string[] = [];
  let repositories = 0;
  for (;;) {
    const repository = waiting.shift();
    if (repository === undefined)
      return { registry, updated, repositories, missing, postponed: [], unaudited };
    const answer = await ports.forge.counters(repository);
    if (answer.kind === 'limited') {
      const postponed = [repository, ...waiting].toSorted();
      const until = answer.until === undefined ? {} : { until: answer.until };
      return { registry, updated, repositories, missing, postponed, ...until, unaudited };
    }
    if (answer.kind === 'missing') {
      missing.push(repository);
      continue;
    }
    repositories += 1;
    for (const release of releases.get(repository) ?? []) {
      const name = `${release.plugin}@${release.version}`;
      const change = await record(ports, release, answer.byUrl, now);
      if (change === 'unaudited') unaudited.push(name);
      else if (change === 'updated') updated.push(name);
    }
  }
}

/** The collection of plugins that trend, as it should lie in the registry. */
export interface TrendingFile {
  /** First the one that stands out most. */
  readonly names: readonly PluginName[];
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Computes what trends from the monthly downloads among the facts. */
export async function readTrending({
  source,
  facts,
  clock,
}: Pick<CountPorts, 'source' | 'facts' | 'clock'>): Promise<TrendingFile> {
  const now = clock.now();
  const tree = joinTrees(source, facts);
  const months = new Map<PluginName, AuditFile['downloads'][]>();
  for (const path of await tree.list(SOURCE_DIRECTORIES.audits)) {
    const file = parseSourcePath(path);
    const bytes = file?.kind === 'audit' ? await tree.read(path) : undefined;
    if (file?.kind !== 'audit' || bytes === undefined) continue;
    const { downloads } = valueOf(readAuditFile(bytes, path));
    months.set(file.plugin, [...(months.get(file.plugin) ?? []), downloads]);
  }
  const trends = trendingPlugins(
    new Map([...months].map(([name, all]) => [name, sumMonths(all.map((one) => one?.months ?? {}))])),
    now,
  );
  return {
    names: trends.map(({ name }) => name),
    path: sourcePath({ kind: 'collection', collection: 'trending' }),
    bytes: writeCollectionFile(trendingCollection(trends, now)),
  };
}

/** Writes what trends into the source. */
export async function writeTrending(ports: Omit<CountPorts, 'forge'>): Promise<readonly PluginName[]> {
  const { names, path, bytes } = await readTrending(ports);
  await ports.files.write(`${ports.source.root}/${path}`, bytes);
  return names;
}

async function releasesByRepository({
  source,
  forge,
}: CountPorts): Promise<ReadonlyMap<string, readonly CountedRelease[]>> {
  const found = new Map<string, CountedRelease[]>();
  for (const path of await source.list(SOURCE_DIRECTORIES.plugins)) {
    const file = parseSourcePath(path);
    const bytes = file?.kind === 'release' ? await source.read(path) : undefined;
    if (file?.kind !== 'release' || bytes === undefined) continue;
    const { plugin, version } = file;
    const { artifacts } = valueOf(readReleaseManifest(bytes, path));
    const urls = new Map<string, string[]>();
    for (const { url } of artifacts) {
      const repository = repositoryOf(url, forge.prefix);
      if (repository !== undefined) urls.set(repository, [...(urls.get(repository) ?? []), url]);
    }
    // Counted where most of it lies: a release in two repositories would otherwise be two readings of one number.
    const [most] = [...urls].toSorted(([, a], [, b]) => b.length - a.length);
    if (most !== undefined)
      found.set(most[0], [...(found.get(most[0]) ?? []), { plugin, version, urls: most[1] }]);
  }
  return found;
}

async function record(
  { source, facts, files }: CountPorts,
  { plugin, version, urls }: CountedRelease,
  byUrl: ReadonlyMap<string, number>,
  now: Instant,
): Promise<'updated' | 'unchanged' | 'unaudited'> {
  const counts = urls.flatMap((url) => byUrl.get(url) ?? []);
  if (counts.length === 0) return 'unchanged';
  const path = sourcePath({ kind: 'audit', plugin, version });
  const own = await source.read(path);
  const bytes = own ?? (await facts?.read(path));
  if (bytes === undefined) return 'unaudited';
  const audit = valueOf(readAuditFile(bytes, path));
  const counter = counts.reduce((sum, count) => sum + count, 0);
  const downloads = addReading(audit.downloads, counter, now, audit.published);
  if (downloads === audit.downloads) return 'unchanged';
  // Where the file lies already: one that people wrote is never hidden behind one of a machine.
  const { root } = own === undefined && facts !== undefined ? facts : source;
  await files.write(`${root}/${path}`, writeAuditFile({ ...audit, downloads }));
  return 'updated';
}

function byLot(now: Instant): (a: string, b: string) => number {
  const day = Math.floor(now / DAY);
  const lots = new Map<string, string>();
  const lot = (repository: string): string => {
    const known = lots.get(repository) ?? sha256(new TextEncoder().encode(`${day} ${repository}`));
    lots.set(repository, known);
    return known;
  };
  return (a, b) => (lot(a) < lot(b) ? -1 : 1);
}
