import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { readAllowedSigners, readKeyList } from '../../core/signatures/allowed-signers.ts';
import { fingerprint, type SshPublicKey, sameKey } from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { quote } from '../../core/text.ts';

/** What `ssh-keygen -Y verify` takes, and the message that it reads from standard input. */
export interface SignatureVerifyOptions {
  readonly signers: string;
  readonly identity: string;
  readonly namespace: string;
  readonly signature: string;
  /** A list of revoked public keys. */
  readonly revoked?: string;
  readonly message: Uint8Array;
}

/** The answer: who signed, or why the signature does not count. */
export type SignatureVerdict =
  | { readonly good: true; readonly key: SshPublicKey; readonly fingerprint: string }
  | { readonly good: false; readonly reason: SheafError };

/**
 * Whether `identity` signed the message for `namespace`, by a file of allowed signers. Everything that keeps
 * the question from being answered is a no, as in ssh-keygen: a missing file, a malformed line, a revoked key.
 */
export async function verifySignature(
  ports: { readonly files: NamedFiles },
  options: SignatureVerifyOptions,
): Promise<SignatureVerdict> {
  try {
    const key = await requireGoodSignature(ports.files, options);
    return { good: true, key, fingerprint: fingerprint(key) };
  } catch (reason) {
    if (reason instanceof SheafError) return { good: false, reason };
    throw reason;
  }
}

async function requireGoodSignature(
  files: NamedFiles,
  { signers, identity, namespace, signature, revoked, message }: SignatureVerifyOptions,
): Promise<SshPublicKey> {
  const bytes = await files.read(signature, LIMITS.signatureBytes);
  const key = signerOf(bytes, namespace, message, 'standard input');
  if (revoked !== undefined) {
    const keys = readKeyList(await files.read(revoked, LIMITS.textFileBytes), revoked);
    if (keys.some((other) => sameKey(other, key))) {
      throw new SheafError('SHEAF_SIGNATURE', `The key ${fingerprint(key)} is revoked by ${quote(revoked)}.`);
    }
  }
  const allowed = readAllowedSigners(await files.read(signers, LIMITS.textFileBytes), signers);
  const mayBe = allowed.filter((signer) => sameKey(signer.key, key) && signer.principals.includes(identity));
  if (mayBe.length === 0) {
    throw new SheafError(
      'SHEAF_SIGNATURE',
      `${quote(signers)} does not list the key ${fingerprint(key)} for ${quote(identity)}.`,
    );
  }
  if (!mayBe.some(({ namespaces }) => namespaces === undefined || namespaces.includes(namespace))) {
    throw new SheafError(
      'SHEAF_SIGNATURE',
      `${quote(signers)} does not let ${quote(identity)} sign for ${quote(namespace)}.`,
    );
  }
  return key;
}
