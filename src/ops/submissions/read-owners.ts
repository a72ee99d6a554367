import { SheafError } from '../../core/errors.ts';
import { type OwnerFile, readOwnerFile } from '../../core/formats/owner-file.ts';
import type { OwnerRecord } from '../../core/index/records.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import type { ChangedOwner } from '../../core/submissions/change.ts';
import { completeOwnerFiles, type KeyFile } from '../../core/trust/key-ceremony.ts';
import { acceptOwnerChain, type OwnerChain } from '../../core/trust/owner-chain.ts';
import type { OwnerPin } from '../../core/trust/trust-state.ts';
import { readKeyFiles } from '../trust/checkout.ts';

/** The registry before and after a change, and the roots that it has. */
export interface OwnerTrees {
  readonly base: ReadableTree;
  readonly after: ReadableTree;
  /** The roots that count, oldest first. */
  readonly roots: readonly [SignersFile, ...SignersFile[]];
}

/**
 * An owner with the keys that count after the change: they continue those of the base, or are refused.
 *
 * @param isTouched whether the change touches their key files, which then have to be complete. Others may wait for
 *   signatures, and the change goes by those before.
 */
export async function readChangedOwner(
  { base, after, roots }: OwnerTrees,
  name: string,
  isTouched: boolean,
): Promise<ChangedOwner> {
  const before = await attempt(async () =>
    chainOf(name, await readKeyFiles({ tree: base }, name), roots, false),
  );
  const keyFiles = await attempt(() => readKeyFiles({ tree: after }, name));
  const isNew = before === undefined;
  const keys =
    keyFiles instanceof SheafError
      ? keyFiles
      : await attempt(() =>
          chainOf(name, keyFiles, roots, isTouched, before instanceof SheafError ? undefined : pinOf(before)),
        );
  const about = await readAbout(isNew ? after : base, name);
  return {
    name,
    isNew,
    ...(about === undefined ? {} : { about }),
    ...(keys === undefined ? {} : { keys }),
    keyFiles: keyFiles instanceof SheafError ? [] : keyFiles,
  };
}

/** What all owners of a registry state of themselves, by name. */
export async function readOwnerFiles(base: ReadableTree): Promise<ReadonlyMap<string, OwnerFile>> {
  const names = (await base.list(SOURCE_DIRECTORIES.owners)).flatMap((path) => {
    const source = parseSourcePath(path);
    return source?.kind === 'owner' ? [source.owner] : [];
  });
  // Together: from a registry that is somewhere else, a file at a time would take minutes.
  const owners = await Promise.all(names.map(async (name) => [name, await readAbout(base, name)] as const));
  return new Map(owners.flatMap(([name, about]) => (about === undefined ? [] : [[name, about]])));
}

function chainOf(
  owner: string,
  files: readonly KeyFile[],
  roots: OwnerTrees['roots'],
  isWhole: boolean,
  pin?: OwnerPin,
): OwnerChain | undefined {
  const counted = isWhole ? files : files.slice(0, completeOwnerFiles(files, roots));
  const root = roots.at(-1) ?? roots[0];
  return counted.length === 0 ? undefined : acceptOwnerChain(recordOf(owner, counted), root, pin);
}

function recordOf(owner: string, files: readonly KeyFile[]): OwnerRecord {
  const decoder = new TextDecoder();
  const texts = files.flatMap(({ file, bytes, signatures }) => {
    const name = `${file.version}.signers`;
    const signed = [...signatures].map(([principal, sig]) => [
      `${name}.${principal}.sig`,
      decoder.decode(sig),
    ]);
    return [[name, decoder.decode(bytes)], ...signed];
  });
  return { owner, files: Object.fromEntries(texts) as OwnerRecord['files'] };
}

function pinOf(chain: OwnerChain | undefined): OwnerPin | undefined {
  const newest = chain?.at(-1);
  return newest === undefined ? undefined : { version: newest.version, sha256: newest.sha256 };
}

async function readAbout(tree: ReadableTree, owner: string): Promise<OwnerFile | undefined> {
  const path = sourcePath({ kind: 'owner', owner });
  const bytes = await tree.read(path);
  return bytes === undefined ? undefined : readOwnerFile(bytes, path).value;
}

/** What `read` gives, or the refusal. */
async function attempt<T>(read: () => T | Promise<T>): Promise<T | SheafError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
}
