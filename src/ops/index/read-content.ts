import type { Finding } from '../../core/finding.ts';
import type { IndexChanges, IndexContent } from '../../core/index/build-index.ts';
import { type DescribedPlugin, describePlugin } from '../../core/index/describe-plugin.ts';
import { locateLeaf } from '../../core/index/document-id.ts';
import { FILE_KINDS, type FileKind, record } from '../../core/index/index-head.ts';
import type { OwnerRecord } from '../../core/index/records.ts';
import { readPluginRecord } from '../../core/index/records.ts';
import { inventoryOf, type SourceEntry } from '../../core/index/source-inventory.ts';
import {
  pluginDirectory,
  releaseDirectory,
  SOURCE_DIRECTORIES,
  sourcePath,
} from '../../core/index/source-layout.ts';
import { readLeaf } from '../../core/index/tree.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import type { PreviousIndex } from './previous-index.ts';
import { type PluginContext, readPlugin } from './read-plugin.ts';
import { belongsTo, readIndexFile, readOwner } from './read-registry.ts';
import type { RegistryTree } from './registry-tree.ts';

/** A registry being read. */
export interface RegistryReader {
  readonly tree: RegistryTree;
  readonly registry: string;
  /** The roots that have all their signatures, whose recovery keys may have signed for owners. */
  readonly roots: readonly SignersFile[];
  /** Receives whatever is wrong, in the whole registry. */
  readonly findings: Finding[];
}

/** How many plugins or owners are read at the same time: enough that Git always has something to look for. */
const AT_ONCE = 64;

/** Reads all that a registry publishes. What is broken is left out, with an error among the findings. */
export async function readContent(reader: RegistryReader): Promise<IndexContent> {
  const { tree, registry, findings } = reader;
  const inventory = inventoryOf([...(await tree.list('registry')), ...(await tree.list('plugins'))]);
  findings.push(...inventory.findings);
  const owners = await readEach(inventory.owners, (owner, entries) => readOwner(owner, entries, reader));
  const hasOwner = (owner: string): Promise<boolean> => Promise.resolve(inventory.owners.has(owner));
  const plugins = await readEach(inventory.plugins, (name, entries) =>
    readDescribed(reader, name, entries, hasOwner),
  );
  const files: Partial<Record<FileKind, Uint8Array>> = {};
  for (const kind of FILE_KINDS) files[kind] = await readIndexFile(kind, tree, findings);
  return { registry, plugins, owners, files: record(FILE_KINDS, (kind) => files[kind] ?? new Uint8Array()) };
}

/** Reads several at a time, and keeps what could be read, in the order in which it came. */
async function readEach<K, T>(
  entries: ReadonlyMap<K, readonly SourceEntry[]>,
  read: (key: K, entries: readonly SourceEntry[]) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const values: T[] = [];
  const waiting = entries.entries();
  const readOn = async (): Promise<void> => {
    for (const [key, own] of waiting) {
      const value = await read(key, own);
      if (value !== undefined) values.push(value);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  return values;
}

/**
 * Reads what changed since the previous index.
 *
 * @param paths of the files that changed, were added or removed.
 * @returns undefined when only a full build is certain to be right.
 */
export async function readChanges(
  reader: RegistryReader,
  previous: PreviousIndex,
  paths: readonly string[],
): Promise<IndexChanges | undefined> {
  const { tree, findings } = reader;
  // Another root may vouch for other keys of any owner.
  if (paths.some((path) => path.startsWith(`${SOURCE_DIRECTORIES.root}/`))) return undefined;
  const touched = inventoryOf(paths.filter((path) => /^(registry|plugins)\//.test(path)));
  findings.push(...touched.findings);
  const owners = new Map<string, OwnerRecord | undefined>();
  for (const owner of touched.owners.keys()) {
    const { owners: now } = inventoryOf(await tree.list(`${SOURCE_DIRECTORIES.owners}/${owner}`));
    const entries = now.get(owner);
    // Whose plugins they were is not known here.
    if (entries === undefined) return undefined;
    owners.set(owner, await readOwner(owner, entries, reader));
  }
  const hasOwner = async (owner: string): Promise<boolean> =>
    (await tree.read(sourcePath({ kind: 'owner-signers', owner, version: 1 }))) !== undefined;
  const plugins = new Map<PluginName, DescribedPlugin | undefined>();
  for (const [name, changed] of touched.plugins) {
    const entries = await entriesNow(tree, previous, name, changed);
    plugins.set(name, await readDescribed(reader, name, entries, hasOwner));
  }
  const files: Partial<Record<FileKind, Uint8Array>> = {};
  for (const kind of FILE_KINDS) {
    if (paths.some((path) => belongsTo(kind, path))) files[kind] = await readIndexFile(kind, tree, findings);
  }
  return { plugins, owners, files };
}

async function readDescribed(
  { tree, registry, findings }: RegistryReader,
  name: PluginName,
  entries: readonly SourceEntry[],
  hasOwner: PluginContext['hasOwner'],
): Promise<DescribedPlugin | undefined> {
  const { content, findings: found } = await readPlugin(name, entries, {
    textOf: await tree.readTexts(entries.map(({ path }) => path)),
    registry,
    hasOwner,
  });
  findings.push(...found);
  return content === undefined ? undefined : describePlugin(content);
}

/** All files of a plugin today: in the categories where it was, and where its changed files are. */
async function entriesNow(
  tree: RegistryTree,
  previous: PreviousIndex,
  name: PluginName,
  changed: readonly SourceEntry[],
): Promise<readonly SourceEntry[]> {
  const categories = new Set(changed.flatMap(({ file }) => ('category' in file ? [file.category] : [])));
  const leaf = await locateLeaf('plugins', previous.head.trees.plugins, name, previous.fetchObject);
  const line = readLeaf(await previous.fetchObject(leaf), leaf.path).get(name);
  if (line !== undefined) categories.add(readPluginRecord(line).category);
  const directories = [
    ...[...categories].map((category) => releaseDirectory(category, name)),
    ...(['status', 'audits', 'reviews'] as const).map((area) => pluginDirectory(area, name)),
  ];
  const paths = await Promise.all(directories.map((directory) => tree.list(directory)));
  return inventoryOf(paths.flat()).plugins.get(name) ?? [];
}
