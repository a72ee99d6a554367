import * as fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { ed25519KeyFromSeed, signEd25519, verifyEd25519 } from '../../src/core/signatures/ed25519.ts';
import { verifyEd25519Independently } from '../../src/core/signatures/ed25519-independent.ts';
import { FUZZ_TIMEOUT, fuzzing } from '../support/fuzzing.ts';

/** The verifier in use against one that shares no arithmetic with it, where implementations are known to differ. */

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const toBytes = (number: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) => Number((number >> BigInt(8 * index)) & 255n));
const toNumber = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

type Case = readonly [key: Uint8Array, message: Uint8Array, signature: Uint8Array];
type Change = (honest: Case, other: Case) => Case;

const inPart = (part: 0 | 1 | 2, edit: (bytes: Uint8Array) => Uint8Array): Change => {
  return (honest) => honest.map((bytes, index) => (index === part ? edit(bytes) : bytes)) as unknown as Case;
};
const withS = (edit: (s: bigint) => bigint): Change =>
  inPart(2, (bytes) =>
    Buffer.concat([bytes.subarray(0, 32), toBytes(edit(toNumber(bytes.subarray(32))) % 2n ** 256n)]),
  );
const withPoint = (point: bigint): Change =>
  inPart(2, (bytes) => Buffer.concat([toBytes(point), bytes.subarray(32)]));

/** Points of low order, coordinates from p upwards, and the edges around them. */
const ODD_POINTS = [0n, 1n, 2n, P - 2n, P - 1n, P, P + 1n, 2n ** 255n - 1n].flatMap((y) => [
  y,
  y + 2n ** 255n,
]);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>((honest) => honest),
  fc
    .tuple(fc.constantFrom(0 as const, 1 as const, 2 as const), fc.nat(), fc.nat(7))
    .map(([part, at, bit]) =>
      inPart(part, (bytes) =>
        bytes.length === 0
          ? bytes
          : bytes.with(at % bytes.length, (bytes[at % bytes.length] ?? 0) ^ (1 << bit)),
      ),
    ),
  fc.constantFrom(0 as const, 1 as const, 2 as const).map((part): Change => {
    return (honest, other) =>
      honest.map((bytes, index) => (index === part ? other[index] : bytes)) as unknown as Case;
  }),
  fc
    .constantFrom(L, 2n * L, 8n * L, -1n, 1n, L - 1n, 2n ** 255n)
    .map((step) => withS((s) => (s + step + 16n * L) % 2n ** 256n)),
  fc.constantFrom(0n, 1n, L - 1n, L, L + 1n, 2n ** 256n - 1n).map((s) => withS(() => s)),
  fc.constantFrom(...ODD_POINTS).map(withPoint),
  fc.constantFrom(...ODD_POINTS).map((point) => inPart(0, () => toBytes(point))),
  fc.nat(70).map((length) => inPart(2, (bytes) => bytes.subarray(0, length))),
  fc.nat(40).map((length) => inPart(0, (bytes) => bytes.subarray(0, length))),
);

describe('the two verifiers', () => {
  it(
    'agree on honest, mutated and exchanged keys, messages and signatures, and accept the honest ones only',
    () => {
      const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
      const message = fc.uint8Array({ maxLength: 100 });
      const signed = (by: Uint8Array, text: Uint8Array): Case => [
        ed25519KeyFromSeed(by),
        text,
        signEd25519(by, text),
      ];
      expect(() =>
        fc.assert(
          fc.property(
            seed,
            seed,
            message,
            message,
            fc.array(change, { minLength: 1, maxLength: 2 }),
            (a, b, one, two, changes) => {
              const [honest, other] = [signed(a, one), signed(b, two)];
              expect(nacl.sign.keyPair.fromSeed(a).publicKey).toEqual(honest[0]);
              const changed = changes.reduce((before, edit) => edit(before, other), honest);
              const answer = verifyEd25519(...changed);
              expect(verifyEd25519Independently(...changed)).toBe(answer);
              const same = (x: Case, y: Case): boolean =>
                x.every((bytes, part) => Buffer.compare(bytes, y[part] ?? bytes) === 0);
              expect(answer).toBe(same(changed, honest) || same(changed, other));
            },
          ),
          fuzzing(100),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});
