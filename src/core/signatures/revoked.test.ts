import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { readRevoked, writeRevoked } from './revoked.ts';
import { formatPublicKey, privateKeyFromSeed } from './ssh-key.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (name: string) =>
  privateKeyFromSeed(new Uint8Array(createHash('sha256').update(name).digest()), name).publicKey;
const pub = (name: string): string => formatPublicKey(keyOf(name));

const FILE = `#@ sheaf-revoked/1
#@ from 1-42
#@ reason the laptop was stolen
${pub('alice')}
${pub('bob')}
#@ reason published by mistake
${pub('carol')}
`;

describe('the revocation file', () => {
  it('says which keys, from when, and why', () => {
    expect(valueOf(readRevoked(bytes(FILE), 'revoked'))).toEqual([
      { key: keyOf('alice'), from: { epoch: 1, version: 42 }, reason: 'the laptop was stolen' },
      { key: keyOf('bob') },
      { key: keyOf('carol'), reason: 'published by mistake' },
    ]);
  });

  it('may be empty but for its title', () => {
    expect(valueOf(readRevoked(writeRevoked([]), 'revoked'))).toEqual([]);
  });

  it('reads back what is written, byte for byte', () => {
    const count = fc.integer({ min: 1, max: 999_999_999 });
    const entry = fc.record(
      {
        key: fc.stringMatching(/^[a-z]{1,8}$/).map(keyOf),
        from: fc.record({ epoch: count, version: count }, { noNullPrototype: true }),
        reason: fc.stringMatching(/^[!-~]([ -~]{0,100}[!-~])?$/),
      },
      { requiredKeys: ['key'], noNullPrototype: true },
    );
    const keys = fc.uniqueArray(entry, { selector: ({ key }) => formatPublicKey(key), maxLength: 6 });
    fc.assert(
      fc.property(keys, (keys) => {
        const written = writeRevoked(keys);
        expect(valueOf(readRevoked(written, 'revoked'))).toEqual(keys);
      }),
      { numRuns: 50 },
    );
  });

  it('is never written so that a reason or a missing line adds a key', () => {
    const key = keyOf('alice');
    expect(() => writeRevoked([{ key, reason: `x\n${pub('bob')}` }])).toThrow('byte 0x0a');
    expect(() => writeRevoked([{ key, reason: '' }])).toThrow('ends with a space');
    expect(() => writeRevoked([{ key, reason: 'x'.repeat(201) }])).toThrow('at most 200');
    expect(() => writeRevoked([{ key, from: { epoch: 0, version: 1 } }])).toThrow('names no checkpoint');
    expect(() => writeRevoked([{ key }, { key }])).toThrow('listed twice');
  });

  it.each<[string, string, string, number, number]>([
    ['another title', FILE.replace('revoked/1', 'revoked/2'), 'header', 1, 1],
    ['no title', FILE.slice(FILE.indexOf('\n') + 1), 'header', 1, 1],
    ['nothing', '', 'header', 1, 1],
    ['a plain comment', FILE.replace('#@ from 1-42', '# note'), 'revoked-line', 2, 1],
    ['an unknown statement', FILE.replace('#@ from 1-42', '#@ until 1-42'), 'revoked-line', 2, 1],
    ['a checkpoint without epoch', FILE.replace('1-42', '42'), 'revoked-line', 2, 9],
    ['a checkpoint with a leading 0', FILE.replace('1-42', '1-042'), 'revoked-line', 2, 9],
    ['two checkpoints', FILE.replace('#@ from 1-42', '#@ from 1-42\n#@ from 1-43'), 'revoked-line', 3, 1],
    [
      'the reason before the checkpoint',
      FILE.replace(/(#@ from 1-42\n)(#@ reason.*\n)/, '$2$1'),
      'revoked-line',
      3,
      1,
    ],
    ['two reasons', FILE.replace(/(#@ reason.*\n)/, '$1$1'), 'revoked-line', 4, 1],
    ['a statement about no key', `${FILE}#@ from 1-1\n`, 'revoked-line', 8, 1],
    ['a key listed twice', FILE.replace(pub('bob'), pub('alice')), 'duplicate-key', 5, 1],
    ['a key with a comment', FILE.replace(pub('bob'), `${pub('bob')} bob`), 'public-key', 5, 1],
    ['a key type that sheaf does not know', FILE.replace(pub('bob'), 'ssh-rsa AAAA'), 'public-key', 5, 1],
    ['options before a key', FILE.replace(pub('bob'), `restrict ${pub('bob')}`), 'public-key', 5, 1],
    ['a fingerprint instead of a key', FILE.replace(pub('bob'), 'SHA256:abc'), 'public-key', 5, 1],
    ['CR LF line ends', FILE.replaceAll('\n', '\r\n'), 'plain-line', 1, 19],
    ['an empty line', FILE.replace(pub('bob'), ''), 'plain-line', 5, 1],
    ['no last line feed', FILE.slice(0, -1), 'line-end', 7, 81],
  ])('is refused for %s', (_, text, rule, line, column) => {
    const { value, findings } = readRevoked(bytes(text), 'revoked');
    expect(value).toBeUndefined();
    expect(findings[0]).toMatchObject({ rule, severity: 'error', place: { file: 'revoked', line, column } });
  });

  it('is refused for its size, before anything is read', () => {
    const { findings } = readRevoked(new Uint8Array(LIMITS.revokedBytes + 1), 'revoked');
    expect(findings).toMatchObject([{ rule: 'file-size' }]);
  });

  it('gives at most so many findings, however much is wrong', () => {
    const { findings } = readRevoked(bytes(`#@ sheaf-revoked/1\n${'x\n'.repeat(5000)}`), 'revoked');
    expect(findings).toHaveLength(LIMITS.findingsPerFile);
  });
});
