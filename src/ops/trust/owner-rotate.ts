import { SheafError } from '../../core/errors.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { type Signer, type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { quote } from '../../core/text.ts';
import { demandOf, keyChanges } from '../../core/trust/key-ceremony.ts';
import { type Ceremony, ceremonyOf } from './ceremony.ts';
import { type CheckoutPorts, writeNew } from './checkout.ts';
import { type NamedKeys, ownerSigners } from './owner-keys.ts';
import { newestOf, readOwnerKeys, requireNonePending } from './owner-show.ts';

/** What `sheaf owner rotate` was asked for. */
export interface OwnerRotateOptions extends NamedKeys {
  readonly owner: string;
  /** Principals whose keys go. */
  readonly drop: readonly string[];
  /** As before when absent. */
  readonly threshold?: number;
  readonly dryRun: boolean;
}

/**
 * Writes the next key file of an owner, unsigned: the threshold of the one before has to sign it. Releases that were
 * signed by a key that goes stay good; to distrust it is a revocation.
 *
 * @throws SheafError `SHEAF_USAGE`, `SHEAF_OWNER` for an unknown owner, `SHEAF_EXISTS` when another key file waits for
 *   signatures, `SHEAF_PATH`, `SHEAF_INVALID_FILE`.
 */
export async function ownerRotate(ports: CheckoutPorts, options: OwnerRotateOptions): Promise<Ceremony> {
  const { owner, drop, dryRun } = options;
  const keys = await readOwnerKeys(ports, owner);
  requireNonePending(keys, `sheaf owner show ${owner}`);
  const before = newestOf(keys).file;
  const kept = withoutSigners(before, drop);
  const added = await ownerSigners(ports.files, owner, options, kept);
  requireNewNames(before, added);
  const file: SignersFile = {
    ...before,
    version: before.version + 1,
    threshold: options.threshold ?? before.threshold,
    signers: [...kept, ...added],
  };
  const changes = keyChanges(before, file);
  if (changes.length === 0) {
    throw new SheafError('SHEAF_USAGE', `The keys of ${owner} would stay as they are.`, {
      hint: 'Give --add, --drop or --threshold.',
    });
  }
  refuseDemoKeys(file);
  const bytes = writeSigners(file);
  const path = sourcePath({ kind: 'owner-signers', owner, version: file.version });
  await writeNew(ports, path, bytes, dryRun);
  const signatures = new Map<string, Uint8Array>();
  return ceremonyOf({
    registry: keys.registry,
    path,
    bytes,
    signatures,
    changes,
    demands: [demandOf(before, 'owner@sheaf', { bytes, signatures })],
    needs: 'all',
  });
}

/**
 * The signers of a file but those that go.
 *
 * @throws SheafError `SHEAF_USAGE` for a principal that the file does not list.
 */
export function withoutSigners(
  { signers, version }: SignersFile,
  drop: readonly string[],
): readonly Signer[] {
  const unknown = drop.find((name) => signers.every(({ principal }) => principal !== name));
  if (unknown === undefined) return signers.filter(({ principal }) => !drop.includes(principal));
  throw new SheafError('SHEAF_USAGE', `Version ${version} lists no key under the name ${quote(unknown)}.`, {
    hint: `It lists: ${signers.map(({ principal }) => principal).join(', ')}.`,
  });
}

/**
 * A signature lies under the name of its signer, so old and new key must not share one: nobody could tell whose
 * signature over the next file it is, and only one of the two would find a place.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function requireNewNames(before: SignersFile, added: readonly Signer[]): void {
  const reused = added.find((signer) =>
    before.signers.some(({ principal }) => principal === signer.principal),
  );
  if (reused === undefined) return;
  throw new SheafError('SHEAF_USAGE', `The file before lists another key as ${reused.principal}.`, {
    hint: `Give the new key a name of its own, such as ${reused.principal}-2.`,
  });
}
