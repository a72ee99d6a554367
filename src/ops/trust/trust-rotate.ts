import { SheafError } from '../../core/errors.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { type Signer, type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { sameKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { completeRoots, type KeyFile, keyChanges } from '../../core/trust/key-ceremony.ts';
import { type CheckoutPorts, readCompleteRoots, readKeyFiles, registryIdOf, writeNew } from './checkout.ts';
import { requireNewNames, withoutSigners } from './owner-rotate.ts';
import { requireNonePending } from './owner-show.ts';
import { readPublicKey } from './public-key-file.ts';
import { type PendingRoot, pendingRoot } from './trust-show.ts';

/** What `sheaf registry trust rotate` was asked for. */
export interface TrustRotateOptions {
  /** `NAME=PUB` for each maintainer who comes in. */
  readonly addMaintainers: readonly string[];
  /** Principals who go. */
  readonly drop: readonly string[];
  /** As before when absent. */
  readonly threshold?: number;
  /** Public key file that takes the place of the one that signs checkpoints. */
  readonly ciKey?: string;
  /** Begin a new series of checkpoints, because the key of the old one may be in other hands. */
  readonly newEpoch: boolean;
  /** How long the root is valid, in milliseconds. */
  readonly life: number;
  readonly dryRun: boolean;
}

/** What a maintainer's key may do. */
const MAINTAINER = ['root@sheaf', 'status@sheaf', 'recovery@sheaf'] as const;

/**
 * Writes the next root, unsigned: the threshold of the one before has to sign it, and again its own. Until then the
 * index goes by the one before, so the ceremony may take several pull requests.
 *
 * @throws SheafError `SHEAF_USAGE`, `SHEAF_EXISTS` when another root waits for signatures, `SHEAF_ROOT` when there is
 *   no first one, `SHEAF_PATH`, `SHEAF_INVALID_FILE`.
 */
export async function trustRotate(ports: CheckoutPorts, options: TrustRotateOptions): Promise<PendingRoot> {
  const registry = await registryIdOf(ports);
  const complete = await readCompleteRoots(ports);
  const chain = await readKeyFiles(ports);
  requireNonePending({ pending: chain[completeRoots(chain)] }, 'sheaf registry trust show');
  const before = (complete.at(-1) ?? complete[0]).file;
  const file: SignersFile = {
    ...before,
    version: before.version + 1,
    epoch: before.epoch + (options.newEpoch ? 1 : 0),
    threshold: options.threshold ?? before.threshold,
    expires: ports.clock.now() + options.life,
    signers: await nextSigners(ports, before, options),
  };
  requireReachable(file);
  requireChange(before, file, options.newEpoch);
  refuseDemoKeys(file);
  const bytes = writeSigners(file);
  const next: KeyFile = { file, bytes, signatures: new Map() };
  await writeNew(ports, sourcePath({ kind: 'root', version: file.version }), bytes, options.dryRun);
  return pendingRoot(ports, registry, complete, next);
}

async function nextSigners(
  { files }: CheckoutPorts,
  before: SignersFile,
  { addMaintainers, drop, ciKey }: TrustRotateOptions,
): Promise<readonly Signer[]> {
  const kept = withoutSigners(before, drop);
  const added: Signer[] = [];
  for (const text of addMaintainers) {
    const [, principal, path] = /^([a-z0-9-]{1,128})=(.+)$/.exec(text) ?? [];
    if (principal === undefined || path === undefined) {
      throw new SheafError('SHEAF_USAGE', `${quote(text)} names no maintainer and their key.`, {
        hint: 'Write NAME=PUB: --add-maintainer dana=dana.pub.',
      });
    }
    added.push({ principal, namespaces: MAINTAINER, key: await readPublicKey(files, path) });
  }
  requireNewNames(before, added);
  // Its name is no part of any file name, so the key that signs checkpoints keeps it.
  const ci = before.signers.find(isCheckpointKey)?.principal ?? 'ci';
  const signers = [
    ...kept.filter((signer) => !isCheckpointKey(signer)),
    ...added,
    ...(ciKey === undefined
      ? kept.filter(isCheckpointKey)
      : [
          {
            principal: ci,
            namespaces: ['checkpoint@sheaf'] as const,
            key: await readPublicKey(files, ciKey),
          },
        ]),
  ];
  for (const [index, signer] of signers.entries()) {
    const twin = signers.slice(0, index).find((other) => sameKey(other.key, signer.key));
    if (twin === undefined) continue;
    throw new SheafError(
      'SHEAF_USAGE',
      `${twin.principal} and ${signer.principal} would have the same key.`,
      {
        hint: 'A key holds one role: make one of its own for each.',
      },
    );
  }
  if (signers.some(isCheckpointKey)) return signers;
  throw new SheafError('SHEAF_USAGE', 'No key would be left that signs checkpoints.', {
    hint: 'Give the public half of a new one: --ci-key PUB.',
  });
}

function requireReachable({ threshold, signers }: SignersFile): void {
  const maintainers = signers.filter(({ namespaces }) => namespaces.includes('root@sheaf')).length;
  if (threshold <= maintainers) return;
  throw new SheafError(
    'SHEAF_USAGE',
    `A threshold of ${threshold} needs as many maintainers, and ${maintainers} would be left.`,
    { hint: 'Add maintainers, or give a lower --threshold.' },
  );
}

/**
 * A new epoch is worth nothing to clients while the key of the old one still signs, and a root that changes nothing
 * would only wear out its signers. Renewing the expiry is a change.
 */
function requireChange(before: SignersFile, next: SignersFile, newEpoch: boolean): void {
  const stays = ({ key }: Signer): boolean =>
    next.signers.some((other) => isCheckpointKey(other) && sameKey(other.key, key));
  if (newEpoch && before.signers.filter(isCheckpointKey).every(stays)) {
    throw new SheafError('SHEAF_USAGE', 'A new epoch leaves a stolen key behind, and none goes.', {
      hint: 'Replace the key that signs checkpoints, too: --ci-key PUB.',
    });
  }
  if (keyChanges(before, next).length > 0) return;
  throw new SheafError('SHEAF_USAGE', 'The root would stay as it is.', {
    hint: 'Give --add-maintainer, --drop, --threshold, --ci-key, --new-epoch or --expires.',
  });
}

function isCheckpointKey({ namespaces }: Signer): boolean {
  return namespaces.includes('checkpoint@sheaf');
}
