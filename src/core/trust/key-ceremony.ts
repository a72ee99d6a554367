import { formatInstant } from '../instant.ts';
import { countSigners, type Signer, type SignersFile } from '../signatures/signers.ts';
import { fingerprint, sameKey } from '../signatures/ssh-key.ts';
import type { Namespace } from '../signatures/sshsig.ts';
import type { Signatures } from './trust.ts';

/**
 * A signing ceremony as files: a key file is written unsigned, its signers add their signatures one by one, in one
 * pull request or in several, and it counts from the moment on at which every demand is met.
 */

/** Whose signatures a file needs. */
export interface Demand {
  /** The file whose threshold it is: "root 3", "version 2 of the keys of alice". */
  readonly by: string;
  readonly namespace: Namespace;
  readonly threshold: number;
  /** Principals whose signatures count. */
  readonly signed: readonly string[];
  /** Principals who may sign and have not. */
  readonly missing: readonly string[];
  /** Principal to a sentence, for signatures that do not count. */
  readonly refused: Readonly<Record<string, string>>;
  readonly met: boolean;
}

/** What is signed, and with which signatures so far. */
export interface CeremonyFile {
  readonly bytes: Uint8Array;
  readonly signatures: Signatures;
}

/** A key file of a registry repository. */
export interface KeyFile extends CeremonyFile {
  readonly file: SignersFile;
}

/** How far the signatures over a file have come towards the threshold of `signers`. */
export function demandOf(
  signers: SignersFile,
  namespace: Namespace,
  { bytes, signatures }: CeremonyFile,
): Demand {
  const by =
    signers.kind === 'root'
      ? `root ${signers.version}`
      : `version ${signers.version} of the keys of ${signers.owner ?? ''}`;
  const count = countSigners(signers, namespace, bytes, signatures, 'the file');
  return {
    by,
    namespace,
    threshold: signers.threshold,
    signed: count.signed.map(({ principal }) => principal),
    missing: count.missing,
    refused: count.refused,
    met: count.isMet,
  };
}

/** A root must be signed by the root before and again by itself; the first one by itself. */
export function rootDemands(
  before: SignersFile | undefined,
  next: SignersFile,
  file: CeremonyFile,
): readonly Demand[] {
  return [before, next].flatMap((signers) =>
    signers === undefined ? [] : [demandOf(signers, 'root@sheaf', file)],
  );
}

/** How many roots of a chain, from the first on, have the signatures that they need. */
export function completeRoots(chain: readonly KeyFile[]): number {
  const pending = chain.findIndex(
    (root, index) => !rootDemands(chain[index - 1]?.file, root.file, root).every(({ met }) => met),
  );
  return pending < 0 ? chain.length : pending;
}

/**
 * How many key files of an owner, from the first on, have the signatures that they need: each those of the one
 * before, or those of the recovery keys of any of the `roots`. The first needs none: the registry vouches for it.
 */
export function completeOwnerFiles(chain: readonly KeyFile[], roots: readonly SignersFile[]): number {
  const pending = chain.findIndex((next, index) => {
    const before = chain[index - 1];
    return before !== undefined && !ownerDemands(before.file, roots, next).some(({ met }) => met);
  });
  return pending < 0 ? chain.length : pending;
}

/** The demands of which one is enough for an owner's next key file: the owner's own, or one of the roots'. */
export function ownerDemands(
  before: SignersFile,
  roots: readonly SignersFile[],
  next: CeremonyFile,
): readonly Demand[] {
  return [
    demandOf(before, 'owner@sheaf', next),
    ...roots.toReversed().map((root) => demandOf(root, 'recovery@sheaf', next)),
  ];
}

/** What one key file changes against the one before it, in the order in which people should look at it. */
export function keyChanges(before: SignersFile, next: SignersFile): readonly string[] {
  const changes: string[] = [];
  const say = (what: string, from: string | number, to: string | number): void => {
    if (from !== to) changes.push(`${what}: ${from} → ${to}`);
  };
  for (const signer of before.signers) {
    if (!next.signers.some((other) => sameKey(other.key, signer.key)))
      changes.push(`removes ${titleOf(signer)}`);
  }
  for (const signer of next.signers) {
    const known = before.signers.find((other) => sameKey(other.key, signer.key));
    if (known === undefined) changes.push(`adds ${titleOf(signer)}`);
    else if (titleOf(known) !== titleOf(signer))
      changes.push(`turns ${titleOf(known)} into ${titleOf(signer)}`);
  }
  say('threshold', before.threshold, next.threshold);
  if (next.kind === 'root') say('epoch', before.epoch, next.epoch);
  say('expires', expiryOf(before), expiryOf(next));
  return changes;
}

function titleOf({ principal, namespaces, key }: Signer): string {
  return `${principal} ${fingerprint(key)} (${namespaces.join(', ')})`;
}

function expiryOf({ expires }: SignersFile): string {
  return expires === undefined ? 'never' : formatInstant(expires);
}
