import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { signEd25519 } from './ed25519.ts';
import { readArmor, writeArmor } from './ssh-armor.ts';
import { privateKeyFromSeed, sameKey } from './ssh-key.ts';
import { joinBytes, wireString, wireUint32 } from './ssh-wire.ts';
import { sign, signerOf } from './sshsig.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const digest = (hash: string, data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(hash).update(data).digest());

const key = privateKeyFromSeed(digest('sha256', bytes('alice')), 'alice');
const other = privateKeyFromSeed(digest('sha256', bytes('bob')), 'bob');
const message = bytes('a release manifest');
const NAMESPACE = 'release@sheaf';
const SK = 'sk-ssh-ed25519@openssh.com';

/** An SSHSIG made field by field, so that one of them can be wrong. By default, a good one. */
interface Fields {
  readonly magic?: string;
  readonly version?: number;
  readonly blob?: Uint8Array;
  readonly namespace?: string;
  readonly reserved?: string;
  readonly hash?: string;
  readonly type?: string;
  readonly raw?: Uint8Array;
  readonly afterInner?: readonly number[];
  readonly after?: readonly number[];
  /** Makes it the signature of a security key with these flags. */
  readonly flags?: number;
}

const skBlob = joinBytes(wireString(SK), wireString(key.publicKey.point), wireString('ssh:'));

function made(fields: Fields = {}): Uint8Array {
  const { namespace = NAMESPACE, reserved = '', hash = 'sha512', flags } = fields;
  const data = joinBytes(
    bytes('SSHSIG'),
    wireString(namespace),
    wireString(reserved),
    wireString(hash),
    wireString(digest(hash, message)),
  );
  const device = flags === undefined ? new Uint8Array() : joinBytes(Uint8Array.of(flags), wireUint32(77));
  const signed =
    flags === undefined ? data : joinBytes(digest('sha256', bytes('ssh:')), device, digest('sha256', data));
  const inner = joinBytes(
    wireString(fields.type ?? (flags === undefined ? 'ssh-ed25519' : SK)),
    wireString(fields.raw ?? signEd25519(key.seed, signed)),
    device,
    Uint8Array.from(fields.afterInner ?? []),
  );
  return writeArmor(
    'SSH SIGNATURE',
    joinBytes(
      bytes(fields.magic ?? 'SSHSIG'),
      wireUint32(fields.version ?? 1),
      wireString(fields.blob ?? (flags === undefined ? key.publicKey.blob : skBlob)),
      wireString(namespace),
      wireString(reserved),
      wireString(hash),
      wireString(inner),
      Uint8Array.from(fields.after ?? []),
    ),
  );
}

const verify = (signature: Uint8Array, namespace = NAMESPACE, signed = message) =>
  signerOf(signature, namespace, signed, 'the manifest');

describe('a signature', () => {
  it('names the key that made it', () => {
    expect(verify(sign(key, NAMESPACE, message))).toEqual(key.publicKey);
  });

  it('is the one that is made field by field with SHA-512, and the same each time', () => {
    expect(sign(key, NAMESPACE, message)).toEqual(made());
  });

  it('holds for any message and namespace, and for no other', () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
    const blob = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(text, text, blob, blob, (namespace, otherNamespace, message, otherMessage) => {
        fc.pre(namespace !== otherNamespace && Buffer.compare(message, otherMessage) !== 0);
        const signature = sign(key, namespace, message);
        expect(sameKey(signerOf(signature, namespace, message, 'x'), key.publicKey)).toBe(true);
        expect(() => signerOf(signature, otherNamespace, message, 'x')).toThrow('it was made for');
        expect(() => signerOf(signature, namespace, otherMessage, 'x')).toThrow('does not match its bytes');
      }),
      { numRuns: 50 },
    );
  });

  it('by SHA-256 is accepted', () => {
    expect(verify(made({ hash: 'sha256' }))).toEqual(key.publicKey);
  });

  it('by a security key that was touched is accepted, with or without a PIN', () => {
    expect(verify(made({ flags: 1 }))).toMatchObject({ type: SK, application: 'ssh:' });
    expect(verify(made({ flags: 5 }))).toMatchObject({ type: SK });
  });

  it('is refused with every single bit of it flipped, or shows the same key', () => {
    const good = sign(key, NAMESPACE, message);
    const raw = readArmor('SSH SIGNATURE', good, (problem) => new SheafError('SHEAF_INTERNAL', problem));
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const broken = raw.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => verify(writeArmor('SSH SIGNATURE', broken))).toThrow(SheafError);
    }
  });
});

describe('strictness: refuses', () => {
  const RSA = joinBytes(wireString('ssh-rsa'), wireString(Uint8Array.of(1, 0, 1)), wireString('n'));
  const lowOrder = joinBytes(wireString('ssh-ed25519'), wireString(new Uint8Array(32)));
  const raw = signEd25519(key.seed, message);
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;

  it.each<[string, Uint8Array, string]>([
    ['another magic', made({ magic: 'SSHSIX' }), 'it is not an SSHSIG'],
    ['SSHSIG version 0', made({ version: 0 }), 'its SSHSIG version is 0 instead of 1'],
    ['SSHSIG version 2', made({ version: 2 }), 'its SSHSIG version is 2 instead of 1'],
    ['a reserved field that says something', made({ reserved: 'x' }), 'its reserved field is not empty'],
    ['SHA-1', made({ hash: 'sha1' }), 'its hash is "sha1", and only sha512 and sha256 are accepted'],
    ['SHA-384', made({ hash: 'sha384' }), 'its hash is "sha384"'],
    ['bytes after the signature', made({ after: [0] }), 'it has 1 trailing byte'],
    ['bytes after the inner signature', made({ afterInner: [0, 0] }), 'it has 2 trailing bytes'],
    ['an RSA key, naming the type', made({ blob: RSA }), 'its type is "ssh-rsa", and only ssh-ed25519 and'],
    ['a key of low order', made({ blob: lowOrder }), 'low order'],
    [
      'a signature type that is not that of the key',
      made({ type: SK }),
      `"${SK}" is not that of its ssh-ed25519`,
    ],
    ['a plain signature by a security key', made({ blob: skBlob }), `"ssh-ed25519" is not that of its ${SK}`],
    [
      'a security key signature by a plain key',
      made({ flags: 1, blob: key.publicKey.blob }),
      'is not that of',
    ],
    ['an untouched security key', made({ flags: 0 }), 'the security key signed without being touched'],
    ['a PIN without a touch', made({ flags: 4 }), 'the security key signed without being touched'],
    [
      'security key data that is cut off',
      made({ blob: skBlob, type: SK }),
      'security key data runs past the end',
    ],
    ['a signature of 63 bytes', made({ raw: raw.slice(1) }), 'its signature has 63 bytes instead of 64'],
    ['a signature of 65 bytes', made({ raw: joinBytes(raw, Uint8Array.of(0)) }), '65 bytes instead of 64'],
    ['no namespace', made({ namespace: '' }), 'its namespace is empty'],
    [
      'another namespace',
      made({ namespace: 'owner@sheaf' }),
      'made for "owner@sheaf" instead of "release@sheaf"',
    ],
    [
      'control characters in a namespace',
      made({ namespace: '\u001b[2J' }),
      'its namespace is not printable ASCII',
    ],
    ['the key of somebody else', made({ blob: other.publicKey.blob }), 'does not match its bytes'],
    ['CR LF line ends', crlf(made()), 'CR LF instead of LF'],
    ['two blocks', joinBytes(made(), made()), 'more than one block'],
    ['text after the block', joinBytes(made(), bytes('x\n')), 'does not end with the line'],
    ['nothing at all', new Uint8Array(), 'does not begin with the line'],
    [
      'more bytes than a signature may have',
      new Uint8Array(LIMITS.signatureBytes + 1),
      `more than ${LIMITS.signatureBytes} bytes`,
    ],
  ])('%s', (_, signature, problem) => {
    expect(() => verify(signature)).toThrow(problem);
    expect(() => verify(signature)).toThrow(expect.objectContaining({ code: 'SHEAF_SIGNATURE' }));
    expect(() => verify(signature)).toThrow('signature of the manifest');
  });

  it('S + L, the second form of a good signature', () => {
    const good = readArmor('SSH SIGNATURE', made(), (problem) => new SheafError('SHEAF_INTERNAL', problem));
    const s = good.slice(-32).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n) + L;
    const second = good.slice();
    for (let index = 0; index < 32; index += 1) {
      second[second.length - 32 + index] = Number((s >> BigInt(8 * index)) & 255n);
    }
    expect(() => verify(writeArmor('SSH SIGNATURE', second))).toThrow('does not match its bytes');
  });
});

function crlf(armored: Uint8Array): Uint8Array {
  return bytes(new TextDecoder().decode(armored).replaceAll('\n', '\r\n'));
}
