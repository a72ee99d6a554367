import { closest } from '../../core/did-you-mean.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type OwnerFile, readOwnerFile } from '../../core/formats/owner-file.ts';
import { SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import { fingerprint } from '../../core/signatures/ssh-key.ts';
import { completeOwnerFiles, type KeyFile, keyChanges, ownerDemands } from '../../core/trust/key-ceremony.ts';
import { type Ceremony, ceremonyOf } from './ceremony.ts';
import { type CheckoutPorts, readCompleteRoots, readKeyFiles, registryIdOf } from './checkout.ts';

/** One version of a key file in the words in which people compare it. */
export interface KeyFileSummary {
  readonly version: number;
  readonly sha256: Sha256;
  readonly threshold: number;
  readonly signers: readonly {
    readonly principal: string;
    readonly namespaces: readonly string[];
    readonly fingerprint: string;
  }[];
}

/** An owner as the checkout has them. */
export interface ShownOwner {
  readonly registry: string;
  readonly owner: string;
  readonly about: OwnerFile;
  /** The key files that count, oldest first. */
  readonly versions: readonly KeyFileSummary[];
  /** The next one, while it waits for signatures. */
  readonly pending?: Ceremony;
}

/** An owner's key files with what they are judged by. */
export interface OwnerKeys {
  readonly registry: string;
  readonly complete: readonly [KeyFile, ...KeyFile[]];
  readonly pending: KeyFile | undefined;
  /** The roots of the registry that count. */
  readonly roots: readonly SignersFile[];
}

/**
 * Tells who an owner is, and where the ceremony of their next key file stands.
 *
 * @throws SheafError `SHEAF_OWNER` when the registry has no such owner, `SHEAF_PATH`, `SHEAF_ROOT`,
 *   `SHEAF_INVALID_FILE`.
 */
export async function ownerShow(ports: Pick<CheckoutPorts, 'tree'>, owner: string): Promise<ShownOwner> {
  const keys = await readOwnerKeys(ports, owner);
  const path = sourcePath({ kind: 'owner', owner });
  const bytes = await ports.tree.read(path);
  return {
    registry: keys.registry,
    owner,
    about: bytes === undefined ? { repositories: [] } : valueOf(readOwnerFile(bytes, path)),
    versions: keys.complete.map(summaryOf),
    ...(keys.pending === undefined ? {} : { pending: pendingCeremony(keys, owner, keys.pending) }),
  };
}

/**
 * Reads the key files of an owner.
 *
 * @throws SheafError as {@link ownerShow}.
 */
export async function readOwnerKeys(ports: Pick<CheckoutPorts, 'tree'>, owner: string): Promise<OwnerKeys> {
  const registry = await registryIdOf(ports);
  const roots = (await readCompleteRoots(ports)).map(({ file }) => file);
  const chain = await readKeyFiles(ports, owner);
  const count = completeOwnerFiles(chain, roots);
  const [first, ...rest] = chain.slice(0, count);
  if (first !== undefined) return { registry, complete: [first, ...rest], pending: chain[count], roots };
  const meant = closest(owner, await ownerNames(ports));
  throw new SheafError('SHEAF_OWNER', `The registry ${registry} has no owner ${owner}.`, {
    hint: meant === undefined ? `Add them: sheaf owner add ${owner} --key PUB.` : `Did you mean ${meant}?`,
  });
}

/**
 * Makes sure that no other key file waits for signatures: two at a time could not both become the next.
 *
 * @throws SheafError `SHEAF_EXISTS`.
 */
export function requireNonePending({ pending }: Pick<OwnerKeys, 'pending'>, show: string): void {
  if (pending === undefined) return;
  throw new SheafError(
    'SHEAF_EXISTS',
    `Version ${pending.file.version} is there already and waits for signatures.`,
    { hint: `Let it be signed, or remove it: ${show} tells who is missing.` },
  );
}

/** The newest of the key files that count. */
export function newestOf({ complete }: Pick<OwnerKeys, 'complete'>): KeyFile {
  return complete.at(-1) ?? complete[0];
}

/** Where the next key file of an owner stands. */
export function pendingCeremony(keys: OwnerKeys, owner: string, pending: KeyFile): Ceremony {
  const before = newestOf(keys).file;
  return ceremonyOf({
    ...pending,
    registry: keys.registry,
    path: sourcePath({ kind: 'owner-signers', owner, version: pending.file.version }),
    changes: keyChanges(before, pending.file),
    demands: ownerDemands(before, keys.roots.slice(-1), pending),
    needs: 'any',
  });
}

/** A key file in the words in which people compare it. */
export function summaryOf({ file, bytes }: KeyFile): KeyFileSummary {
  return {
    version: file.version,
    sha256: sha256(bytes),
    threshold: file.threshold,
    signers: file.signers.map(({ principal, namespaces, key }) => ({
      principal,
      namespaces,
      fingerprint: fingerprint(key),
    })),
  };
}

async function ownerNames({ tree }: Pick<CheckoutPorts, 'tree'>): Promise<readonly string[]> {
  const paths = await tree.list(SOURCE_DIRECTORIES.owners);
  return [
    ...new Set(paths.map((path) => path.slice(SOURCE_DIRECTORIES.owners.length + 1).split('/')[0] ?? '')),
  ];
}
