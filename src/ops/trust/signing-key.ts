import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { parsePrivateKey, parsePublicKey, type SshPublicKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';

/**
 * The public half of the key that a person signs with, so that a wrong key is refused before anything is done with
 * it: of a plain private key, or of the `.pub` beside one that only ssh-keygen can use.
 *
 * @throws SheafError `SHEAF_PATH`, `SHEAF_SIGNATURE` for a key that cannot sign for sheaf.
 */
export async function publicHalf(files: NamedFiles, path: string): Promise<SshPublicKey> {
  const bytes = await files.read(path, LIMITS.signersBytes);
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.startsWith('-----BEGIN')) return parsePublicKey(text);
  try {
    return parsePrivateKey(bytes).publicKey;
  } catch (cause) {
    if (!(cause instanceof SheafError)) throw cause;
    const beside = await files.readIfExists(`${path}.pub`, LIMITS.signatureBytes);
    if (beside !== undefined) return parsePublicKey(Buffer.from(beside).toString('utf8'));
    throw new SheafError('SHEAF_SIGNATURE', `Nothing tells which key ${quote(path)} is.`, {
      hint: `Put its public half beside it: ssh-keygen -y -f ${path} > ${path}.pub`,
      cause,
    });
  }
}
