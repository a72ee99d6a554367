import { createHash } from 'node:crypto';
import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { signEd25519, verifyEd25519 } from './ed25519.ts';
import { readArmor, writeArmor } from './ssh-armor.ts';
import { readKeyBlob, type SshPrivateKey, type SshPublicKey } from './ssh-key.ts';
import { joinBytes, type Malformed, WireReader, wireString, wireUint32 } from './ssh-wire.ts';

/** What a signature can be for. A signature made for one purpose never counts for another. */
export const NAMESPACES = [
  'root@sheaf',
  'status@sheaf',
  'recovery@sheaf',
  'checkpoint@sheaf',
  'release@sheaf',
  'owner@sheaf',
  'review@sheaf',
  'witness@sheaf',
] as const;

export type Namespace = (typeof NAMESPACES)[number];

const MAGIC = 'SSHSIG';
const VERSION = 1;

/** A signature as PROTOCOL.sshsig lays it out, checked for form and not yet against a message. */
interface Sshsig {
  readonly key: SshPublicKey;
  readonly namespace: string;
  readonly hash: 'sha256' | 'sha512';
  /** The bare Ed25519 signature, 64 bytes. */
  readonly raw: Uint8Array;
  /** For a security key: flags (1 byte) and use counter (4 bytes), which it signs along. */
  readonly device: Uint8Array;
}

/**
 * Signs a message for a namespace.
 *
 * @returns the signature as ssh-keygen writes it into `FILE.sig` (OpenSSH PROTOCOL.sshsig), hash SHA-512.
 */
export function sign(key: SshPrivateKey, namespace: string, message: Uint8Array): Uint8Array {
  const raw = signEd25519(key.seed, signedData(namespace, 'sha512', message));
  return writeArmor(
    'SSH SIGNATURE',
    joinBytes(
      Buffer.from(MAGIC),
      wireUint32(VERSION),
      wireString(key.publicKey.blob),
      wireString(namespace),
      wireString(''),
      wireString('sha512'),
      wireString(joinBytes(wireString(key.publicKey.type), wireString(raw))),
    ),
  );
}

/**
 * The key that made a signature over exactly these bytes in this namespace. Whether that key may is the
 * caller's question: {@link requireSigner} in signers.ts answers it.
 *
 * All that is accepted here, `ssh-keygen -Y check-novalidate` accepts; the reverse does not hold.
 *
 * @param what names the message in the error: "checkpoint 1-42 of example-plugins".
 * @throws SheafError `SHEAF_SIGNATURE`.
 */
export function signerOf(
  signature: Uint8Array,
  namespace: string,
  message: Uint8Array,
  what: string,
): SshPublicKey {
  const malformed = (problem: string): SheafError =>
    new SheafError('SHEAF_SIGNATURE', `The signature of ${what} is not acceptable: ${problem}.`, {
      hint: 'Make it with: ssh-keygen -Y sign -f KEY -n NAMESPACE FILE, with an ed25519 or ed25519-sk key.',
    });
  if (signature.byteLength > LIMITS.signatureBytes) {
    throw malformed(`it has more than ${LIMITS.signatureBytes} bytes`);
  }
  const sshsig = readSshsig(signature, malformed);
  if (sshsig.namespace !== namespace) {
    throw malformed(
      `it was made for ${JSON.stringify(sshsig.namespace)} instead of ${JSON.stringify(namespace)}`,
    );
  }
  const data = signedData(namespace, sshsig.hash, message);
  if (!verifyEd25519(sshsig.key.point, deviceData(sshsig, data), sshsig.raw)) {
    throw new SheafError('SHEAF_SIGNATURE', `The signature of ${what} does not match its bytes.`, {
      hint: 'One of the two was changed or damaged after signing: fetch both again, or sign again.',
    });
  }
  return sshsig.key;
}

function readSshsig(armored: Uint8Array, malformed: Malformed): Sshsig {
  const reader = new WireReader(readArmor('SSH SIGNATURE', armored, malformed), malformed);
  if (Buffer.from(reader.fixed(MAGIC.length, 'magic')).toString('latin1') !== MAGIC) {
    throw malformed('it is not an SSHSIG');
  }
  const version = reader.uint32('version');
  if (version !== VERSION) throw malformed(`its SSHSIG version is ${version} instead of ${VERSION}`);
  const key = readKeyBlob(reader.string('public key'), malformed);
  const namespace = reader.text('namespace');
  if (namespace === '') throw malformed('its namespace is empty');
  if (reader.string('reserved field').byteLength > 0) throw malformed('its reserved field is not empty');
  const hash = reader.text('hash algorithm');
  if (hash !== 'sha512' && hash !== 'sha256') {
    throw malformed(`its hash is ${JSON.stringify(hash)}, and only sha512 and sha256 are accepted`);
  }
  const inner = reader.string('signature');
  reader.end();
  return { key, namespace, hash, ...readInner(inner, key, malformed) };
}

/** The innermost part: RFC 8709 §6, and for security keys PROTOCOL.u2f "SSH U2F signatures". */
function readInner(
  inner: Uint8Array,
  key: SshPublicKey,
  malformed: Malformed,
): Pick<Sshsig, 'raw' | 'device'> {
  const reader = new WireReader(inner, malformed);
  const type = reader.text('signature type');
  if (type !== key.type) {
    throw malformed(`its signature type ${JSON.stringify(type)} is not that of its ${key.type} key`);
  }
  const raw = reader.string('signature', 64);
  const device = key.application === undefined ? new Uint8Array() : reader.fixed(5, 'security key data');
  reader.end();
  // FIDO2 bit 0, user presence: without it, malware on the signer's machine could sign at will.
  if (key.application !== undefined && ((device[0] ?? 0) & 1) === 0) {
    throw malformed('the security key signed without being touched');
  }
  return { raw, device };
}

/** PROTOCOL.sshsig "Signed Data": what the hash of the message is wrapped in before it is signed. */
function signedData(namespace: string, hash: Sshsig['hash'], message: Uint8Array): Uint8Array {
  return joinBytes(
    Buffer.from(MAGIC),
    wireString(namespace),
    wireString(''),
    wireString(hash),
    wireString(digest(hash, message)),
  );
}

/** PROTOCOL.u2f: a security key signs its application, flags and counter with the data's SHA-256. */
function deviceData({ key, device }: Sshsig, data: Uint8Array): Uint8Array {
  if (key.application === undefined) return data;
  return joinBytes(digest('sha256', key.application), device, digest('sha256', data));
}

function digest(hash: Sshsig['hash'], data: Uint8Array | string): Uint8Array {
  return createHash(hash).update(data).digest();
}
