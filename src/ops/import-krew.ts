import { SheafError } from '../core/errors.ts';
import type { Finding } from '../core/finding.ts';
import { readManifest } from '../core/formats/manifest.ts';
import { readPluginFile } from '../core/formats/plugin-file.ts';
import { registryTemplate } from '../core/formats/registry-template.ts';
import type { ImportedPlugin } from '../core/import/import-report.ts';
import { convertKrew, KREW_METADATA } from '../core/import/krew.ts';
import type { SourceEntry } from '../core/index/source-inventory.ts';
import { SOURCE_DIRECTORIES, sourcePath } from '../core/index/source-layout.ts';
import type { Instant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import type { Clock, NamedFiles, PublishedFile, SourceTree } from '../core/ports.ts';
import { parsePrivateKey, type SshPrivateKey } from '../core/signatures/ssh-key.ts';
import { quote } from '../core/text.ts';
import { placeRelease } from './import-release.ts';
import {
  IMPORT_OWNER,
  type ImportCategory,
  type ImportTarget,
  openTarget,
  registryIn,
  type SourceWrite,
  type TargetTree,
} from './import-target.ts';
import { initRegistry, shellWord } from './registry-init.ts';

/** What an import uses of the world. */
export interface ImportPorts {
  readonly clock: Clock;
  readonly files: NamedFiles;
  readonly openTree: (directory: string) => SourceTree;
  /** Reads the files of a list, sorted by path; paths begin with the folder. */
  readonly readList: (place: {
    readonly path: string;
    readonly folder: string;
    readonly extension: string;
  }) => Promise<readonly PublishedFile[]>;
}

/** What `sheaf import krew` was asked for. */
export interface ImportKrewOptions {
  /** A checkout of krew-index, its folder `plugins`, or a .tar.gz of the checkout. */
  readonly list: string;
  /** The registry repository; made when there is none. */
  readonly directory: string;
  /** Id of a registry that is made. */
  readonly id: string;
  /** Private key file; its public half becomes the owner `imported`. */
  readonly key: string;
  /** Category of new plugins; `kubectl-plugins`, made if need be, when absent. */
  readonly category?: string;
  /** Write nothing. */
  readonly dryRun: boolean;
}

/** What an import did. */
export interface Imported {
  readonly registry: string;
  /** Whether the registry was made for it. */
  readonly created: boolean;
  readonly owner: string;
  readonly category: string;
  /** Every plugin of the list, by name. */
  readonly plugins: readonly ImportedPlugin[];
  /** Plugins of an earlier import that the list does not have any more. */
  readonly gone: readonly Finding[];
  /** New tier events that the maintainers have to sign, by path. */
  readonly grants: readonly string[];
  /** Files created or replaced below the directory, without those of a new registry. */
  readonly written: number;
  /** Command lines to run next, in order. */
  readonly next: readonly string[];
}

const CATEGORY: ImportCategory = {
  name: 'kubectl-plugins',
  title: 'kubectl plugins',
  description: 'Commands for kubectl, the command line of Kubernetes.',
  expertise: ['kubernetes', 'security'],
};

/**
 * Converts the plugins of krew's index into signed releases of a registry. What is there already is never
 * changed, so an import can be repeated whenever the list changes. Nothing is downloaded: sizes stay unknown, and
 * whether an archive holds what its manifest says shows when it is installed.
 *
 * @throws SheafError `SHEAF_PATH` for a list without plugins, `SHEAF_OWNER` for another key than that of the first
 *   import, `SHEAF_SIGNATURE` for a key that cannot sign in this process, and as `initRegistry`.
 */
export async function importKrew(ports: ImportPorts, options: ImportKrewOptions): Promise<Imported> {
  const { files } = ports;
  const { directory, dryRun } = options;
  const key = parsePrivateKey(await files.read(options.key, LIMITS.signersBytes));
  const list = await ports.readList({ path: options.list, folder: 'plugins', extension: '.yaml' });
  if (list.length === 0) {
    throw new SheafError('SHEAF_PATH', `There is no plugin of krew in ${quote(options.list)}.`, {
      hint: 'Give a checkout of krew-index, its folder "plugins", or a .tar.gz of the checkout.',
    });
  }
  const tree = ports.openTree(directory);
  const existing = await registryIn(tree);
  const registry = existing?.id ?? options.id;
  if (existing === undefined && !dryRun) await initRegistry(ports, { directory, id: registry, rootKeys: [] });
  const target = await openTarget(existing === undefined && dryRun ? newRegistry(registry) : tree, {
    registry,
    key,
    category: CATEGORY,
    wanted: options.category,
  });
  const placed = await placePlugins(target, list, key, ports.clock.now());
  const grants = placed.flatMap(({ grant }) => grant ?? []);
  const writes = [...target.writes, ...placed.flatMap(({ writes }) => writes)];
  const root = await target.tree.read(sourcePath({ kind: 'root', version: 1 }));
  return {
    registry,
    created: existing === undefined,
    owner: IMPORT_OWNER,
    category: target.category,
    plugins: placed.map(({ plugin }) => plugin),
    gone: await findGone(target, new Set(placed.map(({ plugin }) => plugin.name))),
    grants,
    written: dryRun ? 0 : await write(files, directory, writes),
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

/** A plugin of the list and what is to be done about it. */
interface PlacedPlugin {
  readonly plugin: ImportedPlugin;
  readonly writes: readonly SourceWrite[];
  readonly grant?: string;
}

/** One after the other: which of two similar names is taken must not depend on timing. */
async function placePlugins(
  target: ImportTarget,
  list: readonly PublishedFile[],
  key: SshPrivateKey,
  now: Instant,
): Promise<readonly PlacedPlugin[]> {
  const placed: PlacedPlugin[] = [];
  for (const { path: file, bytes } of list) {
    const { value: release, findings } = convertKrew(bytes, file, target.registry);
    const name = release?.manifest.name ?? file.slice(file.lastIndexOf('/') + 1).replace(/\.yaml$/, '');
    const about = { name, file };
    if (release === undefined) {
      placed.push({ plugin: { ...about, outcome: 'left-out', platforms: [], findings }, writes: [] });
      continue;
    }
    const { manifest } = release;
    const {
      outcome,
      writes,
      grant,
      findings: further,
    } = await placeRelease(target, { release, file, key, now });
    placed.push({
      plugin: {
        ...about,
        outcome,
        version: manifest.version,
        platforms: outcome === 'left-out' ? [] : manifest.artifacts.map(({ platform }) => platform),
        findings: [...findings, ...further],
      },
      writes,
      ...(grant === undefined ? {} : { grant }),
    });
  }
  return placed;
}

async function write(files: NamedFiles, directory: string, writes: readonly SourceWrite[]): Promise<number> {
  let written = 0;
  for (const { path, bytes, replace } of writes) {
    if (replace === true) await files.write(`${directory}/${path}`, bytes);
    else if (!(await files.create(`${directory}/${path}`, bytes))) continue;
    written += 1;
  }
  return written;
}

function nextCommands(
  { directory }: ImportKrewOptions,
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

/** krew removes a plugin by deleting its manifest, without a word why; only people can tell what follows. */
async function findGone(target: ImportTarget, listed: ReadonlySet<string>): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, entries] of target.inventory.plugins) {
    if (listed.has(name)) continue;
    const place = await importedFrom(target, entries);
    if (place === undefined) continue;
    findings.push({
      rule: 'gone',
      severity: 'warning',
      place: { file: place },
      message: `${name} was imported earlier and is not in the list any more.`,
      fix: 'Find out why it was removed; yank its versions, or quarantine it if it does harm.',
    });
  }
  return findings;
}

/** The plugin.toml of a plugin that was imported from krew. */
async function importedFrom(
  target: ImportTarget,
  entries: readonly SourceEntry[],
): Promise<string | undefined> {
  const plugin = entries.find(({ file }) => file.kind === 'plugin');
  const release = entries.find(({ file }) => file.kind === 'release');
  if (plugin === undefined || release === undefined) return undefined;
  const file = readPluginFile((await target.tree.read(plugin.path)) ?? new Uint8Array(), plugin.path).value;
  if (file?.owner !== IMPORT_OWNER) return undefined;
  const manifest = readManifest(
    (await target.tree.read(release.path)) ?? new Uint8Array(),
    release.path,
  ).value;
  return manifest !== undefined && Object.hasOwn(manifest.metadata, KREW_METADATA) ? plugin.path : undefined;
}
