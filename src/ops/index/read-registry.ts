import { writeJson } from '../../core/documents/strict-json.ts';
import type { Finding, Reading } from '../../core/finding.ts';
import { readAdvisory } from '../../core/formats/advisory.ts';
import { readCategoryFile } from '../../core/formats/category-file.ts';
import { readCollectionFile } from '../../core/formats/collection-file.ts';
import { readOwnerFile } from '../../core/formats/owner-file.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { isGrant, readStatusEvent } from '../../core/formats/status-event.ts';
import type { FileKind } from '../../core/index/index-head.ts';
import type { OwnerRecord } from '../../core/index/records.ts';
import type { SourceEntry } from '../../core/index/source-inventory.ts';
import {
  parseSourcePath,
  SOURCE_DIRECTORIES,
  type SourceFile,
  sourcePath,
} from '../../core/index/source-layout.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';
import { readRevoked } from '../../core/signatures/revoked.ts';
import { readSigners, type SignersFile } from '../../core/signatures/signers.ts';
import { completeOwnerFiles, completeRoots, type KeyFile } from '../../core/trust/key-ceremony.ts';
import type { ReadTexts, RegistryTree } from './registry-tree.ts';

/** What a checkpoint needs to know of its registry. */
export interface RegistryRoot {
  readonly registry: string;
  readonly version: number;
  readonly epoch: number;
  /** The roots that have all their signatures. */
  readonly roots: readonly SignersFile[];
  /** The same with their signatures, as they are published: `root/<N>.signers`. */
  readonly files: readonly PublishedFile[];
}

/** Where a file of the index comes from: one source file, or all files of some kinds in a directory. */
type Origin =
  | { readonly path: string; readonly read: Reader }
  | {
      readonly directory: string;
      readonly kinds: readonly SourceFile['kind'][];
      readonly read?: Reader;
      /** Leaves a file out, and with it the signatures beside it. */
      readonly isLeftOut?: (bytes: Uint8Array, path: string) => boolean;
    };

type Reader = (bytes: Uint8Array, file: string) => Reading<unknown>;

const ORIGINS: Readonly<Record<FileKind, Origin>> = {
  registry: { path: sourcePath({ kind: 'registry' }), read: readRegistryFile },
  revoked: { path: sourcePath({ kind: 'revoked' }), read: readRevoked },
  categories: { directory: SOURCE_DIRECTORIES.categories, kinds: ['category'], read: readCategoryFile },
  collections: { directory: SOURCE_DIRECTORIES.collections, kinds: ['collection'], read: readCollectionFile },
  advisories: { directory: SOURCE_DIRECTORIES.advisories, kinds: ['advisory'], read: readAdvisory },
  // What is wrong with an event is reported with the plugin it is about.
  status: {
    directory: SOURCE_DIRECTORIES.status,
    kinds: ['status', 'status-signature'],
    isLeftOut: isGrantFile,
  },
};

/** Grants lie with the plugin they are about; there is one for each of a higher tier. */
function isGrantFile(bytes: Uint8Array, path: string): boolean {
  const { value } = readStatusEvent(bytes, path);
  return value !== undefined && isGrant(value);
}

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
  const paths = (await tree.list(origin.directory)).filter((path) => {
    const file = parseSourcePath(path);
    return file !== undefined && origin.kinds.includes(file.kind);
  });
  const textOf = await tree.readTexts(paths);
  let leftOut: string | undefined;
  // A signature comes right behind what it signs: only a dot follows the path of that.
  for (const path of paths.toSorted()) {
    if (leftOut !== undefined && path.startsWith(`${leftOut}.`)) continue;
    const source = textOf(path, findings);
    if (source === undefined) continue;
    leftOut = origin.isLeftOut?.(source.bytes, path) === true ? path : undefined;
    if (leftOut !== undefined) continue;
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
  const chain = readChain(
    paths.flatMap((path) => {
      const file = parseSourcePath(path);
      return file === undefined ? [] : [{ path, file }];
    }),
    { kind: 'root', registry, directory: SOURCE_DIRECTORIES.root, complete: completeRoots },
    await tree.readTexts(paths),
    findings,
  );
  const newest = chain.files.at(-1);
  if (newest === undefined) return undefined;
  const encoder = new TextEncoder();
  const files = [...chain.texts].map(([name, text]) => ({
    path: `root/${name}`,
    bytes: encoder.encode(text),
  }));
  return { registry, version: newest.version, epoch: newest.epoch, roots: chain.files, files };
}

/**
 * Reads the files of an owner; undefined, with an error among the findings, when they are no complete chain.
 *
 * @param roots those of the registry, whose recovery keys may have signed for the owner.
 */
export async function readOwner(
  owner: string,
  entries: readonly SourceEntry[],
  { tree, registry, roots, findings }: OwnerContext,
): Promise<OwnerRecord | undefined> {
  const directory = `${SOURCE_DIRECTORIES.owners}/${owner}`;
  const complete = (files: readonly KeyFile[]): number => {
    refuseLapsed(files, roots, `${directory}/`, findings);
    return completeOwnerFiles(files, roots);
  };
  const textOf = await tree.readTexts(entries.map(({ path }) => path));
  const chain = readChain(entries, { kind: 'owner', registry, owner, directory, complete }, textOf, findings);
  const about = entries.find(({ file }) => file.kind === 'owner');
  if (about !== undefined) {
    const source = textOf(about.path, findings);
    if (source === undefined) return undefined;
    findings.push(...readOwnerFile(source.bytes, about.path).findings);
    chain.texts.set('owner.toml', source.text);
  }
  return chain.files.length === 0 ? undefined : { owner, files: Object.fromEntries(chain.texts) };
}

/** What the files of an owner are held against. */
interface OwnerContext {
  readonly tree: RegistryTree;
  readonly registry: string;
  readonly roots: readonly SignersFile[];
  readonly findings: Finding[];
}

/** Clients judge by the newest root, so keys that an earlier one has recovered must be signed for again. */
function refuseLapsed(
  files: readonly KeyFile[],
  roots: readonly SignersFile[],
  directory: string,
  findings: Finding[],
): void {
  const newest = roots.slice(-1);
  for (const next of files.slice(completeOwnerFiles(files, newest), completeOwnerFiles(files, roots))) {
    const path = `${directory}${next.file.version}.signers`;
    fault(
      findings,
      path,
      'lapsed-recovery',
      `${path} was signed by recovery keys that the newest root does not list any more.`,
      `Let maintainers of today sign it too: sheaf sign ${path} --namespace recovery@sheaf --key KEY --as NAME.`,
    );
  }
}

interface ChainPlace {
  readonly kind: SignersFile['kind'];
  readonly registry: string;
  readonly owner?: string;
  readonly directory: string;
  /** How many files of the chain have the signatures that they need. */
  readonly complete: (chain: readonly KeyFile[]) => number;
}

/**
 * The signers files 1 to N of a directory in order, and the exact texts of them and their signatures by name. What
 * still waits for signatures is left out: a ceremony may take several pull requests, and nothing stops meanwhile.
 */
function readChain(
  entries: readonly SourceEntry[],
  place: ChainPlace,
  textOf: ReadTexts,
  findings: Finding[],
): { readonly files: readonly SignersFile[]; readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const files: SignersFile[] = [];
  for (const { path, file } of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    if (file.kind === 'owner' || !('version' in file)) continue;
    const source = textOf(path, findings);
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
  return withoutPending(files, texts, place, findings);
}

function withoutPending(
  files: readonly SignersFile[],
  texts: Map<string, string>,
  place: ChainPlace,
  findings: Finding[],
): { readonly files: readonly SignersFile[]; readonly texts: Map<string, string> } {
  const chain = files.map((file) => keyFile(file, texts));
  const count = place.complete(chain);
  for (const { version } of files.slice(count)) {
    const name = `${version}.signers`;
    findings.push({
      rule: 'pending-signatures',
      // Before there is any root, nobody may sign anything.
      severity: count === 0 ? 'error' : 'warning',
      place: { file: `${place.directory}/${name}` },
      message: `${place.directory}/${name} still waits for signatures, so the index goes by version ${count}.`,
      fix: `See who has to sign: ${place.owner === undefined ? 'sheaf registry trust show' : `sheaf owner show ${place.owner}`}.`,
    });
    for (const path of texts.keys()) if (path === name || path.startsWith(`${name}.`)) texts.delete(path);
  }
  return { files: files.slice(0, count), texts };
}

function keyFile(file: SignersFile, texts: ReadonlyMap<string, string>): KeyFile {
  const encoder = new TextEncoder();
  const name = `${file.version}.signers`;
  const signatures = [...texts].flatMap(([path, text]) =>
    path.startsWith(`${name}.`)
      ? [[path.slice(name.length + 1, -'.sig'.length), encoder.encode(text)] as const]
      : [],
  );
  return { file, bytes: encoder.encode(texts.get(name) ?? ''), signatures: new Map(signatures) };
}

function isAtPlace(file: SignersFile, version: number, { kind, registry, owner }: ChainPlace): boolean {
  return file.kind === kind && file.registry === registry && file.owner === owner && file.version === version;
}

function fault(findings: Finding[], file: string, rule: string, message: string, fix: string): void {
  findings.push({ rule, severity: 'error', place: { file }, message, fix });
}
