import { sourcePath } from '../../core/index/source-layout.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { demandOf, keyChanges } from '../../core/trust/key-ceremony.ts';
import { type Ceremony, ceremonyOf } from './ceremony.ts';
import { type CheckoutPorts, writeNew } from './checkout.ts';
import { type NamedKeys, ownerSigners } from './owner-keys.ts';
import { requireNewNames } from './owner-rotate.ts';
import { newestOf, readOwnerKeys, requireNonePending } from './owner-show.ts';

/** What `sheaf owner recover` was asked for. */
export interface OwnerRecoverOptions extends NamedKeys {
  readonly owner: string;
  readonly threshold: number;
  readonly dryRun: boolean;
}

/**
 * Writes the key file with which the maintainers replace the lost keys of an owner, unsigned: the threshold of the
 * newest root has to sign it for `recovery@sheaf`. Every client then waits 14 days from its first sight of it and
 * asks, so that an owner who lost nothing can object.
 *
 * @throws SheafError as `ownerRotate`.
 */
export async function ownerRecover(ports: CheckoutPorts, options: OwnerRecoverOptions): Promise<Ceremony> {
  const { owner, threshold, dryRun } = options;
  const keys = await readOwnerKeys(ports, owner);
  requireNonePending(keys, `sheaf owner show ${owner}`);
  const before = newestOf(keys).file;
  const signers = await ownerSigners(ports.files, owner, options, before.signers);
  requireNewNames(before, signers);
  const file: SignersFile = { ...before, version: before.version + 1, threshold, signers };
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
    changes: keyChanges(before, file),
    demands: keys.roots.slice(-1).map((root) => demandOf(root, 'recovery@sheaf', { bytes, signatures })),
    needs: 'all',
  });
}
