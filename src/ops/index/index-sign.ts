import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexTarget } from '../../core/publishing-ports.ts';
import { readSigners } from '../../core/signatures/signers.ts';
import { fingerprint, type SshPrivateKey, sameKey } from '../../core/signatures/ssh-key.ts';
import { sign } from '../../core/signatures/sshsig.ts';
import { readPublishedCheckpoint } from './previous-index.ts';

/** What was signed. */
export interface SignedCheckpoint {
  readonly registry: string;
  readonly epoch: number;
  readonly version: number;
  /** Path of the signature in the tree. */
  readonly path: string;
  /** Principal of the root whose key signed. */
  readonly principal: string;
}

/**
 * Signs the newest checkpoint of a built index in the namespace `checkpoint@sheaf`.
 *
 * @param target the directory that `sheaf index build` wrote.
 * @throws SheafError `SHEAF_SIGNATURE` for a key to which the checkpoint's root gives no such role: no client
 *   would accept what it signs.
 */
export async function signIndex(target: IndexTarget, key: SshPrivateKey): Promise<SignedCheckpoint> {
  const built = await readPublishedCheckpoint(target);
  if (built === undefined) {
    throw new SheafError('SHEAF_NOT_A_REGISTRY', `There is no built index at ${target.url}.`, {
      hint: 'Build it first: sheaf index build REGISTRY --out DIR.',
    });
  }
  const { checkpoint, bytes } = built;
  const rootPath = `root/${checkpoint.root}.signers`;
  const rootBytes = await target.readFile(rootPath, LIMITS.signersBytes);
  if (rootBytes === undefined) {
    throw new SheafError('SHEAF_INDEX', `${target.url} lacks ${rootPath}.`, {
      hint: 'Build the index again.',
    });
  }
  const root = valueOf(readSigners(rootBytes, rootPath));
  const signer = root.signers.find(
    (one) => one.namespaces.includes('checkpoint@sheaf') && sameKey(one.key, key.publicKey),
  );
  if (signer === undefined) {
    const holders = root.signers.filter((one) => one.namespaces.includes('checkpoint@sheaf'));
    throw new SheafError(
      'SHEAF_SIGNATURE',
      `Root ${checkpoint.root} of ${checkpoint.registry} lets no checkpoint be signed by the key ${fingerprint(key.publicKey)}.`,
      {
        hint: 'Sign with the key of CI, or publish a root that lists this one for checkpoint@sheaf.',
        details: { keys: holders.map((one) => fingerprint(one.key)) },
      },
    );
  }
  const path = `${built.path}.sig`;
  const signature = sign(key, 'checkpoint@sheaf', bytes);
  await target.publish(only({ path, bytes: signature }), checkpoint.issued);
  const { registry, epoch, version } = checkpoint;
  return { registry, epoch, version, path, principal: signer.principal };
}

async function* only<T>(value: T): AsyncIterable<T> {
  yield value;
}
