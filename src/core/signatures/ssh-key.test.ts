import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { writeArmor } from './ssh-armor.ts';
import {
  fingerprint,
  formatPrivateKey,
  formatPublicKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyFromSeed,
  sameKey,
} from './ssh-key.ts';
import { joinBytes, wireString, wireUint32 } from './ssh-wire.ts';

const key = privateKeyFromSeed(new Uint8Array(createHash('sha256').update('a').digest()), 'a@example');
const other = privateKeyFromSeed(new Uint8Array(createHash('sha256').update('b').digest()), 'b@example');
const SK = 'sk-ssh-ed25519@openssh.com';
const line = (type: string, ...fields: Uint8Array[]): string =>
  `${type} ${Buffer.from(joinBytes(...fields)).toString('base64')}`;

/** All that the refusal of a private key says; empty if it is read. */
function errorOf(bytes: Uint8Array): string {
  try {
    parsePrivateKey(bytes);
    return '';
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    return JSON.stringify([error.message, error.hint, error.details, error.cause]);
  }
}

describe('a public key line', () => {
  it('is read back as it is written', () => {
    expect(parsePublicKey(formatPublicKey(key.publicKey))).toEqual(key.publicKey);
  });

  it('may carry a comment and a line end, as in a .pub file', () => {
    expect(parsePublicKey(`${formatPublicKey(key.publicKey)} me on my machine\n`)).toEqual(key.publicKey);
  });

  it('may be that of a security key, whose application belongs to the key', () => {
    const make = (application: string) =>
      parsePublicKey(line(SK, wireString(SK), wireString(key.publicKey.point), wireString(application)));
    expect(make('ssh:')).toMatchObject({ type: SK, application: 'ssh:', point: key.publicKey.point });
    expect(sameKey(make('ssh:'), make('ssh:'))).toBe(true);
    expect(sameKey(make('ssh:'), make('ssh:work'))).toBe(false);
    expect(sameKey(make('ssh:'), key.publicKey)).toBe(false);
  });

  const plain = wireString('ssh-ed25519');
  const point = wireString(key.publicKey.point);
  it.each([
    ['an RSA key, naming the type', line('ssh-rsa', wireString('ssh-rsa')), 'its type is "ssh-rsa"'],
    ['an ECDSA key, naming the type', 'ecdsa-sha2-nistp256 AAAA', 'its type is "ecdsa-sha2-nistp256"'],
    [
      'an ECDSA security key, naming the type',
      'sk-ecdsa-sha2-nistp256@openssh.com AAAA',
      'its type is "sk-ecdsa-sha2-nistp256@openssh.com"',
    ],
    ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', 'only ssh-ed25519 and'],
    ['a type that differs inside', line('ssh-ed25519', wireString('ssh-rsa'), point), '"ssh-rsa"'],
    [
      'a type that differs outside',
      line(SK, plain, point),
      `it says ${SK} and holds a key of type ssh-ed25519`,
    ],
    ['trailing bytes', line('ssh-ed25519', plain, point, Uint8Array.of(0)), '1 trailing byte'],
    ['a short point', line('ssh-ed25519', plain, wireString(new Uint8Array(31))), '31 bytes instead of 32'],
    ['a point of low order', line('ssh-ed25519', plain, wireString(new Uint8Array(32))), 'low order'],
    [
      'a point that is not canonical',
      line('ssh-ed25519', plain, wireString(new Uint8Array(32).fill(255))),
      'not canonically encoded',
    ],
    ['a security key without application', line(SK, wireString(SK), point), 'application runs past the end'],
    ['base64 that is not canonical', `${formatPublicKey(key.publicKey)}=`, 'not canonical base64'],
    ['two lines', `${formatPublicKey(key.publicKey)} a\n${formatPublicKey(other.publicKey)}`, 'not one line'],
    ['a tab', formatPublicKey(key.publicKey).replace(' ', '\t'), 'not one line of plain text'],
    ['a type in capitals', formatPublicKey(key.publicKey).replace('ssh', 'SSH'), 'its type is "SSH-ed25519"'],
    ['nothing', '', 'its type is ""'],
    [
      'control characters in the type, and does not repeat them',
      '\u001b[2J AAAA',
      'not one line of plain text',
    ],
  ])('is refused for %s', (_, text, problem) => {
    expect(() => parsePublicKey(text)).toThrow(problem);
    expect(() => parsePublicKey(text)).toThrow(expect.objectContaining({ code: 'SHEAF_INVALID_FILE' }));
  });
});

describe('a fingerprint', () => {
  it('is the digest of the whole key in base64 without padding', () => {
    expect(fingerprint(key.publicKey)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(fingerprint(key.publicKey)).not.toBe(fingerprint(other.publicKey));
  });
});

describe('a private key file', () => {
  it('is read back as it is written, whatever the comment', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string({ unit: 'grapheme' }),
        (seed, comment) => {
          const made = privateKeyFromSeed(seed, comment);
          expect(parsePrivateKey(formatPrivateKey(made))).toEqual(made);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed', () => {
    const again = privateKeyFromSeed(key.seed, 'a@example');
    expect(formatPrivateKey(again)).toEqual(formatPrivateKey(key));
  });

  it('is read with CR LF line ends too', () => {
    const text = Buffer.from(formatPrivateKey(key)).toString('latin1');
    expect(parsePrivateKey(Buffer.from(text.replaceAll('\n', '\r\n')))).toEqual(key);
  });

  interface Parts {
    readonly magic?: string;
    readonly cipher?: string;
    readonly derivation?: string;
    readonly options?: string;
    readonly count?: number;
    readonly blob?: Uint8Array;
    readonly checks?: readonly [number, number];
    readonly type?: string;
    readonly point?: Uint8Array;
    readonly secret?: Uint8Array;
    readonly padding?: readonly number[];
    readonly after?: readonly number[];
  }
  const { publicKey, seed } = key;
  const file = (parts: Parts): Uint8Array =>
    writeArmor(
      'OPENSSH PRIVATE KEY',
      joinBytes(
        Buffer.from(parts.magic ?? 'openssh-key-v1\0'),
        wireString(parts.cipher ?? 'none'),
        wireString(parts.derivation ?? 'none'),
        wireString(parts.options ?? ''),
        wireUint32(parts.count ?? 1),
        wireString(parts.blob ?? publicKey.blob),
        wireString(
          joinBytes(
            wireUint32(parts.checks?.[0] ?? 5),
            wireUint32(parts.checks?.[1] ?? 5),
            wireString(parts.type ?? 'ssh-ed25519'),
            wireString(parts.point ?? publicKey.point),
            wireString(parts.secret ?? joinBytes(seed, publicKey.point)),
            wireString('a@example'),
            Uint8Array.from(parts.padding ?? []),
          ),
        ),
        Uint8Array.from(parts.after ?? []),
      ),
    );
  const skBlob = joinBytes(wireString(SK), wireString(publicKey.point), wireString('ssh:'));

  it('is read from its parts', () => {
    expect(parsePrivateKey(file({ padding: [1, 2, 3] }))).toEqual(key);
  });

  it.each<[string, Uint8Array, string]>([
    ['it is encrypted', file({ cipher: 'aes256-ctr', derivation: 'bcrypt' }), 'encrypted with a passphrase'],
    ['it lives in a security key', file({ blob: skBlob }), 'lives in a FIDO security key'],
    [
      'it is of another type',
      file({ blob: joinBytes(wireString('ssh-rsa'), wireString('x')) }),
      'its type is "ssh-rsa"',
    ],
    ['it holds two keys', file({ count: 2 }), 'more than one key'],
    ['its format has another name', file({ magic: 'openssh-key-v2\0' }), 'its format is not openssh-key-v1'],
    ['it has derivation options without encryption', file({ options: 'x' }), 'derivation options'],
    ['its two checks differ', file({ checks: [1, 2] }), 'it is damaged'],
    ['its secret part states another type', file({ type: 'ssh-rsa' }), 'it states two key types'],
    ['its padding is wrong', file({ padding: [1, 2, 2] }), 'its padding is wrong'],
    ['it has trailing bytes', file({ after: [0] }), '1 trailing byte'],
    ['its public key is another', file({ blob: other.publicKey.blob }), 'does not belong'],
    ['its inner public key is another', file({ point: other.publicKey.point }), 'does not belong'],
    ['its seed is another', file({ secret: joinBytes(other.seed, publicKey.point) }), 'does not belong'],
    [
      'it is PEM of another kind',
      Buffer.from('-----BEGIN PRIVATE KEY-----\n'),
      'does not begin with the line',
    ],
    ['it is empty', new Uint8Array(), 'does not begin with the line'],
  ])('is refused when %s', (_, bytes, problem) => {
    expect(() => parsePrivateKey(bytes)).toThrow(problem);
    expect(() => parsePrivateKey(bytes)).toThrow(
      expect.objectContaining({
        code: 'SHEAF_SIGNATURE',
        hint: expect.stringContaining('ssh-keygen -Y sign'),
      }),
    );
  });

  it('never shows any of itself in an error', () => {
    const bytes = formatPrivateKey(key);
    for (let position = 0; position < bytes.length; position += 1) {
      const broken = bytes.slice();
      broken[position]! ^= 3;
      const shown = errorOf(broken);
      expect(shown).not.toContain(Buffer.from(seed).toString('base64').slice(2, 12));
      expect(shown).not.toContain(Buffer.from(seed).toString('hex').slice(2, 12));
      expect(shown.length).toBeLessThan(400);
    }
  });
});
