import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { parsePublicKey, type SshPublicKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';

/**
 * Reads a public key file, `KEYTYPE BASE64 COMMENT`.
 *
 * @throws SheafError `SHEAF_USAGE` for a private key, `SHEAF_PATH`, `SHEAF_SIGNATURE` for a key that sheaf does not
 *   accept.
 */
export async function readPublicKey(files: NamedFiles, path: string): Promise<SshPublicKey> {
  const bytes = await files.read(path, LIMITS.signatureBytes);
  const text = Buffer.from(bytes).toString('utf8');
  if (text.startsWith('-----BEGIN')) {
    throw new SheafError('SHEAF_USAGE', `${quote(path)} is a private key.`, {
      hint: `Give the public half, ${path}.pub.`,
    });
  }
  return parsePublicKey(text);
}

/** `keys/Alice.pub` signs as `alice`. */
export function principalOf(path: string): string {
  const file = path.split(/[/\\]/).at(-1) ?? path;
  const principal = file
    .replace(/\.pub$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (principal !== '') return principal;
  throw new SheafError('SHEAF_USAGE', `The file name of ${quote(path)} names nobody.`, {
    hint: 'Name the file after the maintainer: alice.pub.',
  });
}
