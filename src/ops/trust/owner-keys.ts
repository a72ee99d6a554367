import { SheafError } from '../../core/errors.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { Signer } from '../../core/signatures/signers.ts';
import { sameKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { principalOf, readPublicKey } from './public-key-file.ts';

/** Public keys that come into an owner's key file, as a person named them: `PUB` or `PUB:LABEL`. */
export interface NamedKeys {
  /** They may sign releases and the next key file. */
  readonly keys: readonly string[];
  /** They may sign releases only: what a workflow holds. */
  readonly releaseKeys: readonly string[];
}

/** What an owner's own keys may do. */
const OWNER = ['owner@sheaf', 'release@sheaf'] as const;

/**
 * Reads keys into signers of an owner. The first one without a label gets the name of the owner if it is free, the
 * others `<owner>-<label>`, where the label is the name of the file when none is given.
 *
 * @param taken signers who keep their names.
 * @throws SheafError `SHEAF_USAGE` for a name or a key that is there already, `SHEAF_PATH`, `SHEAF_SIGNATURE`.
 */
export async function ownerSigners(
  files: NamedFiles,
  owner: string,
  { keys, releaseKeys }: NamedKeys,
  taken: readonly Signer[],
): Promise<readonly Signer[]> {
  const signers: Signer[] = [];
  const named = [
    ...keys.map((text) => ({ text, namespaces: OWNER })),
    ...releaseKeys.map((text) => ({ text, namespaces: ['release@sheaf'] as const })),
  ];
  for (const { text, namespaces } of named) {
    const { path, label } = splitLabel(text);
    const key = await readPublicKey(files, path);
    const others = [...taken, ...signers];
    const twin = others.find((other) => sameKey(other.key, key));
    if (twin !== undefined) {
      throw new SheafError('SHEAF_USAGE', `${quote(path)} is the key of ${twin.principal} already.`, {
        hint: 'Give every key once.',
      });
    }
    const isFree = (name: string): boolean => others.every(({ principal }) => principal !== name);
    const plain = label === undefined && namespaces === OWNER && isFree(owner);
    const principal = plain ? owner : `${owner}-${label ?? principalOf(path)}`;
    if (!isFree(principal)) {
      throw new SheafError('SHEAF_USAGE', `Two keys of ${owner} would sign as ${principal}.`, {
        hint: `Give the new one another label: ${path}:LABEL.`,
      });
    }
    signers.push({ principal, namespaces, key });
  }
  return signers;
}

/** A label is behind the last colon; a path may have one in front (`C:\keys\me.pub`). */
function splitLabel(text: string): { readonly path: string; readonly label: string | undefined } {
  const match = /^(.+):([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(text);
  const [, path, label] = match ?? [];
  return path === undefined ? { path: text, label: undefined } : { path, label };
}
