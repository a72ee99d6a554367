import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { CheckpointId } from '../../core/index/checkpoint.ts';
import { parseSourcePath, sourcePath } from '../../core/index/source-layout.ts';
import { type RevokedKey, readRevoked, writeRevoked } from '../../core/signatures/revoked.ts';
import { readSigners } from '../../core/signatures/signers.ts';
import { fingerprint, type SshPublicKey, sameKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { mergeRevoked } from '../../core/trust/revocation.ts';
import { type CheckoutPorts, registryIdOf } from './checkout.ts';
import { readPublicKey } from './public-key-file.ts';

/** What `sheaf owner revoke` was asked for. */
export interface OwnerRevokeOptions {
  /** A public key file, or the fingerprint (`SHA256:…`) of a key that some key file of the registry lists. */
  readonly key: string;
  /** The first checkpoint at which the key is distrusted; from the beginning when absent. */
  readonly from?: CheckpointId;
  readonly reason?: string;
  readonly dryRun: boolean;
}

/** A key that is revoked now. */
export interface Revocation {
  readonly registry: string;
  readonly path: string;
  readonly fingerprint: string;
  readonly from?: CheckpointId;
  readonly reason?: string;
  /** Key files that list it: `registry/trust/owners/alice/2.signers as alice-laptop`. */
  readonly listedIn: readonly string[];
  /** False when it was revoked as far already. */
  readonly changed: boolean;
}

/**
 * Adds a key to `registry/trust/revoked`. That takes power away only, so it needs no signature; a client that has seen
 * it keeps to it for ever. What is there already is only ever made stricter.
 *
 * @throws SheafError `SHEAF_USAGE` for a fingerprint that no file lists, `SHEAF_PATH`, `SHEAF_INVALID_FILE`.
 */
export async function ownerRevoke(ports: CheckoutPorts, options: OwnerRevokeOptions): Promise<Revocation> {
  const registry = await registryIdOf(ports);
  const listed = await listedKeys(ports);
  const key = await keyNamed(ports, options.key, listed);
  const { from, reason } = options;
  const entry: RevokedKey = {
    key,
    ...(from === undefined ? {} : { from }),
    ...(reason === undefined ? {} : { reason }),
  };
  const path = sourcePath({ kind: 'revoked' });
  const bytes = await ports.tree.read(path);
  const before = bytes === undefined ? [] : valueOf(readRevoked(bytes, path));
  const after = mergeRevoked(before, [entry]);
  const next = writeRevoked(after);
  const changed = bytes === undefined || Buffer.compare(next, writeRevoked(before)) !== 0;
  if (changed && !options.dryRun) await ports.files.write(`${ports.tree.root}/${path}`, next);
  const stands = after.find((one) => sameKey(one.key, key)) ?? entry;
  return {
    registry,
    path,
    fingerprint: fingerprint(key),
    ...(stands.from === undefined ? {} : { from: stands.from }),
    ...(stands.reason === undefined ? {} : { reason: stands.reason }),
    listedIn: listed.filter((one) => sameKey(one.key, key)).map((one) => `${one.path} as ${one.principal}`),
    changed,
  };
}

interface ListedKey {
  readonly key: SshPublicKey;
  readonly path: string;
  readonly principal: string;
}

async function listedKeys({ tree }: CheckoutPorts): Promise<readonly ListedKey[]> {
  const listed: ListedKey[] = [];
  for (const path of await tree.list('registry/trust')) {
    const kind = parseSourcePath(path)?.kind;
    if (kind !== 'root' && kind !== 'owner-signers') continue;
    const bytes = await tree.read(path);
    const { signers = [] } = bytes === undefined ? {} : (readSigners(bytes, path).value ?? {});
    listed.push(...signers.map(({ key, principal }) => ({ key, path, principal })));
  }
  return listed;
}

async function keyNamed(
  ports: CheckoutPorts,
  name: string,
  listed: readonly ListedKey[],
): Promise<SshPublicKey> {
  if (!name.startsWith('SHA256:')) return readPublicKey(ports.files, name);
  const found = listed.find(({ key }) => fingerprint(key) === name);
  if (found !== undefined) return found.key;
  throw new SheafError('SHEAF_USAGE', `No key file of the registry lists a key ${quote(name)}.`, {
    hint: 'Give the public key as a file.',
  });
}
