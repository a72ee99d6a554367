import type { Finding } from '../../core/finding.ts';
import { registryTemplate } from '../../core/formats/registry-template.ts';
import type { ConvertedRelease } from '../../core/import/conversion.ts';
import { IMPORT_OWNER } from '../../core/import/import-owner.ts';
import type { ImportedPlugin } from '../../core/import/import-report.ts';
import type { PackedArtifact } from '../../core/import/packed-artifact.ts';
import { SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { Instant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';
import { parsePrivateKey, type SshPrivateKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import type { Version } from '../../core/version.ts';
import { initRegistry, shellWord } from '../trust/registry-init.ts';
import { type ListedFacts, placeFacts } from './import-facts.ts';
import { goneFrom, type Origins, originsOf } from './import-origins.ts';
import { placeRelease } from './import-release.ts';
import { removeNames } from './import-removals.ts';
import {
  type ImportCategory,
  type ImportTarget,
  openTarget,
  registryIn,
  type SourceWrite,
  type TargetTree,
} from './import-target.ts';

/** What every import uses of the world. */
export interface ImportPorts {
  readonly clock: Clock;
  readonly files: NamedFiles;
  readonly openTree: (directory: string) => TargetTree;
  /** Reads the files of a directory or a .tar.gz whose path in it is wanted, sorted by path. */
  readonly readList: (place: {
    readonly path: string;
    readonly wanted: (path: string) => boolean;
    readonly maxBytes: number;
  }) => Promise<readonly PublishedFile[]>;
}

/** What every import is asked for. */
export interface ImportOptions {
  /** Where the list lies. */
  readonly list: string;
  /** The registry repository; made when there is none. */
  readonly directory: string;
  /** Id of a registry that is made. */
  readonly id: string;
  /** Private key file; its public half becomes the owner `imported`. */
  readonly key: string;
  /** Category of new plugins; that of the list, made if need be, when absent. */
  readonly category?: string;
  /** Write nothing. */
  readonly dryRun: boolean;
  /** Where archives go that the import packs, and the URL prefix under which they will be served. */
  readonly artifacts?: ArtifactPlace;
}

/** A directory that is served, and where. */
export interface ArtifactPlace {
  readonly directory: string;
  readonly url: string;
}

/** A plugin of a list, as far as it could be converted. */
export interface Candidate {
  /** As the list names it. */
  readonly name: string;
  /** What it was read from. */
  readonly file: string;
  readonly release?: ConvertedRelease & { readonly packed?: PackedArtifact };
  /** Versions that the list warns of, with the reason. */
  readonly deprecatedVersions?: Readonly<Record<Version, string>>;
  readonly facts?: ListedFacts;
  readonly findings: readonly Finding[];
}

/** A list of another ecosystem, as importers hand it over. */
export interface ListedPlugins {
  /** The table below `[metadata]` that marks its releases; its key `id` is the name in the list, where that differs. */
  readonly mark: string;
  readonly category: ImportCategory;
  /** The plugins in the order of the list: which of two similar names is taken must not depend on timing. */
  readonly candidates: (target: ImportTarget) => AsyncIterable<Candidate>;
  /** Every name in the list, where not all of them were asked for. */
  readonly listed?: ReadonlySet<string>;
  /** Names that the list has removed, with the reason. */
  readonly removed?: ReadonlyMap<PluginName, string>;
  /** What is wrong with the list itself. */
  readonly faults?: readonly Finding[];
}

/** What an import did. */
export interface Imported {
  readonly registry: string;
  /** Whether the registry was made for it. */
  readonly created: boolean;
  readonly owner: string;
  readonly category: string;
  /** Every plugin of the list, in its order. */
  readonly plugins: readonly ImportedPlugin[];
  /** Plugins of an earlier import that the list does not have any more. */
  readonly gone: readonly Finding[];
  /** Names that nobody can take any more because the list has removed them. */
  readonly removed: readonly PluginName[];
  /** Everything else that is wrong with the list. */
  readonly faults: readonly Finding[];
  /** New tier events that the maintainers have to sign, by path. */
  readonly grants: readonly string[];
  /** Files created or replaced, without those of a new registry. */
  readonly written: number;
  /** Command lines to run next, in order. */
  readonly next: readonly string[];
}

/**
 * Turns the plugins of a list into signed releases of a registry. What is there already is never changed, so an
 * import can be repeated whenever the list changes, and one that was interrupted is continued by the next.
 *
 * @throws SheafError `SHEAF_OWNER` for another key than that of the first import, `SHEAF_SIGNATURE` for a key that
 *   cannot sign in this process, and as `initRegistry`.
 */
export async function importList(
  ports: ImportPorts,
  options: ImportOptions,
  list: ListedPlugins,
): Promise<Imported> {
  const { directory, dryRun } = options;
  const key = parsePrivateKey(await ports.files.read(options.key, LIMITS.signersBytes));
  const tree = ports.openTree(directory);
  const existing = await registryIn(tree);
  const registry = existing?.id ?? options.id;
  if (existing === undefined && !dryRun) await initRegistry(ports, { directory, id: registry, rootKeys: [] });
  const target = await openTarget(existing === undefined && dryRun ? newRegistry(registry) : tree, {
    registry,
    key,
    category: list.category,
    wanted: options.category,
  });
  const origins = await originsOf(target, list.mark);
  const placement = { target, origins, key, now: ports.clock.now() };
  const plugins: ImportedPlugin[] = [];
  const grants: string[] = [];
  const taken = new Map<PluginName, string>();
  const removed = await removeNames(target, list.removed ?? new Map());
  let written = await write(ports.files, options, [...target.writes, ...removed.writes]);
  for await (const candidate of list.candidates(target)) {
    const placed = await placeCandidate(placement, candidate, taken);
    plugins.push(placed.plugin);
    grants.push(...placed.grants);
    const { packed } = candidate.release ?? {};
    if (placed.plugin.outcome === 'added' && packed !== undefined) {
      written += await keepArtifact(ports.files, options, packed);
    }
    written += await write(ports.files, options, placed.writes);
  }
  const root = await target.tree.read(sourcePath({ kind: 'root', version: 1 }));
  return {
    registry,
    created: existing === undefined,
    owner: IMPORT_OWNER,
    category: target.category,
    plugins,
    gone: goneFrom(
      origins,
      list.listed ?? new Set(plugins.map(({ name }) => name)),
      list.removed ?? new Map(),
    ),
    removed: removed.names,
    faults: list.faults ?? [],
    grants,
    written,
    next: nextCommands(options, registry, { root: root !== undefined, grants: grants.length > 0 }),
  };
}

/** What `initRegistry` would make. */
function newRegistry(id: string): TargetTree {
  const files = registryTemplate(id);
  return {
    list: (directory) =>
      Promise.resolve([...files.keys()].filter((path) => path.startsWith(`${directory}/`))),
    read: (path) => Promise.resolve(files.get(path)),
  };
}

interface Placement {
  readonly target: ImportTarget;
  readonly origins: Origins;
  readonly key: SshPrivateKey;
  readonly now: Instant;
}

/** A plugin of the list and what is to be done about it. */
interface PlacedPlugin {
  readonly plugin: ImportedPlugin;
  readonly writes: readonly SourceWrite[];
  readonly grants: readonly string[];
}

async function placeCandidate(
  { target, origins, key, now }: Placement,
  candidate: Candidate,
  taken: Map<PluginName, string>,
): Promise<PlacedPlugin> {
  const { name, file, release, facts, deprecatedVersions = {} } = candidate;
  const leftOut = (findings: readonly Finding[]): PlacedPlugin => ({
    plugin: { name, file, outcome: 'left-out', platforms: [], findings },
    writes: [],
    grants: [],
  });
  if (release === undefined) return leftOut(candidate.findings);
  const { manifest } = release;
  // Whoever gets an id into a list must not take over the updates of a plugin that came in under another id.
  const holder = taken.get(manifest.name) ?? origins.get(manifest.name)?.id ?? name;
  if (holder !== name) {
    const message = `${quote(name)} would be named ${manifest.name} here, as ${quote(holder)} is.`;
    return leftOut([
      ...candidate.findings,
      { rule: 'name-collision', severity: 'error', place: { file }, message },
    ]);
  }
  const renamed: Finding = {
    rule: 'renamed',
    severity: 'warning',
    place: { file },
    message: `The plugin ${quote(name)} is named ${manifest.name} here.`,
  };
  const placed = await placeRelease(target, { release, deprecatedVersions, file, key, now });
  const findings = [...(manifest.name === name ? [] : [renamed]), ...candidate.findings, ...placed.findings];
  if (placed.outcome === 'left-out') return leftOut(findings);
  taken.set(manifest.name, name);
  const recorded = facts === undefined ? [] : await placeFacts(target, release, facts, now);
  return {
    plugin: {
      name,
      file,
      outcome: placed.outcome,
      ...(manifest.name === name ? {} : { as: manifest.name }),
      version: manifest.version,
      platforms: manifest.artifacts.map(({ platform }) => platform),
      findings,
    },
    writes: [...placed.writes, ...recorded],
    grants: placed.grant === undefined ? [] : [placed.grant],
  };
}

async function write(
  files: NamedFiles,
  { directory, dryRun }: ImportOptions,
  writes: readonly SourceWrite[],
): Promise<number> {
  let written = 0;
  for (const { path, bytes, replace } of dryRun ? [] : writes) {
    if (replace === true) await files.write(`${directory}/${path}`, bytes);
    else if (!(await files.create(`${directory}/${path}`, bytes))) continue;
    written += 1;
  }
  return written;
}

/** Before the release that names it, so that no release ever points to what nobody has. */
async function keepArtifact(
  files: NamedFiles,
  { artifacts, dryRun }: ImportOptions,
  { path, bytes }: PackedArtifact,
): Promise<number> {
  if (artifacts === undefined || dryRun) return 0;
  return (await files.create(`${artifacts.directory}/${path}`, bytes)) ? 1 : 0;
}

function nextCommands(
  { directory }: ImportOptions,
  registry: string,
  has: { readonly root: boolean; readonly grants: boolean },
): readonly string[] {
  const place = shellWord(directory);
  const status = `${place}/${SOURCE_DIRECTORIES.status}`;
  return [
    ...(has.root
      ? []
      : [`sheaf registry init ${place} --id ${registry} --root-key YOUR-NAME.pub --ci-key ci.pub`]),
    ...(has.grants
      ? [`sheaf sign ${status}/*/*/*-grant-tier.toml --key YOUR-NAME --namespace status@sheaf --as YOUR-NAME`]
      : []),
    `sheaf index build ${place} --out public`,
  ];
}
