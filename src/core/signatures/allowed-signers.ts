import { SheafError } from '../errors.ts';
import type { Place } from '../finding.ts';
import { parsePublicKey, type SshPublicKey } from './ssh-key.ts';

/** One line of an OpenSSH `allowed_signers` file: who may sign with this key, and for what. */
export interface AllowedSigner {
  readonly principals: readonly string[];
  /** Undefined: any namespace. */
  readonly namespaces: readonly string[] | undefined;
  readonly key: SshPublicKey;
}

// Key types of OpenSSH that sheaf never accepts a signature of: their lines may stand in a file, unused.
const OTHER_KEY_TYPES: ReadonlySet<string> = new Set([
  'ssh-rsa',
  'ssh-dss',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

// No quotes, wildcards, negations or spaces: what OpenSSH would read as a pattern is never a literal here.
const LITERALS = /^[A-Za-z0-9._@+-]+(,[A-Za-z0-9._@+-]+)*$/;

/**
 * Reads the part of the `allowed_signers` form (ssh-keygen(1), ALLOWED SIGNERS) that means the same to every
 * reader: literal principals, `namespaces` as the only option, ed25519 keys, comments and empty lines. Root
 * and owner files are such files. A line with anything else refuses the file: skipping a condition that was
 * not understood (`valid-before`, `cert-authority`) would accept what ssh-keygen refuses.
 *
 * @param file the name that errors carry.
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readAllowedSigners(bytes: Uint8Array, file: string): readonly AllowedSigner[] {
  return contentLines(bytes, file).flatMap(({ text, place }) => {
    const [principals = '', ...rest] = words(text);
    const option = rest[0]?.startsWith('namespaces=') === true ? rest.shift() : undefined;
    const namespaces = option === undefined ? undefined : /^namespaces="([^"]*)"$/.exec(option)?.[1];
    if (!LITERALS.test(principals)) {
      throw refusal(`The principals ${JSON.stringify(principals)} are not a list of plain names`, place);
    }
    if (option !== undefined && (namespaces === undefined || !LITERALS.test(namespaces))) {
      throw refusal(`The option ${JSON.stringify(option)} is not a list of plain namespaces`, place);
    }
    const key = readKey(rest, place);
    return key === undefined
      ? []
      : [{ principals: principals.split(','), namespaces: namespaces?.split(','), key }];
  });
}

/**
 * Reads a list of public keys, one a line as in `id_ed25519.pub`, with comments and empty lines: the plain form
 * of what `ssh-keygen -Y verify -r` takes.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, for OpenSSH's binary revocation lists, too.
 */
export function readKeyList(bytes: Uint8Array, file: string): readonly SshPublicKey[] {
  return contentLines(bytes, file).flatMap(({ text, place }) => readKey(words(text), place) ?? []);
}

interface ContentLine {
  readonly text: string;
  readonly place: Place;
}

function contentLines(bytes: Uint8Array, file: string): readonly ContentLine[] {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  return lines.flatMap((text, index) => {
    const place = { file, line: index + 1 };
    // A NUL ends a line early for a C program, and CR is a blank for one parser and a character for another.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
      throw refusal('The line has a control character', place);
    }
    const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
    return trimmed === '' || trimmed.startsWith('#') ? [] : [{ text: trimmed, place }];
  });
}

function words(text: string): string[] {
  return text.split(/[ \t]+/);
}

/** The key in `TYPE BASE64 [COMMENT…]`; undefined when it is one that sheaf accepts no signature of. */
function readKey([type = '', base64 = '']: readonly string[], place: Place): SshPublicKey | undefined {
  if (OTHER_KEY_TYPES.has(type)) return undefined;
  try {
    return parsePublicKey(`${type} ${base64}`);
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    throw new SheafError(error.code, error.message, {
      place,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

function refusal(message: string, place: Place): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', `${message}.`, {
    place,
    hint: 'Write PRINCIPAL namespaces="NAMESPACE,…" ssh-ed25519 BASE64; patterns and other options are not read.',
  });
}
