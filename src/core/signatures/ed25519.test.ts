import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { ed25519KeyFromSeed, signEd25519, verifyEd25519 } from './ed25519.ts';
import { isStrictPoint, isStrictSignature } from './ed25519-encoding.ts';
import { verifyEd25519Independently } from './ed25519-independent.ts';

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toNumber = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
const toBytes = (number: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
const seedOf = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest());
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([a, b]));

/** What node:crypto answers without sheaf's own rules. */
const lenient = (point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const x = Buffer.from(point).toString('base64url');
  return verify(
    null,
    message,
    createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    signature,
  );
};

/** The secret scalar of a seed, RFC 8032 §5.1.5. */
const scalarOf = (seed: Uint8Array): bigint => {
  const half = new Uint8Array(createHash('sha512').update(seed).digest().subarray(0, 32));
  half[0]! &= 248;
  half[31]! &= 127;
  half[31]! |= 64;
  return toNumber(half) % L;
};

/** The eight points of low order in their canonical encoding. */
const LOW_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];

/** Further encodings of the same points: a sign of zero, or y + p. */
const LOW_ORDER_AGAIN = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

describe('RFC 8032 §7.1', () => {
  const vectors = [
    {
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      message: '72',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
  ];
  it.each(vectors)(
    'gives the key and the signature of the seed $seed',
    ({ seed, key, message, signature }) => {
      expect(ed25519KeyFromSeed(hex(seed))).toEqual(hex(key));
      expect(signEd25519(hex(seed), hex(message))).toEqual(hex(signature));
      expect(verifyEd25519(hex(key), hex(message), hex(signature))).toBe(true);
      expect(verifyEd25519Independently(hex(key), hex(message), hex(signature))).toBe(true);
    },
  );
});

const WYCHEPROOF = new URL('../../../../shared/vectors/wycheproof-ed25519.json', import.meta.url);
const noWycheproof = !existsSync(WYCHEPROOF);
if (noWycheproof) console.warn(`skipped: the Wycheproof vectors are not at ${WYCHEPROOF.pathname}`);

describe('Wycheproof', () => {
  it.skipIf(noWycheproof)('both verifiers agree with every one of the 151 cases', () => {
    const { testGroups } = JSON.parse(readFileSync(WYCHEPROOF, 'utf8')) as {
      testGroups: {
        publicKey: { pk: string };
        tests: { tcId: number; msg: string; sig: string; result: string }[];
      }[];
    };
    const cases = testGroups.flatMap((group) =>
      group.tests.map((test) => {
        const input = [hex(group.publicKey.pk), hex(test.msg), hex(test.sig)] as const;
        const id = `${test.tcId} ${test.result}`;
        return { id, node: verifyEd25519(...input), independent: verifyEd25519Independently(...input) };
      }),
    );
    expect(cases).toHaveLength(151);
    for (const { id, node, independent } of cases) {
      const valid = id.endsWith(' valid');
      expect({ id, node, independent }).toEqual({ id, node: valid, independent: valid });
    }
  });
});

/** Bytes of a length that is mostly right. */
const near = (size: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ minLength: size, maxLength: size }) },
    fc.uint8Array({ maxLength: size + 2 }),
  );

describe('the two verifiers', () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const message = fc.uint8Array({ maxLength: 200 });

  it('accept what either implementation signs, and both sign alike', () => {
    fc.assert(
      fc.property(seed, message, (seed, message) => {
        const pair = nacl.sign.keyPair.fromSeed(seed);
        const signature = signEd25519(seed, message);
        expect(ed25519KeyFromSeed(seed)).toEqual(pair.publicKey);
        expect(signature).toEqual(nacl.sign.detached(message, pair.secretKey));
        expect(verifyEd25519(pair.publicKey, message, signature)).toBe(true);
        expect(verifyEd25519Independently(pair.publicKey, message, signature)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('refuse together when any bit of key, message or signature is flipped', () => {
    fc.assert(
      fc.property(
        seed,
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(2),
        fc.nat(),
        (seed, message, part, bit) => {
          const input = [ed25519KeyFromSeed(seed), message, signEd25519(seed, message)] as const;
          const flipped = input[part]!;
          flipped[(bit >> 3) % flipped.length]! ^= 1 << (bit & 7);
          expect(verifyEd25519(...input)).toBe(false);
          expect(verifyEd25519Independently(...input)).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('answer alike, and never throw, for arbitrary bytes of arbitrary length', () => {
    fc.assert(
      fc.property(near(32), message, near(64), (key, message, signature) => {
        expect(verifyEd25519(key, message, signature)).toBe(
          verifyEd25519Independently(key, message, signature),
        );
      }),
      { numRuns: 100 },
    );
  });
});

const bothRefuse = (point: Uint8Array, message: Uint8Array, signature: Uint8Array): void => {
  expect(verifyEd25519(point, message, signature)).toBe(false);
  expect(verifyEd25519Independently(point, message, signature)).toBe(false);
};

describe('strictness', () => {
  const seed = seedOf('strict');
  const key = ed25519KeyFromSeed(seed);
  const message = bytes('message');
  const signature = signEd25519(seed, message);
  it.each(LOW_ORDER)(
    'refuses the public key %s of low order, under which node:crypto accepts a forgery',
    (point) => {
      // S·B = R, so S·B = R + h·A whenever h is a multiple of the order of A: no secret is needed.
      const forged = joined(key, toBytes(scalarOf(seed)));
      const accepted = Array.from({ length: 200 }, (_, index) => bytes(`message ${index}`)).find((message) =>
        lenient(hex(point), message, forged),
      );
      expect(accepted).toBeDefined();
      bothRefuse(hex(point), accepted!, forged);
    },
  );

  it('refuses an R of low order, also where the equation holds', () => {
    const [identity] = LOW_ORDER;
    const r = hex(identity!);
    const hash = createHash('sha512').update(r).update(key).update(message).digest();
    const forged = joined(r, toBytes((toNumber(hash) * scalarOf(seed)) % L));
    expect(lenient(key, message, forged)).toBe(true);
    bothRefuse(key, message, forged);
  });

  it.each([...LOW_ORDER, ...LOW_ORDER_AGAIN])('calls %s neither a key nor an R', (point) => {
    expect(isStrictPoint(hex(point))).toBe(false);
    expect(isStrictSignature(joined(hex(point), signature.subarray(32)))).toBe(false);
  });

  it('refuses every y coordinate from p upwards, with either sign', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      expect(isStrictPoint(toBytes(y))).toBe(false);
      expect(isStrictPoint(toBytes(y + 2n ** 255n))).toBe(false);
    }
    expect(isStrictPoint(toBytes(P - 2n))).toBe(true);
  });

  it('refuses S + L, which tweetnacl accepts', () => {
    const s = toNumber(signature.subarray(32));
    const malleable = joined(signature.subarray(0, 32), toBytes(s + L));
    expect(nacl.sign.detached.verify(message, malleable, key)).toBe(true);
    bothRefuse(key, message, malleable);
  });

  it('refuses an S of exactly L and takes one of L - 1 for well-formed', () => {
    const r = signature.subarray(0, 32);
    expect(isStrictSignature(joined(r, toBytes(L)))).toBe(false);
    expect(isStrictSignature(joined(r, toBytes(L - 1n)))).toBe(true);
  });

  it('refuses to sign with a seed of another length', () => {
    for (const size of [0, 31, 33, 64]) {
      expect(() => signEd25519(new Uint8Array(size), message)).toThrow(`not ${size}`);
      expect(() => ed25519KeyFromSeed(new Uint8Array(size))).toThrow(`not ${size}`);
    }
  });
});
