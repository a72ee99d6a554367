import * as fc from 'fast-check';
import { expect } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';

/**
 * How many cases each property of test/fuzz tries: a few in the normal run, always the same ones;
 * `SHEAF_FUZZ_RUNS=100000 npx vitest run test/fuzz` tries that many, other ones each time. fast-check prints the
 * seed of a failure.
 */
export function fuzzing(normally: number): fc.Parameters<unknown> {
  const asked = process.env['SHEAF_FUZZ_RUNS'];
  return asked === undefined ? { numRuns: normally, seed: 1 } : { numRuns: Number(asked) };
}

/** Long runs take their time. */
export const FUZZ_TIMEOUT = process.env['SHEAF_FUZZ_RUNS'] === undefined ? 300_000 : 7_200_000;

/** What trips readers of text, numbers, nesting and names. */
const TOKENS: readonly Uint8Array[] = [
  ['"', "'", '"""', '\\', '\\u0000', '\\ud800', '{', '}', '[', ']', '[[', ']]', ',', ':', '=', '#', '@'],
  ['\n', '\r', '\r\n', '\t', '\0', '\u001b[2J', '\u202e', '\ufeff', '\u2028', ' ', '-', '+', '.', '..', '/'],
  ['__proto__', 'constructor', 'toString', 'null', 'true', 'nan', 'inf', '-0', '1e999', '0x10', '1_0'],
  ['99999999999999999999', '9007199254740993', '4294967296', '-1', '1979-05-27', '[['.repeat(200)],
  ['{"a":'.repeat(200), '&a ', '*a', '!!js/function', '<<: ', '- '.repeat(50), '1.0.0', '^1', '>=1 <0'],
]
  .flat()
  .map((token) => new TextEncoder().encode(token));
const RAW: readonly Uint8Array[] = [
  [0xff],
  [0x80],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xff, 0xff, 0xff, 0x7f],
].map((bytes) => Uint8Array.from(bytes));

type Edit = (bytes: Uint8Array) => Uint8Array;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const length = fc.integer({ min: 1, max: 64 });
const at = (bytes: Uint8Array, fraction: number): number => Math.floor(fraction * (bytes.length + 1));
const spliced = (bytes: Uint8Array, start: number, removed: number, added: Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ where: place, bit: fc.nat(7) }).map(({ where, bit }): Edit => {
    return (bytes) => bytes.map((byte, index) => (index === at(bytes, where) ? byte ^ (1 << bit) : byte));
  }),
  fc.record({ where: place, token: fc.constantFrom(...TOKENS, ...RAW), over: fc.nat(4) }).map(
    ({ where, token, over }): Edit =>
      (bytes) =>
        spliced(bytes, at(bytes, where), over, token),
  ),
  fc.record({ where: place, count: length }).map(
    ({ where, count }): Edit =>
      (bytes) =>
        spliced(bytes, at(bytes, where), count, new Uint8Array()),
  ),
  fc.record({ from: place, to: place, count: length }).map(({ from, to, count }): Edit => {
    return (bytes) =>
      spliced(bytes, at(bytes, to), 0, bytes.subarray(at(bytes, from), at(bytes, from) + count));
  }),
  place.map(
    (where): Edit =>
      (bytes) =>
        bytes.subarray(0, at(bytes, where)),
  ),
  fc
    .record({ where: place, bytes: fc.uint8Array({ maxLength: 16 }) })
    .map(({ where, bytes: added }): Edit => {
      return (bytes) => spliced(bytes, at(bytes, where), added.length, added);
    }),
);

/** Honest files with one to six edits, files grafted onto each other, and now and then bytes that nobody wrote. */
export function damaged(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const sample = fc.constantFrom(...samples);
  const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(sample, edits)
        .map(([bytes, changes]) => changes.reduce((before, change) => change(before), bytes)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(sample, sample, place, place)
        .map(([a, b, end, start]) => Buffer.concat([a.subarray(0, at(a, end)), b.subarray(at(b, start))])),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  );
}

/** As {@link damaged}, for what people type. */
export function damagedText(samples: readonly string[]): fc.Arbitrary<string> {
  const bytes = damaged(samples.map((text) => new TextEncoder().encode(text)));
  return fc.oneof(
    { weight: 3, arbitrary: bytes.map((value) => new TextDecoder().decode(value)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
}

/** Far more than any honest reader needs for inputs of some kilobytes, far less than what a lie about a length costs. */
const MOST_MEMORY = 64 * 1024 * 1024;

/** Runs a reader that may refuse: by a SheafError that blames the input, never by another one or by memory. */
export function refusesAtMost(read: () => unknown): void {
  const before = memory();
  try {
    requireReason(read());
  } catch (error) {
    requireRefusal(error);
  }
  expect(memory() - before).toBeLessThan(MOST_MEMORY);
}

/** {@link refusesAtMost} for readers that wait for something. */
export async function refusesAtMostLater(read: () => Promise<unknown>): Promise<void> {
  const before = memory();
  try {
    requireReason(await read());
  } catch (error) {
    requireRefusal(error);
  }
  expect(memory() - before).toBeLessThan(MOST_MEMORY);
}

/** Damage to what was refused before proves nothing: at least one sample must be what its reader takes. */
export function requireHonest(samples: readonly Uint8Array[], read: (bytes: Uint8Array) => unknown): void {
  const refusals: unknown[] = [];
  for (const sample of samples) {
    try {
      const result = read(sample) as { findings?: unknown; value?: unknown } | undefined;
      if (result?.findings === undefined || result.value !== undefined) return;
      refusals.push(result.findings);
    } catch (error) {
      refusals.push(error);
    }
  }
  expect(refusals).toEqual([]);
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function requireRefusal(error: unknown): void {
  if (error instanceof SheafError && error.code !== 'SHEAF_INTERNAL' && error.message !== '') return;
  throw error;
}

/** A Reading without a value must say why. */
function requireReason(result: unknown): void {
  if (typeof result !== 'object' || result === null || !('findings' in result) || !('value' in result))
    return;
  const { value, findings } = result as { value: unknown; findings: readonly { severity: string }[] };
  expect(value === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
}
