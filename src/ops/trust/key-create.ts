import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { SshKeygen } from '../../core/publishing-ports.ts';
import { fingerprint, parsePublicKey } from '../../core/signatures/ssh-key.ts';
import { quote, uncleanCharacter } from '../../core/text.ts';

/** What `sheaf key create` was asked for. */
export interface KeyCreateOptions {
  /** Where the private key goes; the public one goes to `path`.pub. */
  readonly path: string;
  readonly comment: string;
  /** Let ssh-keygen ask for a passphrase. */
  readonly passphrase: boolean;
}

/** A key pair that now exists. */
export interface CreatedKey {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly fingerprint: string;
}

/**
 * Creates an ed25519 SSH key pair and never overwrites one.
 *
 * @throws SheafError `SHEAF_EXISTS`, `SHEAF_TOOL` without ssh-keygen, `SHEAF_USAGE` for an unclean comment.
 */
export async function createKey(
  ports: { readonly files: NamedFiles; readonly sshKeygen: SshKeygen },
  options: KeyCreateOptions,
): Promise<CreatedKey> {
  const unclean = /[\n\t]/.test(options.comment) ? 'a line break or tab' : uncleanCharacter(options.comment);
  if (unclean !== undefined) {
    throw new SheafError('SHEAF_USAGE', `The comment of a key cannot hold ${unclean}.`, {
      hint: 'Write plain text, such as a name and a machine.',
    });
  }
  await ports.sshKeygen.createKey(options.path, options);
  const publicKey = `${options.path}.pub`;
  const line = await ports.files.read(publicKey, LIMITS.signatureBytes);
  const key = parsePublicKey(Buffer.from(line).toString('utf8'));
  if (key.type !== 'ssh-ed25519') {
    throw new SheafError('SHEAF_TOOL', `ssh-keygen wrote a key of type ${key.type} to ${quote(publicKey)}.`, {
      hint: 'Remove it and update OpenSSH.',
    });
  }
  return { privateKey: options.path, publicKey, fingerprint: fingerprint(key) };
}
