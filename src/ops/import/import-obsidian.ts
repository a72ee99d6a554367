import { SheafError } from '../../core/errors.ts';
import { type Finding, valueOf } from '../../core/finding.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import { type ConvertedRelease, prefixesOf } from '../../core/import/conversion.ts';
import { importedName } from '../../core/import/imported-name.ts';
import { convertObsidian, OBSIDIAN_ASSETS, OBSIDIAN_METADATA } from '../../core/import/obsidian.ts';
import {
  newestTag,
  OBSIDIAN_FILES,
  type ObsidianEntry,
  type ObsidianList,
  type ObsidianPlugin,
  type ObsidianStats,
  readObsidianList,
} from '../../core/import/obsidian-list.ts';
import type { PackedArtifact } from '../../core/import/packed-artifact.ts';
import { versionOfTag } from '../../core/import/tag-version.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import { quote } from '../../core/text.ts';
import type { Version } from '../../core/version.ts';
import type { ListedFacts } from './import-facts.ts';
import {
  type ArtifactPlace,
  type Candidate,
  type Imported,
  type ImportOptions,
  type ImportPorts,
  importList,
} from './import-list.ts';
import type { ImportCategory, ImportTarget } from './import-target.ts';

/** What the import of Obsidian's list uses of the world. */
export interface ImportObsidianPorts extends ImportPorts {
  /**
   * Fetches a file; undefined when the host has none.
   *
   * @throws SheafError `SHEAF_NETWORK`, `SHEAF_OFFLINE`, `SHEAF_SIZE`, `SHEAF_AUTHENTICATION`, `SHEAF_INTERRUPTED`.
   */
  readonly fetchFile: (url: string, maxBytes: number) => Promise<Uint8Array | undefined>;
}

/** What `sheaf import obsidian` was asked for. */
export interface ImportObsidianOptions extends ImportOptions {
  readonly artifacts: ArtifactPlace;
  /** Ids of the plugins to import; all when empty. */
  readonly only: readonly string[];
  /** Where the repositories lie: `https://github.com/`, or a mirror of it. */
  readonly forge: string;
}

const CATEGORY: ImportCategory = {
  name: 'obsidian-plugins',
  title: 'Obsidian plugins',
  description: 'Community plugins for Obsidian, the editor of notes.',
  expertise: ['javascript', 'security'],
};

/**
 * Imports Obsidian's list of community plugins: a checkout of its repository, or a .tar.gz of that. The list has
 * no digests, and a release is up to three files; so the newest release of each plugin is fetched and packed, and
 * what is signed is what was fetched.
 *
 * @throws SheafError `SHEAF_PATH` without a list, `SHEAF_INVALID_FILE` for a broken one, `SHEAF_USAGE` for an id
 *   that it does not have, `SHEAF_OFFLINE`, and as `importList`.
 */
export async function importObsidian(
  ports: ImportObsidianPorts,
  options: ImportObsidianOptions,
): Promise<Imported> {
  const { value: list, faults } = await readLists(ports, options.list);
  const entries = chosen(list, options.only);
  const live = new Set(list.entries.flatMap(({ plugin }) => importedName(plugin?.id ?? '') ?? []));
  const removed = [...list.removed].flatMap(([id, reason]) => {
    const name = importedName(id);
    return name === undefined || live.has(name) ? [] : [[name, reason] as const];
  });
  return await importList(ports, options, {
    mark: OBSIDIAN_METADATA,
    category: CATEGORY,
    candidates: (target) => candidatesOf({ ports, options, list, target }, entries),
    listed: new Set(list.entries.map(({ label }) => label)),
    removed: new Map(removed),
    faults,
  });
}

async function readLists(
  ports: ImportObsidianPorts,
  path: string,
): Promise<{ readonly value: ObsidianList; readonly faults: readonly Finding[] }> {
  const names: readonly string[] = Object.values(OBSIDIAN_FILES);
  // Archives that forges make of a commit have one more directory around the checkout.
  const wanted = (file: string): boolean => names.includes(file.replace(/^[^/]+\//, ''));
  const files = await ports.readList({ path, wanted, maxBytes: LIMITS.importListBytes });
  const byName = new Map(files.map((file) => [file.path.replace(/^[^/]+\//, ''), file.bytes]));
  if (!byName.has(OBSIDIAN_FILES.plugins)) {
    throw new SheafError('SHEAF_PATH', `There is no ${OBSIDIAN_FILES.plugins} in ${quote(path)}.`, {
      hint: 'Give a checkout of obsidian-releases, or a .tar.gz of it.',
    });
  }
  const reading = readObsidianList(byName);
  return { value: valueOf(reading), faults: reading.findings };
}

function chosen({ entries }: ObsidianList, only: readonly string[]): readonly ObsidianEntry[] {
  if (only.length === 0) return entries;
  const missing = only.find((id) => !entries.some(({ label }) => label === id));
  if (missing === undefined) return entries.filter(({ label }) => only.includes(label));
  throw new SheafError('SHEAF_USAGE', `The list has no plugin with the id ${quote(missing)}.`, {
    hint: `Write ids as ${OBSIDIAN_FILES.plugins} does.`,
  });
}

interface Source {
  readonly ports: ImportObsidianPorts;
  readonly options: ImportObsidianOptions;
  readonly list: ObsidianList;
  readonly target: ImportTarget;
}

async function* candidatesOf(source: Source, entries: readonly ObsidianEntry[]): AsyncGenerator<Candidate> {
  for (let from = 0; from < entries.length; from += LIMITS.parallelDownloads) {
    const some = entries.slice(from, from + LIMITS.parallelDownloads);
    yield* await Promise.all(some.map((entry) => candidateOf(source, entry)));
  }
}

async function candidateOf(source: Source, { label, plugin, findings }: ObsidianEntry): Promise<Candidate> {
  const about = { name: label, file: OBSIDIAN_FILES.plugins };
  const leftOut = (rule: string, message: string): Candidate => ({
    ...about,
    findings: [...findings, { rule, severity: 'error', place: { file: about.file }, message }],
  });
  if (plugin === undefined) return { ...about, findings };
  const name = importedName(plugin.id);
  if (name === undefined) return leftOut('name', `${quote(plugin.id)} cannot become a plugin name.`);
  const { list, target, options } = source;
  const deprecated = list.deprecated.get(plugin.id) ?? [];
  const stats = list.stats.get(plugin.id);
  const newest = newestTag(stats, deprecated);
  if (newest === undefined) {
    return leftOut('no-version', `${OBSIDIAN_FILES.stats} knows no usable version of ${quote(plugin.id)}.`);
  }
  const release = { name, ...newest };
  const there = await releaseInRegistry(target, name, newest.version, options.artifacts.url);
  try {
    const reading =
      there === undefined
        ? convertObsidian(
            plugin,
            { ...release, assets: await fetchAssets(source, plugin, newest.tag) },
            { registry: target.registry, base: options.artifacts.url },
          )
        : { value: there, findings: [] };
    return {
      ...about,
      findings: [...findings, ...reading.findings],
      ...(reading.value === undefined ? {} : { release: reading.value }),
      ...factsOf(stats),
      deprecatedVersions: deprecatedOf(deprecated),
    };
  } catch (error) {
    // One repository that is gone or renamed must not keep all others out; --offline and Ctrl-C end the import.
    if (!(error instanceof SheafError) || !LOST.has(error.code)) throw error;
    return leftOut('download', `The release ${quote(newest.tag)} of ${quote(plugin.id)}: ${error.message}`);
  }
}

/** What ends the download of one release and not the import. */
const LOST: ReadonlySet<SheafError['code']> = new Set([
  'SHEAF_NETWORK',
  'SHEAF_SIZE',
  'SHEAF_AUTHENTICATION',
]);

/** A release is never changed, so what is there need not be fetched again. */
async function releaseInRegistry(
  { inventory, tree, registry }: ImportTarget,
  name: PluginName,
  version: Version,
  base: string,
): Promise<(ConvertedRelease & { readonly packed?: PackedArtifact }) | undefined> {
  const entry = inventory.plugins
    .get(name)
    ?.find(({ file }) => file.kind === 'release' && file.version === version);
  const bytes = entry === undefined ? undefined : await tree.read(entry.path);
  if (entry === undefined || bytes === undefined) return undefined;
  const manifest = valueOf(readReleaseManifest(bytes, entry.path, { expected: { name, version, registry } }));
  return { manifest, bytes, repositories: prefixesOf(manifest, [base]) };
}

async function fetchAssets(
  { ports, options }: Source,
  { repo }: ObsidianPlugin,
  tag: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const base = `${options.forge}${repo}/releases/download/${encodeURIComponent(tag)}`;
  const assets = new Map<string, Uint8Array>();
  for (const name of OBSIDIAN_ASSETS) {
    const maxBytes = name === 'manifest.json' ? LIMITS.manifestBytes : LIMITS.moduleBytes;
    const bytes = await ports.fetchFile(`${base}/${name}`, maxBytes);
    if (bytes !== undefined) assets.set(name, bytes);
  }
  return assets;
}

function factsOf(stats: ObsidianStats | undefined): { readonly facts?: ListedFacts } {
  if (stats === undefined) return {};
  const byVersion = new Map<Version, number>();
  for (const [tag, count] of stats.tags) {
    const version = versionOfTag(tag)?.version;
    if (version !== undefined) byVersion.set(version, (byVersion.get(version) ?? 0) + count);
  }
  return { facts: { published: stats.updated, downloads: stats.downloads, byVersion } };
}

function deprecatedOf(tags: readonly string[]): Readonly<Record<Version, string>> {
  return Object.fromEntries(
    tags.flatMap((tag) => {
      const version = versionOfTag(tag)?.version;
      return version === undefined ? [] : [[version, `listed in ${OBSIDIAN_FILES.deprecation}`]];
    }),
  );
}
