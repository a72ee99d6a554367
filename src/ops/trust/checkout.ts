import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import { readSigners, type SignersFile } from '../../core/signatures/signers.ts';
import { quote } from '../../core/text.ts';
import { completeRoots, type KeyFile } from '../../core/trust/key-ceremony.ts';

/** A checkout of a registry repository, into which a command writes files for a pull request. */
export interface CheckoutPorts {
  readonly tree: ReadableTree;
  readonly files: NamedFiles;
  readonly clock: Clock;
}

/**
 * The id of the registry in a checkout.
 *
 * @throws SheafError `SHEAF_PATH` when there is none, `SHEAF_INVALID_FILE`.
 */
export async function registryIdOf({ tree }: Pick<CheckoutPorts, 'tree'>): Promise<string> {
  const path = sourcePath({ kind: 'registry' });
  const bytes = await tree.read(path);
  if (bytes !== undefined) return valueOf(readRegistryFile(bytes, path)).id;
  throw new SheafError('SHEAF_PATH', `There is no ${path} in ${quote(tree.root)}, so it is no registry.`, {
    hint: 'Name the repository of a registry, or go to a checkout of one.',
  });
}

/**
 * The key files of the registry, or of one of its owners, in their order and with whatever signatures they have.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, also for a chain with a gap.
 */
export async function readKeyFiles(
  { tree }: Pick<CheckoutPorts, 'tree'>,
  owner?: string,
): Promise<readonly KeyFile[]> {
  const directory = owner === undefined ? SOURCE_DIRECTORIES.root : `${SOURCE_DIRECTORIES.owners}/${owner}`;
  const signatures = new Map<number, Map<string, Uint8Array>>();
  const found: { readonly bytes: Uint8Array; readonly file: SignersFile }[] = [];
  const files = await Promise.all(
    (await tree.list(directory)).map(async (path) => [path, await tree.read(path)] as const),
  );
  for (const [path, bytes] of files) {
    const source = parseSourcePath(path);
    if (source === undefined || bytes === undefined) continue;
    if (source.kind === 'root' || source.kind === 'owner-signers') {
      const file = valueOf(readSigners(bytes, path));
      if (file.version !== source.version) throw misplaced(path);
      found.push({ bytes, file });
    } else if (source.kind === 'root-signature' || source.kind === 'owner-signature') {
      const known = signatures.get(source.version) ?? new Map<string, Uint8Array>();
      signatures.set(source.version, known.set(source.principal, bytes));
    }
  }
  found.sort((a, b) => a.file.version - b.file.version);
  const gap = found.findIndex(({ file }, index) => file.version !== index + 1);
  if (gap >= 0) throw misplaced(`${directory}/${found[gap]?.file.version}.signers`);
  return found.map((one) => ({ ...one, signatures: signatures.get(one.file.version) ?? new Map() }));
}

/**
 * The roots that count: those with all their signatures.
 *
 * @throws SheafError `SHEAF_ROOT` when there is none.
 */
export async function readCompleteRoots(
  ports: Pick<CheckoutPorts, 'tree'>,
): Promise<readonly [KeyFile, ...KeyFile[]]> {
  const chain = await readKeyFiles(ports);
  const [first, ...rest] = chain.slice(0, completeRoots(chain));
  if (first !== undefined) return [first, ...rest];
  throw new SheafError(
    'SHEAF_ROOT',
    `The registry in ${quote(ports.tree.root)} has no signed trust root yet.`,
    {
      hint: 'See who has to sign it: sheaf registry trust show.',
    },
  );
}

/**
 * Writes a new file below the checkout; with `dryRun` only makes sure that it could.
 *
 * @throws SheafError `SHEAF_EXISTS`.
 */
export async function writeNew(
  { tree, files }: CheckoutPorts,
  path: string,
  bytes: Uint8Array,
  dryRun: boolean,
): Promise<void> {
  const isNew = dryRun
    ? (await tree.read(path)) === undefined
    : await files.create(`${tree.root}/${path}`, bytes);
  if (isNew) return;
  throw new SheafError('SHEAF_EXISTS', `${path} is already there.`, {
    hint: 'It is never overwritten; remove it first if it was a mistake that nobody has seen yet.',
  });
}

function misplaced(path: string): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', `${path} does not follow the key files before it.`, {
    hint: 'The versions are 1, 2, 3 and so on, each in the file of its name.',
  });
}
