import { writeJson } from '../core/documents/strict-json.ts';
import type { Finding, Reading } from '../core/finding.ts';
import { readAdvisory } from '../core/formats/advisory.ts';
import { readCategoryFile } from '../core/formats/category-file.ts';
import { readCollectionFile } from '../core/formats/collection-file.ts';
import { readOwnerFile } from '../core/formats/owner-file.ts';
import { readRegistryFile } from '../core/formats/registry-file.ts';
import type { FileKind } from '../core/index/index-head.ts';
import type { OwnerRecord } from '../core/index/records.ts';
import type { SourceEntry } from '../core/index/source-inventory.ts';
import {
  parseSourcePath,
  SOURCE_DIRECTORIES,
  type SourceFile,
  sourcePath,
} from '../core/index/source-layout.ts';
import type { PublishedFile } from '../core/ports.ts';
import { readRevoked } from '../core/signatures/revoked.ts';
import { readSigners, type SignersFile } from '../core/signatures/signers.ts';
import type { RegistryTree } from './registry-tree.ts';

/** What a checkpoint needs to know of its registry. */
export interface RegistryRoot {
  readonly registry: string;
  readonly version: number;
  readonly epoch: number;
  /** The chain of roots with its signatures, as it is published: `root/<N>.signers`. */
  readonly files: readonly PublishedFile[];
}

/** Where a file of the index comes from: one source file, or all files of some kinds in a directory. */
type Origin =
  | { readonly path: string; readonly read: Reader }
  | { readonly directory: string; readonly kinds: readonly SourceFile['kind'][]; readonly read?: Reader };

type Reader = (bytes: Uint8Array, file: string) => Reading<unknown>;

const ORIGINS: Readonly<Record<FileKind, Origin>> = {
  registry: { path: sourcePath({ kind: 'registry' }), read: readRegistryFile },
  revoked: { path: sourcePath({ kind: 'revoked' }), read: readRevoked },
  categories: { directory: SOURCE_DIRECTORIES.categories, kinds: ['category'], read: readCategoryFile },
  collections: { directory: SOURCE_DIRECTORIES.collections, kinds: ['collection'], read: readCollectionFile },
  advisories: { directory: SOURCE_DIRECTORIES.advisories, kinds: ['advisory'], read: readAdvisory },
  // Events are read with the plugin they are about.
  status: { directory: SOURCE_DIRECTORIES.status, kinds: ['status', 'status-signature'] },
};

/** Whether a change of `path` changes a file of the index. */
export function belongsTo(kind: FileKind, path: string): boolean {
  const origin = ORIGINS[kind];
  return 'path' in origin ? path === origin.path : path.startsWith(`${origin.directory}/`);
}

/**
 * The content of a file of the index: a copy of one source file, empty when that is absent, or a JSON object of
 * paths in the repository and exact texts, by path.
 */
export async function readIndexFile(
  kind: FileKind,
  tree: RegistryTree,
  findings: Finding[],
): Promise<Uint8Array> {
  const origin = ORIGINS[kind];
  if ('path' in origin) {
    const bytes = (await tree.read(origin.path)) ?? new Uint8Array();
    if (bytes.length > 0) findings.push(...origin.read(bytes, origin.path).findings);
    return bytes;
  }
  const texts: Record<string, string> = {};
  for (const path of (await tree.list(origin.directory)).toSorted()) {
    const file = parseSourcePath(path);
    if (file === undefined || !origin.kinds.includes(file.kind)) continue;
    const source = await tree.readText(path, findings);
    if (source === undefined) continue;
    if (origin.read !== undefined) findings.push(...origin.read(source.bytes, path).findings);
    texts[path] = source.text;
  }
  return writeJson(texts);
}

/** Reads the registry's id and its chain of roots; undefined, with an error among the findings, without them. */
export async function readRegistryRoot(
  tree: RegistryTree,
  findings: Finding[],
): Promise<RegistryRoot | undefined> {
  const path = sourcePath({ kind: 'registry' });
  const bytes = await tree.read(path);
  if (bytes === undefined) {
    fault(
      findings,
      path,
      'missing-file',
      `There is no ${path}, so this is no registry.`,
      'Run sheaf registry init.',
    );
    return undefined;
  }
  const reading = readRegistryFile(bytes, path);
  // What is wrong with it is reported with the file of the index that it becomes.
  if (reading.value === undefined) {
    findings.push(...reading.findings);
    return undefined;
  }
  const registry = reading.value.id;
  const paths = await tree.list(SOURCE_DIRECTORIES.root);
  const chain = await readChain(
    paths.flatMap((path) => {
      const file = parseSourcePath(path);
      return file === undefined ? [] : [{ path, file }];
    }),
    { kind: 'root', registry, directory: SOURCE_DIRECTORIES.root },
    tree,
    findings,
  );
  const newest = chain.files.at(-1);
  if (newest === undefined) return undefined;
  const encoder = new TextEncoder();
  const files = [...chain.texts].map(([name, text]) => ({
    path: `root/${name}`,
    bytes: encoder.encode(text),
  }));
  return { registry, version: newest.version, epoch: newest.epoch, files };
}

/** Reads the files of an owner; undefined, with an error among the findings, when they are no complete chain. */
export async function readOwner(
  owner: string,
  entries: readonly SourceEntry[],
  registry: string,
  tree: RegistryTree,
  findings: Finding[],
): Promise<OwnerRecord | undefined> {
  const directory = `${SOURCE_DIRECTORIES.owners}/${owner}`;
  const chain = await readChain(entries, { kind: 'owner', registry, owner, directory }, tree, findings);
  const about = entries.find(({ file }) => file.kind === 'owner');
  if (about !== undefined) {
    const source = await tree.readText(about.path, findings);
    if (source === undefined) return undefined;
    findings.push(...readOwnerFile(source.bytes, about.path).findings);
    chain.texts.set('owner.toml', source.text);
  }
  return chain.files.length === 0 ? undefined : { owner, files: Object.fromEntries(chain.texts) };
}

interface ChainPlace {
  readonly kind: SignersFile['kind'];
  readonly registry: string;
  readonly owner?: string;
  readonly directory: string;
}

/** The signers files 1 to N of a directory in order, and the exact texts of them and their signatures by name. */
async function readChain(
  entries: readonly SourceEntry[],
  place: ChainPlace,
  tree: RegistryTree,
  findings: Finding[],
): Promise<{ readonly files: readonly SignersFile[]; readonly texts: Map<string, string> }> {
  const texts = new Map<string, string>();
  const files: SignersFile[] = [];
  for (const { path, file } of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    if (file.kind === 'owner' || !('version' in file)) continue;
    const source = await tree.readText(path, findings);
    if (source === undefined) continue;
    texts.set(path.slice(place.directory.length + 1), source.text);
    if (file.kind !== 'root' && file.kind !== 'owner-signers') continue;
    const { value, findings: problems } = readSigners(source.bytes, path);
    findings.push(...problems);
    if (value === undefined) continue;
    files.push(value);
    if (isAtPlace(value, file.version, place)) continue;
    fault(
      findings,
      path,
      'wrong-place',
      `${path} belongs to another place, by its own header.`,
      'Correct the header.',
    );
  }
  files.sort((a, b) => a.version - b.version);
  if (files.some((file, index) => file.version !== index + 1) || files.length === 0) {
    fault(
      findings,
      `${place.directory}/${files.findIndex((file, index) => file.version !== index + 1) + 1 || 1}.signers`,
      'broken-chain',
      `The signers files of ${place.directory} are not 1, 2, 3 and so on without a gap.`,
      'Add the missing file; keys are believed only along the whole chain.',
    );
    return { files: [], texts };
  }
  return { files, texts };
}

function isAtPlace(file: SignersFile, version: number, { kind, registry, owner }: ChainPlace): boolean {
  return file.kind === kind && file.registry === registry && file.owner === owner && file.version === version;
}

function fault(findings: Finding[], file: string, rule: string, message: string, fix: string): void {
  findings.push({ rule, severity: 'error', place: { file }, message, fix });
}
