import { exactText } from '../../core/documents/strict-json.ts';
import type { Finding } from '../../core/finding.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';

/** A registry repository with the facts that its workflows keep in a tree of their own. */
export interface RegistryTree {
  list(directory: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array | undefined>;
  /** The exact text of a file that was listed; what is wrong with it goes to `findings`. */
  readText(path: string, findings: Finding[]): Promise<SourceText | undefined>;
  /** Files that were listed, asked for all at once: one by one each would wait for the one before. */
  readTexts(paths: readonly string[]): Promise<ReadTexts>;
}

/** The exact text of one of the files that were read; what is wrong with it goes to `findings`. */
export type ReadTexts = (path: string, findings: Finding[]) => SourceText | undefined;

/** The bytes of a file and the text they are. */
export interface SourceText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Where machines may write: what they find out, what they take away, what they warn of. */
const FACTS_DIRECTORY = 'registry/security';

/**
 * Joins the two trees. Facts count below `registry/security` only, and a file that people wrote is never
 * replaced by one from a machine.
 */
export function joinTrees(source: SourceTree, facts: SourceTree | undefined): RegistryTree {
  const read = async (path: string): Promise<Uint8Array | undefined> =>
    (await source.read(path)) ?? (isFact(path) ? await facts?.read(path) : undefined);
  return {
    async list(directory) {
      const own = await source.list(directory);
      const shared = sharedDirectory(directory);
      if (facts === undefined || shared === undefined) return own;
      return [...new Set([...own, ...(await facts.list(shared))])].toSorted();
    },
    read,
    readText: async (path, findings) => textOf(path, await read(path), findings),
    async readTexts(paths) {
      const own = await source.readAll(paths);
      const absent =
        facts === undefined ? [] : paths.filter((path, at) => own[at] === undefined && isFact(path));
      const shared = absent.length === 0 ? [] : await facts?.readAll(absent);
      const files = new Map(paths.map((path, at) => [path, own[at]]));
      for (const [at, path] of absent.entries()) files.set(path, shared?.[at]);
      return (path, findings) => textOf(path, files.get(path), findings);
    },
  };
}

function textOf(path: string, bytes: Uint8Array | undefined, findings: Finding[]): SourceText | undefined {
  const text = bytes === undefined ? undefined : exactText(bytes);
  if (bytes !== undefined && text !== undefined) return { bytes, text };
  const message = bytes === undefined ? 'vanished while it was read' : 'is not UTF-8';
  findings.push({
    rule: bytes === undefined ? 'missing-file' : 'encoding',
    severity: 'error',
    place: { file: path },
    message: `${JSON.stringify(path)} ${message}.`,
    fix: bytes === undefined ? 'Build again.' : 'Save it as UTF-8.',
  });
  return undefined;
}

/** Paths that changed in either tree since two commits; undefined when that cannot be told. */
export async function changedPaths(
  source: SourceTree,
  facts: SourceTree | undefined,
  since: { readonly commit: string | null; readonly facts: string | null },
): Promise<readonly string[] | undefined> {
  // Facts that come or go as a whole change everything.
  if (since.commit === null || (facts === undefined) !== (since.facts === null)) return undefined;
  const own = await source.changedSince(since.commit);
  if (own === undefined || facts === undefined || since.facts === null) return own;
  const other = await facts.changedSince(since.facts);
  return other === undefined ? undefined : [...new Set([...own, ...other.filter(isFact)])];
}

/** The part of a directory in which facts may lie. */
function sharedDirectory(directory: string): string | undefined {
  if (isFact(`${directory}/`)) return directory;
  return FACTS_DIRECTORY.startsWith(`${directory}/`) ? FACTS_DIRECTORY : undefined;
}

function isFact(path: string): boolean {
  return path.startsWith(`${FACTS_DIRECTORY}/`);
}
