import { createHash } from 'node:crypto';
import { SheafError } from '../errors.ts';
import { readBase64, writeBase64 } from './base64.ts';
import { ed25519KeyFromSeed } from './ed25519.ts';
import { isStrictPoint } from './ed25519-encoding.ts';
import { readArmor, writeArmor } from './ssh-armor.ts';
import { joinBytes, type Malformed, WireReader, wireString, wireUint32 } from './ssh-wire.ts';

/** The key types that sheaf accepts: Ed25519 in a file, and Ed25519 in a FIDO2 security key. */
export type SshKeyType = 'ssh-ed25519' | 'sk-ssh-ed25519@openssh.com';

/** A public key as OpenSSH writes it. */
export interface SshPublicKey {
  readonly type: SshKeyType;
  /** The whole key in SSH's wire form (RFC 8709 §4; PROTOCOL.u2f): its identity. */
  readonly blob: Uint8Array;
  /** The Ed25519 public key in it, 32 bytes. */
  readonly point: Uint8Array;
  /** For a security key: the application it was made for, `ssh:` unless its owner chose another. */
  readonly application?: string;
}

/** An unencrypted Ed25519 key that sheaf itself can sign with. */
export interface SshPrivateKey {
  readonly publicKey: SshPublicKey;
  /** 32 bytes: the private key of RFC 8032 §5.1.5. */
  readonly seed: Uint8Array;
  readonly comment: string;
}

/**
 * Reads a public key line, `TYPE BASE64 [COMMENT]`, as in `id_ed25519.pub`.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for anything else, other key types included.
 */
export function parsePublicKey(line: string): SshPublicKey {
  const text = line.trimEnd();
  if (/\p{Cc}/u.test(text)) throw unusableLine('it is not one line of plain text');
  const [type = '', base64 = ''] = text.split(' ');
  requireKeyType(type, unusableLine);
  const blob = readBase64(base64);
  if (blob === undefined) throw unusableLine('what follows its type is not canonical base64');
  const key = readKeyBlob(blob, unusableLine);
  if (key.type !== type) throw unusableLine(`it says ${type} and holds a key of type ${key.type}`);
  return key;
}

function unusableLine(problem: string): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', `The public key cannot be used: ${problem}.`, {
    hint: 'Make a key with: ssh-keygen -t ed25519 (or -t ed25519-sk for a security key).',
  });
}

/** `TYPE BASE64`, the line that {@link parsePublicKey} reads, without a comment. */
export function formatPublicKey(key: SshPublicKey): string {
  return `${key.type} ${writeBase64(key.blob)}`;
}

/** `SHA256:` and the digest of the key in base64 without padding, as `ssh-keygen -l` shows it. */
export function fingerprint(key: SshPublicKey): string {
  return `SHA256:${createHash('sha256').update(key.blob).digest('base64').replace(/=+$/, '')}`;
}

/** Whether two keys are one key: the same bytes, of any origin. */
export function sameKey(a: SshPublicKey, b: SshPublicKey): boolean {
  return Buffer.compare(a.blob, b.blob) === 0;
}

/**
 * Reads a public key in its wire form.
 *
 * @throws whatever `malformed` makes: for other key types, trailing bytes, and points no signature may use.
 */
export function readKeyBlob(blob: Uint8Array, malformed: Malformed): SshPublicKey {
  const reader = new WireReader(blob, malformed);
  const type = requireKeyType(reader.text('key type'), malformed);
  const point = reader.string('public key', 32);
  const application = type === 'ssh-ed25519' ? {} : { application: reader.text('application') };
  reader.end();
  if (!isStrictPoint(point)) throw malformed('its public key is of low order or not canonically encoded');
  return { type, blob: new Uint8Array(blob), point, ...application };
}

function requireKeyType(type: string, malformed: Malformed): SshKeyType {
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') return type;
  throw malformed(
    `its type is ${JSON.stringify(type)}, and only ssh-ed25519 and sk-ssh-ed25519@openssh.com are accepted`,
  );
}

/** The key of a seed of 32 bytes; the same seed always gives the same key. */
export function privateKeyFromSeed(seed: Uint8Array, comment: string): SshPrivateKey {
  const point = ed25519KeyFromSeed(seed);
  const blob = joinBytes(wireString('ssh-ed25519'), wireString(point));
  return { publicKey: { type: 'ssh-ed25519', blob, point }, seed: new Uint8Array(seed), comment };
}

/** First bytes of a private key (OpenSSH PROTOCOL.key), the NUL included. */
const MAGIC = 'openssh-key-v1\0';

/** Cipher and key derivation of a key without a passphrase, and the block its secret part is padded to. */
const NONE = 'none';
const BLOCK = 8;

/**
 * Reads a private key file of OpenSSH (PROTOCOL.key) that holds one unencrypted Ed25519 key.
 *
 * @throws SheafError `SHEAF_SIGNATURE` for every other key: those sign through ssh-keygen, which asks for
 *   passphrases and touches. No error carries any part of the file.
 */
export function parsePrivateKey(bytes: Uint8Array): SshPrivateKey {
  const file = new WireReader(
    readArmor('OPENSSH PRIVATE KEY', withLineFeeds(bytes), unusableFile),
    unusableFile,
  );
  if (Buffer.from(file.fixed(MAGIC.length, 'format name')).toString('latin1') !== MAGIC) {
    throw unusableFile('its format is not openssh-key-v1');
  }
  const [cipher, derivation] = [file.text('cipher'), file.text('key derivation')];
  if (cipher !== NONE || derivation !== NONE) throw unusableFile('it is encrypted with a passphrase');
  file.string('key derivation options', 0);
  if (file.uint32('number of keys') !== 1) throw unusableFile('it holds more than one key');
  const stated = readKeyBlob(file.string('public key'), unusableFile);
  if (stated.type !== 'ssh-ed25519') throw unusableFile('it lives in a FIDO security key');

  const secret = new WireReader(file.string('secret part'), unusableFile);
  file.end();
  if (secret.uint32('first check') !== secret.uint32('second check')) throw unusableFile('it is damaged');
  if (secret.text('key type') !== stated.type) throw unusableFile('it states two key types');
  const point = secret.string('public key', 32);
  const seed = secret.string('private key', 64).subarray(0, 32);
  const comment = Buffer.from(secret.string('comment')).toString('utf8');
  if (secret.rest().some((byte, index) => byte !== index + 1)) throw unusableFile('its padding is wrong');

  const key = privateKeyFromSeed(seed, comment);
  const agrees = sameKey(key.publicKey, stated) && Buffer.compare(point, stated.point) === 0;
  if (!agrees) throw unusableFile('its public key does not belong to its private key');
  return key;
}

function unusableFile(problem: string): SheafError {
  return new SheafError('SHEAF_SIGNATURE', `The private key cannot be used here: ${problem}.`, {
    hint: 'Sign with ssh-keygen instead: ssh-keygen -Y sign -f KEY -n NAMESPACE FILE.',
  });
}

/** Writes the private key as the file that ssh-keygen would write without a passphrase. */
export function formatPrivateKey(key: SshPrivateKey): Uint8Array {
  const secret = joinBytes(
    // The check tells a wrong passphrase; without one, any pair of equal numbers will do.
    wireUint32(0),
    wireUint32(0),
    wireString(key.publicKey.type),
    wireString(key.publicKey.point),
    wireString(joinBytes(key.seed, key.publicKey.point)),
    wireString(key.comment),
  );
  const padding = Uint8Array.from({ length: -secret.byteLength & (BLOCK - 1) }, (_, index) => index + 1);
  return writeArmor(
    'OPENSSH PRIVATE KEY',
    joinBytes(
      Buffer.from(MAGIC, 'latin1'),
      wireString(NONE),
      wireString(NONE),
      wireString(''),
      wireUint32(1),
      wireString(key.publicKey.blob),
      wireString(joinBytes(secret, padding)),
    ),
  );
}

/** Private keys are local files that editors on Windows may have touched; nothing is gained by refusing CR. */
function withLineFeeds(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}
