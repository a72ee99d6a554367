import { type Sha256, sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import type { OwnerRecord } from '../index/records.ts';
import { LIMITS } from '../limits.ts';
import { refuseDemoKeys } from '../signatures/demo-keys.ts';
import { readSigners, requireThreshold, type Signer, type SignersFile } from '../signatures/signers.ts';
import { fingerprint, sameKey } from '../signatures/ssh-key.ts';
import { signerOf } from '../signatures/sshsig.ts';
import type { OwnerPin } from './trust-state.ts';

/** One key file of an owner and what vouches for it. */
export interface OwnerLink {
  readonly version: number;
  readonly sha256: Sha256;
  readonly file: SignersFile;
  /**
   * `first`: nothing but the index. `owner`: the threshold of the file before. `recovery`: the threshold of the
   * root's recovery keys, because the owner's own were lost.
   */
  readonly by: 'first' | 'owner' | 'recovery';
}

/** The verified key files of one owner, from version 1. */
export type OwnerChain = readonly [OwnerLink, ...OwnerLink[]];

/**
 * Verifies all key files of an owner: each version is signed by the threshold of the one before, or by the
 * threshold of the root's `recovery@sheaf` keys. Version 1 is believed because the index says so; from then on
 * `pin`, the newest version this machine has seen, must be part of the chain.
 *
 * @param root the trusted root of the registry.
 * @throws SheafError `SHEAF_OWNER`, `SHEAF_INVALID_FILE`.
 */
export function acceptOwnerChain(
  record: OwnerRecord,
  root: SignersFile,
  pin: OwnerPin | undefined,
): OwnerChain {
  const chain: [OwnerLink, ...OwnerLink[]] = [linkOf(record, root, undefined)];
  for (let last = chain[0]; record.files[`${last.version + 1}.signers`] !== undefined; ) {
    if (last.version === LIMITS.ownerChain) {
      throw new SheafError('SHEAF_OWNER', `${record.owner} has more than ${LIMITS.ownerChain} key files.`);
    }
    last = linkOf(record, root, last);
    chain.push(last);
  }
  if (pin === undefined || chain.some((link) => link.version === pin.version && link.sha256 === pin.sha256)) {
    return chain;
  }
  throw new SheafError(
    'SHEAF_OWNER',
    `The keys of owner ${record.owner} in registry ${root.registry} do not continue those seen before (version ${pin.version}).`,
    {
      hint: 'Nobody may change them but the owner or the root: the index is not to be trusted here. Tell the maintainers of the registry.',
      details: { owner: record.owner, expected: pin.sha256, version: pin.version },
    },
  );
}

/** Who of an owner's people signed something, and in which version of the key file they stand. */
export interface OwnerSignature {
  readonly link: OwnerLink;
  readonly signer: Signer;
}

/**
 * The release key of the chain that made a signature, in the oldest file that lists it: a lock file records that
 * version, and must not change because the owner's next file lists the key again.
 *
 * @param what names the signed thing in errors: "the manifest of graph-lens 1.2.0".
 * @throws SheafError `SHEAF_SIGNATURE`.
 */
export function signedByOwner(
  chain: OwnerChain,
  message: Uint8Array,
  signature: Uint8Array,
  what: string,
): OwnerSignature {
  return signedByAnyOwner([chain], message, signature, what);
}

/**
 * As {@link signedByOwner}, with the keys of several owners of whom any may have signed: of a plugin that was
 * handed over, the one of today first.
 *
 * @throws SheafError `SHEAF_SIGNATURE`.
 */
export function signedByAnyOwner(
  chains: readonly [OwnerChain, ...(readonly OwnerChain[])],
  message: Uint8Array,
  signature: Uint8Array,
  what: string,
): OwnerSignature {
  const key = signerOf(signature, 'release@sheaf', message, what);
  for (const link of chains.flat()) {
    const signer = link.file.signers.find(
      (one) => one.namespaces.includes('release@sheaf') && sameKey(one.key, key),
    );
    if (signer !== undefined) return { link, signer };
  }
  const [chain] = chains;
  throw new SheafError(
    'SHEAF_SIGNATURE',
    `The key that signed ${what} is no release key of owner ${chain[0].file.owner ?? ''}.`,
    {
      hint: 'Its owner has to sign it with a key of their own key file; until then, use another version.',
      details: { fingerprint: fingerprint(key) },
    },
  );
}

function linkOf(record: OwnerRecord, root: SignersFile, before: OwnerLink | undefined): OwnerLink {
  const version = (before?.version ?? 0) + 1;
  const name = `${version}.signers`;
  const text = record.files[name];
  if (text === undefined) {
    throw new SheafError(
      'SHEAF_OWNER',
      `Owner ${record.owner} of registry ${root.registry} has no key file.`,
    );
  }
  const bytes = new TextEncoder().encode(text);
  const file = valueOf(readSigners(bytes, `${record.owner}/${name}`));
  if (
    file.kind !== 'owner' ||
    file.registry !== root.registry ||
    file.owner !== record.owner ||
    file.version !== version
  ) {
    throw new SheafError(
      'SHEAF_OWNER',
      `${record.owner}/${name} is not version ${version} of the keys of ${record.owner} in registry ${root.registry}.`,
    );
  }
  refuseDemoKeys(file);
  return { version, sha256: sha256(bytes), file, by: voucher(record, root, before, name, bytes) };
}

function voucher(
  record: OwnerRecord,
  root: SignersFile,
  before: OwnerLink | undefined,
  name: string,
  bytes: Uint8Array,
): OwnerLink['by'] {
  if (before === undefined) return 'first';
  const signatures = new Map<string, Uint8Array>();
  for (const { principal } of [...before.file.signers, ...root.signers]) {
    const signature = record.files[`${name}.${principal}.sig`];
    if (signature !== undefined) signatures.set(principal, new TextEncoder().encode(signature));
  }
  const what = `${record.owner}/${name}`;
  const refusal = refusalOf(() => requireThreshold(before.file, 'owner@sheaf', bytes, signatures, what));
  if (refusal === undefined) return 'owner';
  if (refusalOf(() => requireThreshold(root, 'recovery@sheaf', bytes, signatures, what)) === undefined) {
    return 'recovery';
  }
  throw new SheafError(
    'SHEAF_OWNER',
    `The keys of owner ${record.owner} changed without the signature of the keys before: ${refusal.message}`,
    { details: refusal.details },
  );
}

function refusalOf(check: () => unknown): SheafError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
}
