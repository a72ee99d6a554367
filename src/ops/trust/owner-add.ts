import { SheafError } from '../../core/errors.ts';
import { type OwnerFile, writeOwnerFile } from '../../core/formats/owner-file.ts';
import { SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { quote } from '../../core/text.ts';
import { demandOf } from '../../core/trust/key-ceremony.ts';
import { type Ceremony, ceremonyOf, firstChanges } from './ceremony.ts';
import { type CheckoutPorts, registryIdOf, writeNew } from './checkout.ts';
import { type NamedKeys, ownerSigners } from './owner-keys.ts';

/** What `sheaf owner add` was asked for. */
export interface OwnerAddOptions extends NamedKeys {
  readonly owner: string;
  readonly threshold: number;
  readonly about: OwnerFile;
  readonly dryRun: boolean;
}

/**
 * Writes the first key file of a new owner and what is known about them. Forge accounts matter here only: they say
 * who opened the pull request; from the second key file on, nothing but signatures counts.
 *
 * @throws SheafError `SHEAF_USAGE`, `SHEAF_EXISTS` when the registry has the owner, `SHEAF_PATH`,
 *   `SHEAF_INVALID_FILE` for what could not be read back.
 */
export async function ownerAdd(ports: CheckoutPorts, options: OwnerAddOptions): Promise<Ceremony> {
  const { owner, threshold, about, dryRun } = options;
  const registry = await registryIdOf(ports);
  requireOwnerName(owner);
  if ((await ports.tree.list(`${SOURCE_DIRECTORIES.owners}/${owner}`)).length > 0) {
    throw new SheafError('SHEAF_EXISTS', `The registry ${registry} has an owner ${owner} already.`, {
      hint: `Their next keys come by: sheaf owner rotate ${owner}; lost ones are replaced by: sheaf owner recover ${owner}.`,
    });
  }
  const signers = await ownerSigners(ports.files, owner, options, []);
  const file: SignersFile = { kind: 'owner', registry, owner, version: 1, epoch: 0, threshold, signers };
  refuseDemoKeys(file);
  const bytes = writeSigners(file);
  const path = sourcePath({ kind: 'owner-signers', owner, version: 1 });
  await writeNew(ports, path, bytes, dryRun);
  await writeNew(ports, sourcePath({ kind: 'owner', owner }), writeOwnerFile(about), dryRun);
  return ceremonyOf({
    registry,
    path,
    bytes,
    signatures: new Map(),
    changes: firstChanges(file),
    demands: [demandOf(file, 'owner@sheaf', { bytes, signatures: new Map() })],
    needs: 'all',
  });
}

function requireOwnerName(owner: string): void {
  if (owner.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(owner)) return;
  throw new SheafError('SHEAF_USAGE', `${quote(owner)} cannot be the name of an owner.`, {
    hint: 'Use lower-case letters, digits and single hyphens, at most 64.',
  });
}
