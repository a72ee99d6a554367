import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SheafError } from '../errors.ts';
import { type Finding, valueOf } from '../finding.ts';
import { parseInstant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { readSigners, requireSigner, requireThreshold, type SignersFile, writeSigners } from './signers.ts';
import { formatPublicKey, parsePublicKey, privateKeyFromSeed, type SshPublicKey } from './ssh-key.ts';
import { joinBytes, wireString } from './ssh-wire.ts';
import { type Namespace, sign } from './sshsig.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const keyOf = (name: string) =>
  privateKeyFromSeed(new Uint8Array(createHash('sha256').update(name).digest()), name);
const pub = (name: string): string => formatPublicKey(keyOf(name).publicKey);
const MAINTAINER: readonly Namespace[] = ['root@sheaf', 'status@sheaf', 'recovery@sheaf'];
const expires = parseInstant('2027-11-20T00:00:00Z')!;

const ROOT = `#@ sheaf-root/1
#@ registry example-plugins
#@ version 3
#@ epoch 1
#@ threshold 2
#@ expires 2027-11-20T00:00:00Z
alice namespaces="root@sheaf,status@sheaf,recovery@sheaf" ${pub('alice')}
bob namespaces="root@sheaf,status@sheaf,recovery@sheaf" ${pub('bob')}
carol namespaces="root@sheaf,status@sheaf,recovery@sheaf" ${pub('carol')}
ci namespaces="checkpoint@sheaf" ${pub('ci')}
`;

const OWNER = `#@ sheaf-owner/1
#@ registry example-plugins
#@ owner contributor
#@ version 1
#@ threshold 1
contributor namespaces="owner@sheaf,release@sheaf" ${pub('contributor')}
contributor-ci namespaces="release@sheaf" ${pub('contributor-ci')}
`;

const root = valueOf(readSigners(bytes(ROOT), 'root/3.signers'));
const owner = valueOf(readSigners(bytes(OWNER), '1.signers'));

/** The same Ed25519 point as a security key of some application. */
const asSecurityKey = (name: string, application: string): SshPublicKey => {
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = joinBytes(wireString(type), wireString(keyOf(name).publicKey.point), wireString(application));
  return parsePublicKey(`${type} ${Buffer.from(blob).toString('base64')}`);
};

describe('reading', () => {
  it('reads a root', () => {
    expect(root).toEqual({
      kind: 'root',
      registry: 'example-plugins',
      version: 3,
      epoch: 1,
      threshold: 2,
      expires,
      signers: [
        ...['alice', 'bob', 'carol'].map((name) => ({
          principal: name,
          namespaces: MAINTAINER,
          key: keyOf(name).publicKey,
        })),
        { principal: 'ci', namespaces: ['checkpoint@sheaf'], key: keyOf('ci').publicKey },
      ],
    });
  });

  it('reads an owner file', () => {
    expect(owner).toMatchObject({ kind: 'owner', owner: 'contributor', version: 1, epoch: 0, threshold: 1 });
    expect(owner).not.toHaveProperty('expires');
    expect(owner.signers.map((signer) => signer.principal)).toEqual(['contributor', 'contributor-ci']);
  });

  it('reads back byte for byte what is written, for any number of maintainers', () => {
    const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const count = fc.integer({ min: 1, max: 999_999_999 });
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 6 }),
        count,
        count,
        fc.nat(),
        (names, version, epoch, pick) => {
          const file: SignersFile = {
            kind: 'root',
            registry: 'r-1',
            version,
            epoch,
            threshold: 1 + (pick % names.length),
            expires,
            signers: names.map((name) => ({
              principal: name,
              namespaces: MAINTAINER,
              key: keyOf(name).publicKey,
            })),
          };
          const written = writeSigners(file);
          expect(valueOf(readSigners(written, 'x'))).toEqual(file);
          expect(writeSigners(valueOf(readSigners(written, 'x')))).toEqual(written);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('writes the very bytes it read', () => {
    expect(new TextDecoder().decode(writeSigners(root))).toBe(ROOT);
    expect(new TextDecoder().decode(writeSigners(owner))).toBe(OWNER);
  });

  it('never throws, whatever one byte is changed to, and reads nothing that it would write differently', () => {
    fc.assert(
      fc.property(fc.nat(ROOT.length - 1), fc.nat(255), (position, byte) => {
        const changed = bytes(ROOT);
        changed[position] = byte;
        const { value, findings } = readSigners(changed, 'x');
        expect(value === undefined).toBe(findings.length > 0);
        expect(value === undefined ? changed : writeSigners(value)).toEqual(changed);
      }),
      { numRuns: 400 },
    );
  });
});

const firstFinding = (text: string): Finding => {
  const { value, findings } = readSigners(Buffer.from(text, 'latin1'), 'f');
  expect(value).toBeUndefined();
  return findings[0]!;
};

describe('strictness: a root is refused for', () => {
  const alice = `alice namespaces="root@sheaf,status@sheaf,recovery@sheaf" ${pub('alice')}`;
  const swap = (from: string | RegExp, to: string): string => {
    const text = ROOT.replace(from, to);
    expect(text).not.toBe(ROOT);
    return text;
  };
  it.each<[string, string, string, number, number, string]>([
    ['another kind', swap('sheaf-root/1', 'sheaf-reviewers/1'), 'header', 1, 1, 'does not begin'],
    ['a later format', swap('sheaf-root/1', 'sheaf-root/2'), 'header', 1, 1, 'does not begin'],
    ['the header of an owner', swap('sheaf-root/1', 'sheaf-owner/1'), 'header', 3, 1, 'state the owner'],
    ['a header without registry', swap('#@ registry example-plugins\n', ''), 'header', 2, 1, 'the registry'],
    [
      'a header in another order',
      swap('#@ version 3\n#@ epoch 1\n', '#@ epoch 1\n#@ version 3\n'),
      'header',
      3,
      1,
      'the version',
    ],
    ['a header line too many', swap(/(#@ expires .*\n)/, '$1#@ note x\n'), 'header', 7, 1, 'a line too many'],
    ['a field given twice', swap(/(#@ expires .*\n)/, '$1$1'), 'header', 7, 1, 'a line too many'],
    ['a comment without @', swap('#@ version', '# version'), 'header', 3, 1, 'the version'],
    ['a version of 0', swap('version 3', 'version 0'), 'header', 3, 12, '"0" cannot stand for the version'],
    ['a version with a leading 0', swap('version 3', 'version 03'), 'header', 3, 12, '"03" cannot stand'],
    ['a version that is no number', swap('version 3', 'version 3x'), 'header', 3, 12, '"3x" cannot stand'],
    ['an epoch of 0', swap('epoch 1', 'epoch 0'), 'header', 4, 10, '"0" cannot stand for the epoch'],
    [
      'a threshold of 0',
      swap('threshold 2', 'threshold 0'),
      'header',
      5,
      14,
      'cannot stand for the threshold',
    ],
    ['an impossible date', swap('2027-11-20', '2027-02-30'), 'header', 6, 12, 'cannot stand for the expires'],
    ['a date with an offset', swap('00:00Z', '00:00+00:00'), 'header', 6, 12, 'cannot stand for the expires'],
    ['a registry in capitals', swap('registry ex', 'registry Ex'), 'header', 2, 13, '"Example-plugins"'],
    ['two spaces in the header', swap('version 3', 'version  3'), 'header', 3, 12, '" 3" cannot stand'],
    [
      'a threshold above its maintainers',
      swap('threshold 2', 'threshold 4'),
      'threshold',
      5,
      14,
      'and 3 of the keys',
    ],
    [
      'no signers',
      ROOT.split('\n').slice(0, 6).join('\n').concat('\n'),
      'threshold',
      5,
      14,
      'and 0 of the keys',
    ],
    ['CR LF line ends', ROOT.replaceAll('\n', '\r\n'), 'plain-line', 1, 16, 'byte 0x0d'],
    ['a tab', swap('alice names', 'alice\tnames'), 'plain-line', 7, 6, 'byte 0x09'],
    ['a byte beyond ASCII', swap('alice', 'alic\u00e9'), 'plain-line', 7, 5, 'byte 0xe9'],
    ['a NUL', swap('alice', 'alice\0'), 'plain-line', 7, 6, 'byte 0x00'],
    ['an empty line', swap('alice', '\nalice'), 'plain-line', 7, 1, 'is empty'],
    ['a space before a signer', swap('alice', ' alice'), 'plain-line', 7, 1, 'begins with a space'],
    [
      'a space after a signer',
      swap(alice, `${alice} `),
      'plain-line',
      7,
      alice.length + 1,
      'ends with a space',
    ],
    [
      'a missing last line feed',
      ROOT.slice(0, -1),
      'line-end',
      10,
      ROOT.split('\n')[9]!.length + 1,
      'no line feed',
    ],
    ['two spaces between words', swap('alice names', 'alice  names'), 'signer-line', 7, 1, 'the form'],
    ['a comment among the signers', swap('alice', '# x\nalice'), 'signer-line', 7, 1, 'the form'],
    ['a header line among the signers', swap('bob', '#@ epoch 2\nbob'), 'signer-line', 8, 1, 'the form'],
    ['a comment after a key', swap(alice, `${alice} alice@home`), 'signer-line', 7, 1, 'the form'],
    [
      'a signer without namespaces',
      swap(/alice namespaces="[^"]*"/, 'alice'),
      'signer-line',
      7,
      1,
      'the form',
    ],
    ['further options', swap('alice names', 'alice cert-authority,names'), 'namespaces', 7, 7, 'not a list'],
    [
      'a validity option',
      swap('alice namespaces', 'alice valid-before="2030",namespaces'),
      'namespaces',
      7,
      7,
      'not a',
    ],
    ['an option in capitals', swap('namespaces', 'Namespaces'), 'namespaces', 7, 7, 'not a list'],
    ['namespaces without quotes', swap(/"root@sheaf,[^"]*"/, 'root@sheaf'), 'namespaces', 7, 7, 'not a list'],
    ['a pattern for namespaces', swap('"root@sheaf,', '"*@sheaf,'), 'namespaces', 7, 7, '"*@sheaf" is not'],
    [
      'a negated namespace',
      swap('"root@sheaf,', '"!root@sheaf,'),
      'namespaces',
      7,
      7,
      '"!root@sheaf" is not',
    ],
    ['an unknown namespace', swap('"root@sheaf,', '"file,'), 'namespaces', 7, 7, '"file" is not'],
    ['an empty namespace', swap('"root@sheaf,', '"root@sheaf,,'), 'namespaces', 7, 7, '"" is not'],
    ['a namespace listed twice', swap('status@', 'root@'), 'one-role', 7, 7, 'may not hold'],
    [
      'an owner namespace',
      swap('"checkpoint@', '"release@'),
      'one-role',
      10,
      4,
      'ci may not hold release@sheaf',
    ],
    [
      'a checkpoint key with more',
      swap('"checkpoint@', '"root@sheaf,checkpoint@'),
      'one-role',
      10,
      4,
      'may not hold',
    ],
    [
      'a maintainer with checkpoint',
      swap('"root@sheaf', '"checkpoint@sheaf'),
      'one-role',
      7,
      7,
      'may not hold',
    ],
    ['half a maintainer', swap(',recovery@sheaf"', '"'), 'one-role', 7, 7, 'may not hold'],
    ['a pattern for a principal', swap('alice', 'a*'), 'principal', 7, 1, '"a*" cannot name a signer'],
    ['a list of principals', swap('alice', 'alice,bob'), 'principal', 7, 1, '"alice,bob" cannot name'],
    ['a principal in capitals', swap('alice', 'Alice'), 'principal', 7, 1, '"Alice" cannot name'],
    ['an address as principal', swap('alice', 'alice@home'), 'principal', 7, 1, '"alice@home" cannot name'],
    ['a path as principal', swap('alice', '../alice'), 'principal', 7, 1, '"../alice" cannot name'],
    ['a long principal', swap('alice', 'a'.repeat(129)), 'principal', 7, 1, 'cannot name'],
    ['a principal listed twice', swap('bob', 'alice'), 'duplicate-principal', 8, 1, 'alice is listed twice'],
    ['a key listed twice', swap(pub('bob'), pub('alice')), 'duplicate-key', 8, 1, 'same key as alice'],
    [
      'one point as plain and as security key',
      swap(pub('bob'), formatPublicKey(asSecurityKey('alice', 'ssh:'))),
      'duplicate-key',
      8,
      1,
      'bob has the same key as alice',
    ],
    [
      'an RSA key, naming it',
      swap(pub('alice'), 'ssh-rsa AAAA'),
      'public-key',
      7,
      59,
      'its type is "ssh-rsa"',
    ],
    [
      'base64 that is not canonical',
      swap(pub('alice'), `${pub('alice')}=`),
      'public-key',
      7,
      59,
      'canonical',
    ],
  ])('%s', (_, text, rule, line, column, message) => {
    const finding = firstFinding(text);
    expect(finding).toMatchObject({ rule, severity: 'error', place: { file: 'f', line, column } });
    expect(finding.message).toContain(message);
    expect(finding.fix).toMatch(/\.$/);
  });

  it('more signers than are ever looked at', () => {
    const lines = Array.from({ length: LIMITS.signersPerFile + 1 }, (_, index) =>
      ROOT.split('\n')[6]!
        .replace('alice', `a${index}`)
        .replace(pub('alice'), pub(`a${index}`)),
    );
    const head = ROOT.split('\n').slice(0, 6);
    const finding = firstFinding([...head, ...lines, ''].join('\n'));
    expect(finding).toMatchObject({ rule: 'signer-count', place: { line: 71, column: 1 } });
    expect(finding.message).toContain('65 signers; at most 64');
    expect(readSigners(bytes([...head, ...lines.slice(1), ''].join('\n')), 'f').findings).toEqual([]);
  });

  it('its size, before anything is read', () => {
    const { value, findings } = readSigners(new Uint8Array(LIMITS.signersBytes + 1), 'f');
    expect(value).toBeUndefined();
    expect(findings).toMatchObject([{ rule: 'file-size', place: { file: 'f' } }]);
  });

  it('every signer line that is wrong, collected in one reading', () => {
    const body = ROOT.replace('alice', 'Alice').replace('"checkpoint', '"root');
    expect(readSigners(bytes(body), 'f').findings.map((finding) => finding.place.line)).toEqual([7, 10]);
  });
});

const rules = (text: string) => readSigners(bytes(text), 'f').findings.map((finding) => finding.rule);

describe('strictness: an owner file', () => {
  it('lists only the owner and labels of it', () => {
    expect(rules(OWNER.replace('contributor-ci', 'somebody'))).toEqual(['principal']);
    expect(rules(OWNER.replace('contributor-ci', 'contributors'))).toEqual(['principal']);
    expect(rules(OWNER.replace('contributor-ci', 'contributor-'))).toEqual(['principal']);
  });

  it('gives no namespace of a root', () => {
    expect(rules(OWNER.replace('"release@sheaf"', '"checkpoint@sheaf"'))).toEqual(['one-role']);
    expect(rules(OWNER.replace('"release@sheaf"', '"release@sheaf,status@sheaf"'))).toEqual(['one-role']);
  });

  it('counts only keys that may sign the next file towards its threshold', () => {
    expect(rules(OWNER.replace('threshold 1', 'threshold 2'))).toEqual(['threshold']);
    const two = OWNER.replace('"release@sheaf"', '"owner@sheaf"').replace('threshold 1', 'threshold 2');
    expect(rules(two)).toEqual([]);
  });

  it('has neither epoch nor expiry', () => {
    expect(rules(OWNER.replace('#@ threshold', '#@ epoch 1\n#@ threshold'))).toContain('header');
    expect(rules(OWNER.replace('threshold 1\n', 'threshold 1\n#@ expires 2027-11-20T00:00:00Z\n'))).toEqual([
      'header',
    ]);
  });
});

describe('writing', () => {
  it('refuses what it would not read back, so that nobody signs it', () => {
    const refused = (change: Partial<SignersFile>) => () => writeSigners({ ...root, ...change });
    expect(refused({ threshold: 9 })).toThrow('The threshold is 9');
    expect(refused({ signers: [root.signers[0]!, root.signers[0]!] })).toThrow('alice is listed twice');
    expect(refused({ registry: 'a\n#@ version 9' })).toThrow('byte 0x0a');
    expect(refused({ version: 1.5 })).toThrow('"1.5" cannot stand for the version');
    expect(refused({ kind: 'owner' })).toThrow('does not state the owner');
  });
});

describe('one signature', () => {
  const message = bytes('a checkpoint');
  const require = (name: string, namespace: Namespace) =>
    requireSigner(root, namespace, message, sign(keyOf(name), namespace, message), 'the checkpoint');

  it('is by the signer whose key made it', () => {
    expect(require('ci', 'checkpoint@sheaf').principal).toBe('ci');
    expect(require('bob', 'root@sheaf').principal).toBe('bob');
  });

  it('is refused by a key that the file does not list', () => {
    expect(() => require('mallory', 'checkpoint@sheaf')).toThrow(
      'The key that signed the checkpoint is not one of root 3 of example-plugins.',
    );
  });

  it('is refused by a listed key that does not hold the namespace', () => {
    expect(() => require('alice', 'checkpoint@sheaf')).toThrow(
      'alice signed the checkpoint, but may not sign',
    );
    expect(() => require('ci', 'root@sheaf')).toThrow('ci signed the checkpoint, but may not sign');
    expect(() => require('ci', 'status@sheaf')).toThrow(expect.objectContaining({ code: 'SHEAF_SIGNATURE' }));
  });

  it('is refused when the listed key made it for another namespace', () => {
    const signature = sign(keyOf('ci'), 'witness@sheaf', message);
    expect(() => requireSigner(root, 'checkpoint@sheaf', message, signature, 'it')).toThrow(
      'it was made for',
    );
  });
});

describe('a threshold', () => {
  const message = bytes('root 4');
  const by = (name: string, namespace = 'root@sheaf', signed = message) =>
    sign(keyOf(name), namespace, signed);
  const require = (
    signatures: Record<string, Uint8Array>,
    file = root,
    namespace: Namespace = 'root@sheaf',
  ) =>
    requireThreshold(file, namespace, message, new Map(Object.entries(signatures)), 'root 4').map(
      (signer) => signer.principal,
    );
  const refusal = (signatures: Record<string, Uint8Array>, file = root): SheafError => {
    try {
      require(signatures, file);
    } catch (error) {
      return error as SheafError;
    }
    throw new Error('it was accepted');
  };

  it('is met by that many distinct keys, and says whose', () => {
    expect(require({ alice: by('alice'), bob: by('bob') })).toEqual(['alice', 'bob']);
    expect(require({ carol: by('carol'), bob: by('bob'), alice: by('alice') })).toEqual([
      'alice',
      'bob',
      'carol',
    ]);
    expect(
      require({ alice: by('alice', 'status@sheaf'), bob: by('bob', 'status@sheaf') }, root, 'status@sheaf'),
    ).toHaveLength(2);
  });

  it('is not met by fewer, and names who is missing', () => {
    const error = refusal({ alice: by('alice') });
    expect(error.code).toBe('SHEAF_THRESHOLD');
    expect(error.message).toBe('1 of 2 required keys signed root 4; missing: bob, carol.');
    expect(error.details).toMatchObject({ threshold: 2, signed: ['alice'], missing: ['bob', 'carol'] });
    expect(refusal({}).message).toContain('0 of 2');
  });

  it('counts keys, not signatures: one key under every name is one key', () => {
    const error = refusal({ alice: by('alice'), bob: by('alice'), carol: by('alice') });
    expect(error.details).toMatchObject({ signed: ['alice'], missing: ['bob', 'carol'] });
    expect(error.hint).toContain(
      'under the name bob: The signature of root 4 was made by another key, SHA256:',
    );
  });

  it('counts a key once even in a value that lists it twice', () => {
    const twice = { ...root, signers: [root.signers[0]!, { ...root.signers[0]!, principal: 'alias' }] };
    expect(() => require({ alice: by('alice'), alias: by('alice') }, twice)).toThrow('1 of 2 required keys');
  });

  it('does not count a second signature that the same key made with another hash or bytes', () => {
    const other = Buffer.from(by('alice'))
      .toString('latin1')
      .replace(/\n-----END/, '=\n-----END');
    expect(refusal({ alice: by('alice'), bob: Buffer.from(other, 'latin1') }).details).toMatchObject({
      signed: ['alice'],
    });
  });

  it('does not count the CI key, strangers, other messages, other namespaces or rubbish', () => {
    for (const signature of [
      by('mallory'),
      by('ci'),
      by('bob', 'root@sheaf', bytes('root 5')),
      by('bob', 'status@sheaf'),
      bytes('rubbish'),
      new Uint8Array(),
    ]) {
      expect(
        refusal({ alice: by('alice'), ci: by('ci'), mallory: by('mallory'), bob: signature }).details,
      ).toMatchObject({ signed: ['alice'], missing: ['bob', 'carol'] });
    }
  });

  it('is not spoilt by signatures that do not count, so that a mirror cannot stop an update with them', () => {
    const signatures = {
      alice: by('alice'),
      bob: by('bob'),
      carol: bytes('rubbish'),
      mallory: by('mallory'),
    };
    expect(require(signatures)).toEqual(['alice', 'bob']);
  });

  it('of nothing still demands a signature', () => {
    expect(refusal({}, { ...root, threshold: 0 }).code).toBe('SHEAF_THRESHOLD');
  });
});
