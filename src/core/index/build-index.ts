import type { ObjectRef } from '../digest.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { buildNameRuns, updateNameRuns } from './build-names.ts';
import { buildRankRuns, rankRows, updateRankRuns } from './build-ranks.ts';
import { buildResults, summariesById, updateResults } from './build-results.ts';
import type { BuiltRuns } from './build-runs.ts';
import type { BuiltTree } from './build-tree.ts';
import { buildTree, updateTree } from './build-tree.ts';
import { builtObject } from './built-object.ts';
import type { DescribedPlugin } from './describe-plugin.ts';
import { documentId, locateLeaf } from './document-id.ts';
import type { BuiltObject, FetchObject, FileKind, IndexHead, RunKind, TreeKind } from './index-head.ts';
import { FILE_KINDS, filePath, HEAD_PATH, record, writeIndexHead } from './index-head.ts';
import type { OwnerRecord, PluginRecord } from './records.ts';
import { readPluginRecord, writeOwnerRecord, writePluginRecord } from './records.ts';
import type { TermEdit } from './term-index.ts';
import { buildTermRuns, createTermCollector, termChanges, updateTermRuns } from './term-index.ts';
import { findTerm } from './term-lookup.ts';
import type { TermEntry } from './term-run.ts';
import { isWord, termsOf } from './terms.ts';
import { readLeaf } from './tree.ts';

/** Everything a registry publishes, read and checked; the order of nothing in it matters. */
export interface IndexContent {
  readonly registry: string;
  readonly plugins: readonly DescribedPlugin[];
  readonly owners: readonly OwnerRecord[];
  readonly files: Readonly<Record<FileKind, Uint8Array>>;
}

/** What became different since an index was built; undefined for what is gone. */
export interface IndexChanges {
  readonly plugins: ReadonlyMap<PluginName, DescribedPlugin | undefined>;
  readonly owners: ReadonlyMap<string, OwnerRecord | undefined>;
  readonly files: Readonly<Partial<Record<FileKind, Uint8Array>>>;
}

/** An index: its head and the objects below it, head last; after an update only objects that are new. */
export interface BuiltIndex {
  readonly head: IndexHead;
  readonly objects: readonly BuiltObject[];
}

/** Builds the index of a registry. The same content gives the same bytes, in whatever order it is listed. */
export function buildIndex(content: IndexContent): BuiltIndex {
  const { plugins, owners } = content;
  const terms = createTermCollector();
  const records = plugins.map(({ plugin }) => plugin);
  for (const plugin of records) terms.add(documentId(plugin.name), termsOf(plugin));
  const entries = terms.entries();
  const trees = {
    plugins: buildTree('plugins', linesOf(plugins, pluginLine)),
    releases: buildTree('releases', linesOf(plugins, releasesLine)),
    owners: buildTree('owners', new Map(owners.map((owner) => [owner.owner, writeOwnerRecord(owner)]))),
    results: buildResults(entries, summariesById(records), plugins.length),
    grants: buildTree('grants', linesOf(plugins, grantsLine), plugins.length),
  };
  const runs = {
    names: buildNameRuns(records.map(({ name }) => name).toSorted()),
    terms: buildTermRuns(entries),
    ranks: buildRankRuns(rankRows(records)),
  };
  const files = record(FILE_KINDS, (kind) => builtObject(filePath(kind), content.files[kind]));
  const counts = {
    plugins: plugins.length,
    releases: releasesOf(records),
    owners: owners.length,
  };
  const bundles = plugins.flatMap((plugin) => plugin.bundles);
  return assemble(content.registry, counts, { trees, runs, files }, bundles);
}

/**
 * Applies changes to an index and gives byte for byte what {@link buildIndex} gives for the changed content,
 * reading only what the changes touch: for a release the leaves of its plugin, for a change of texts the terms
 * besides.
 *
 * @param fetchObject reads objects of the previous index.
 */
export async function updateIndex(
  previous: IndexHead,
  changes: IndexChanges,
  fetchObject: FetchObject,
): Promise<BuiltIndex> {
  const before = await previousRecords(previous, [...changes.plugins.keys()], fetchObject);
  const described = [...changes.plugins.values()].filter((plugin) => plugin !== undefined);
  const outgoing = [...changes.plugins.keys()].flatMap((name) => before.get(name) ?? []);
  const counts = {
    plugins: previous.plugins + described.length - outgoing.length,
    releases: previous.releases + releasesOf(described.map(({ plugin }) => plugin)) - releasesOf(outgoing),
    owners: previous.owners + (await gainedOwners(previous, changes.owners, fetchObject)),
  };
  const after = recordsAfter(before, changes);
  const ids = new Set([...changes.plugins.keys()].map(documentId));
  const words = new Set([...wordsOf(before), ...wordsOf(after)]);
  const terms = await updateTerms(previous, { ids, words, before, after }, fetchObject);
  const pluginTree = (kind: TreeKind, line: PluginLine): Promise<BuiltTree> =>
    updateTree(kind, previous.trees[kind], edits(changes.plugins, line), counts.plugins, fetchObject);
  const trees = {
    plugins: await pluginTree('plugins', pluginLine),
    releases: await pluginTree('releases', releasesLine),
    grants: await pluginTree('grants', grantsLine),
    owners: await updateTree(
      'owners',
      previous.trees.owners,
      edits(changes.owners, writeOwnerRecord),
      counts.owners,
      fetchObject,
    ),
    results: await updateResults(
      previous,
      {
        words,
        entries: terms.entries,
        lines: new Map([...new Map([...ids].map((id) => [id, []])), ...summariesById(after.values())]),
        plugins: counts.plugins,
      },
      fetchObject,
    ),
  };
  const runs = {
    names: await updateNames(previous, changes, before, fetchObject),
    terms: terms.runs,
    ranks: await updateRanks(previous, before, after, fetchObject),
  };
  const files = record(FILE_KINDS, (kind): ObjectRef | BuiltObject => {
    const bytes = changes.files[kind];
    return bytes === undefined ? previous.files[kind] : builtObject(filePath(kind), bytes);
  });
  const bundles = described.flatMap((plugin) => plugin.bundles);
  return assemble(previous.registry, counts, { trees, runs, files }, bundles);
}

interface Parts {
  readonly trees: Readonly<Record<TreeKind, BuiltTree>>;
  readonly runs: Readonly<Record<RunKind, BuiltRuns>>;
  readonly files: Readonly<Record<FileKind, ObjectRef | BuiltObject>>;
}

function assemble(
  registry: string,
  counts: { readonly plugins: number; readonly releases: number; readonly owners: number },
  { trees, runs, files }: Parts,
  bundles: readonly BuiltObject[],
): BuiltIndex {
  const head: IndexHead = {
    registry,
    ...counts,
    trees: {
      plugins: trees.plugins.ref,
      releases: trees.releases.ref,
      owners: trees.owners.ref,
      results: trees.results.ref,
      grants: trees.grants.ref,
    },
    runs: { names: runs.names.ref, terms: runs.terms.ref, ranks: runs.ranks.ref },
    files: record(FILE_KINDS, (kind) => ({ sha256: files[kind].sha256, size: files[kind].size })),
    bundles: counts.releases <= LIMITS.releasesWithBundlesOnGit ? 'everywhere' : 'static',
  };
  const objects = [
    ...bundles,
    ...Object.values(trees).flatMap((tree) => tree.objects),
    ...Object.values(runs).flatMap((run) => run.objects),
    ...Object.values(files).filter((file) => 'bytes' in file),
    builtObject(HEAD_PATH, writeIndexHead(head)),
  ];
  return { head, objects };
}

/**
 * The records that the previous index has under the names, and under every other name that shares a document id
 * with one of them: postings belong to ids.
 */
async function previousRecords(
  previous: IndexHead,
  names: readonly PluginName[],
  fetchObject: FetchObject,
): Promise<ReadonlyMap<PluginName, PluginRecord>> {
  const ids = new Set(names.map(documentId));
  const records = new Map<PluginName, PluginRecord>();
  for (const name of names) {
    const leaf = await locateLeaf('plugins', previous.trees.plugins, name, fetchObject);
    for (const [key, line] of readLeaf(await fetchObject(leaf), leaf.path)) {
      if (!ids.has(documentId(key))) continue;
      const old = readPluginRecord(line);
      records.set(old.name, old);
    }
  }
  return records;
}

async function gainedOwners(
  previous: IndexHead,
  owners: ReadonlyMap<string, OwnerRecord | undefined>,
  fetchObject: FetchObject,
): Promise<number> {
  let gained = 0;
  for (const [owner, now] of owners) {
    const leaf = await locateLeaf('owners', previous.trees.owners, owner, fetchObject);
    const existed = readLeaf(await fetchObject(leaf), leaf.path).has(owner);
    gained += (now === undefined ? 0 : 1) - (existed ? 1 : 0);
  }
  return gained;
}

async function updateNames(
  previous: IndexHead,
  changes: IndexChanges,
  before: Records,
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const same = [...changes.plugins].every(([name, now]) => before.has(name) === (now !== undefined));
  if (same) return { ref: previous.runs.names, objects: [] };
  const names = new Map(Array.from(changes.plugins, ([name, now]) => [name, now !== undefined]));
  return updateNameRuns(previous.runs.names, names, fetchObject);
}

type Records = ReadonlyMap<PluginName, PluginRecord>;

function recordsAfter(before: Records, changes: IndexChanges): Records {
  const after = new Map(before);
  for (const [name, now] of changes.plugins) {
    if (now === undefined) after.delete(name);
    else after.set(name, now.plugin);
  }
  return after;
}

function wordsOf(records: Records): readonly string[] {
  return [...records.values()].flatMap((plugin) => [...termsOf(plugin).keys()].filter(isWord));
}

interface TermChanges {
  readonly ids: ReadonlySet<number>;
  readonly words: ReadonlySet<string>;
  readonly before: Records;
  readonly after: Records;
}

/** The runs of terms, with entries of at least the words that the changed documents have. */
async function updateTerms(
  previous: IndexHead,
  { ids, words, before, after }: TermChanges,
  fetchObject: FetchObject,
): Promise<{ readonly runs: BuiltRuns; readonly entries: readonly TermEntry[] }> {
  const runs = previous.runs.terms;
  const edits = new Map<number, TermEdit>();
  for (const id of ids) {
    const edit = { before: termsOfDocument(id, before), after: termsOfDocument(id, after) };
    if (!sameTerms(edit)) edits.set(id, edit);
  }
  const built = await updateTermRuns(runs, termChanges(edits), fetchObject);
  const fresh = new Map(built.objects.map((object) => [object.sha256, object.bytes]));
  const fetchNow: FetchObject = async (object) => fresh.get(object.sha256) ?? fetchObject(object);
  const found = await Promise.all([...words].map((word) => findTerm(built.ref, word, fetchNow)));
  return { runs: built, entries: found.flatMap((term) => term?.entries ?? []) };
}

async function updateRanks(
  previous: IndexHead,
  before: Records,
  after: Records,
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const [gone, come] = [rankRows(before.values()), rankRows(after.values())];
  if (JSON.stringify(gone) === JSON.stringify(come)) return { ref: previous.runs.ranks, objects: [] };
  return updateRankRuns(previous.runs.ranks, gone, come, fetchObject);
}

/** The union over the records that share an id, as the term collector joins them. */
function termsOfDocument(
  id: number,
  records: ReadonlyMap<PluginName, PluginRecord>,
): ReadonlyMap<string, number> {
  const terms = new Map<string, number>();
  for (const [name, plugin] of records) {
    if (documentId(name) !== id) continue;
    for (const [term, mark] of termsOf(plugin)) terms.set(term, Math.max(mark, terms.get(term) ?? 0));
  }
  return terms;
}

function sameTerms({ before, after }: TermEdit): boolean {
  return before.size === after.size && [...before].every(([term, mark]) => after.get(term) === mark);
}

function releasesOf(plugins: readonly PluginRecord[]): number {
  return plugins.reduce((sum, plugin) => sum + plugin.versions, 0);
}

function linesOf(plugins: readonly DescribedPlugin[], line: PluginLine): ReadonlyMap<string, string> {
  return new Map(
    plugins.flatMap((plugin) => {
      const text = line(plugin);
      return text === undefined ? [] : [[plugin.plugin.name, text] as const];
    }),
  );
}

function edits<K extends string, V>(
  changes: ReadonlyMap<K, V | undefined>,
  line: (value: V) => string | undefined,
): ReadonlyMap<string, string | undefined> {
  return new Map([...changes].map(([key, now]) => [key, now === undefined ? undefined : line(now)]));
}

/** What a tree has of a plugin; undefined for nothing. */
type PluginLine = (plugin: DescribedPlugin) => string | undefined;

function grantsLine({ grants }: DescribedPlugin): string | undefined {
  return grants;
}

function pluginLine({ plugin }: DescribedPlugin): string {
  return writePluginRecord(plugin);
}

function releasesLine({ releases }: DescribedPlugin): string {
  return releases;
}
