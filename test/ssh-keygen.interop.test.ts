import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { parseInstant } from '../src/core/instant.ts';
import { readRevoked, writeRevoked } from '../src/core/signatures/revoked.ts';
import {
  readSigners,
  requireSigner,
  requireThreshold,
  writeSigners,
} from '../src/core/signatures/signers.ts';
import {
  fingerprint,
  formatPrivateKey,
  formatPublicKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyFromSeed,
  type SshPrivateKey,
} from '../src/core/signatures/ssh-key.ts';
import { NAMESPACES, type Namespace, sign, signerOf } from '../src/core/signatures/sshsig.ts';

/** What stock OpenSSH and sheaf say about the same files, in both directions. */

const keyOf = (name: string): SshPrivateKey =>
  privateKeyFromSeed(new Uint8Array(createHash('sha256').update(name).digest()), `${name}@example`);
const MESSAGE = Buffer.from('bytes that somebody signs\n');

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-ssh-keygen-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs ssh-keygen without the agent and the home directory of whoever runs the tests. */
function keygen(args: readonly string[], input: Uint8Array = new Uint8Array()) {
  const { status, stdout, stderr, error } = spawnSync('ssh-keygen', args, {
    cwd: directory,
    input,
    env: { PATH: process.env.PATH, HOME: directory },
  });
  if (error !== undefined) throw error;
  return { status, stdout: new Uint8Array(stdout), text: stdout.toString(), errors: stderr.toString() };
}

async function put(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}

/** Makes a key with ssh-keygen and returns its path. */
function generate(name: string, ...options: string[]): string {
  const path = join(directory, name);
  const { status, errors } = keygen(['-q', '-N', '', '-C', name, '-f', path, ...options]);
  expect(errors.replaceAll('\n', '')).not.toContain('failed');
  expect(status).toBe(0);
  return path;
}

async function stockVerify(options: {
  readonly signers: Uint8Array;
  readonly principal: string;
  readonly namespace: string;
  readonly signature: Uint8Array;
  readonly revoked?: Uint8Array;
  readonly message?: Uint8Array;
}): Promise<number | null> {
  const { principal, namespace } = options;
  const signers = await put('verify.signers', options.signers);
  const signature = await put('verify.sig', options.signature);
  const revoked = options.revoked === undefined ? [] : ['-r', await put('verify.revoked', options.revoked)];
  const args = ['-Y', 'verify', '-f', signers, '-I', principal, '-n', namespace, '-s', signature, ...revoked];
  return keygen(args, options.message ?? MESSAGE).status;
}

const maintainer: readonly Namespace[] = ['root@sheaf', 'status@sheaf', 'recovery@sheaf'];
const ROOT = writeSigners({
  kind: 'root',
  registry: 'example-plugins',
  version: 3,
  epoch: 1,
  threshold: 2,
  expires: parseInstant('2027-11-20T00:00:00Z')!,
  signers: [
    { principal: 'alice', namespaces: maintainer, key: keyOf('alice').publicKey },
    { principal: 'bob', namespaces: maintainer, key: keyOf('bob').publicKey },
    { principal: 'ci', namespaces: ['checkpoint@sheaf'], key: keyOf('ci').publicKey },
  ],
});
const OWNER = writeSigners({
  kind: 'owner',
  registry: 'example-plugins',
  owner: 'contributor',
  version: 1,
  epoch: 0,
  threshold: 1,
  signers: [
    {
      principal: 'contributor',
      namespaces: ['owner@sheaf', 'release@sheaf'],
      key: keyOf('contributor').publicKey,
    },
  ],
});

describe('ssh-keygen accepts', () => {
  it.each([
    ['root', ROOT, 'alice', 'root@sheaf'],
    ['root', ROOT, 'bob', 'status@sheaf'],
    ['root', ROOT, 'ci', 'checkpoint@sheaf'],
    ['owner file', OWNER, 'contributor', 'release@sheaf'],
    ['owner file', OWNER, 'contributor', 'owner@sheaf'],
  ])('our %s as allowed_signers, and our signature of %#', async (_, signers, principal, namespace) => {
    const signature = sign(keyOf(principal), namespace, MESSAGE);
    expect(await stockVerify({ signers, principal, namespace, signature })).toBe(0);
  });

  it('no key of our root in a role that it does not hold, and no key that is not in it', async () => {
    for (const [principal, namespace] of [
      ['ci', 'root@sheaf'],
      ['ci', 'release@sheaf'],
      ['alice', 'checkpoint@sheaf'],
      ['mallory', 'root@sheaf'],
    ] as const) {
      const signature = sign(keyOf(principal), namespace, MESSAGE);
      expect(await stockVerify({ signers: ROOT, principal, namespace, signature })).not.toBe(0);
    }
  });

  it('the private keys that we write, and signs with them byte for byte as we do', async () => {
    const alice = keyOf('alice');
    const path = await put('ours', formatPrivateKey(alice));
    expect(keygen(['-y', '-f', path]).text).toBe(`${formatPublicKey(alice.publicKey)} alice@example\n`);
    const theirs = keygen(['-Y', 'sign', '-q', '-f', path, '-n', 'release@sheaf'], MESSAGE);
    expect(Buffer.from(theirs.stdout).toString()).toBe(
      Buffer.from(sign(alice, 'release@sheaf', MESSAGE)).toString(),
    );
  });

  it('our revocation file as a key list, and refuses the keys in it', async () => {
    const verify = (revoked: Uint8Array) =>
      stockVerify({
        signers: ROOT,
        principal: 'alice',
        namespace: 'root@sheaf',
        signature: sign(keyOf('alice'), 'root@sheaf', MESSAGE),
        revoked,
      });
    const revoke = (name: string) => ({
      key: keyOf(name).publicKey,
      from: { epoch: 1, version: 42 },
      reason: 'the laptop was stolen',
    });
    expect(await verify(writeRevoked([]))).toBe(0);
    expect(await verify(writeRevoked([revoke('bob')]))).toBe(0);
    expect(await verify(writeRevoked([revoke('bob'), revoke('alice')]))).not.toBe(0);
    expect(await verify(writeRevoked([{ key: keyOf('alice').publicKey }]))).not.toBe(0);
  });
});

describe('sheaf accepts', () => {
  it('the keys that ssh-keygen makes, with the same fingerprint', async () => {
    const path = generate('theirs', '-t', 'ed25519');
    const key = parsePrivateKey(await readFile(path));
    const line = await readFile(`${path}.pub`, 'utf8');
    expect(parsePublicKey(line)).toEqual(key.publicKey);
    expect(key.comment).toBe('theirs');
    expect(keygen(['-l', '-f', path]).text.split(' ')[1]).toBe(fingerprint(key.publicKey));
  });

  it.each(['sha512', 'sha256'])('the signatures that ssh-keygen makes with %s', async (hash) => {
    const path = generate(`signs-${hash}`, '-t', 'ed25519');
    const args = ['-Y', 'sign', '-q', '-f', path, '-n', 'release@sheaf', '-O', `hashalg=${hash}`];
    const signature = keygen(args, MESSAGE).stdout;
    const key = signerOf(signature, 'release@sheaf', MESSAGE, 'it');
    expect(formatPublicKey(key)).toBe(
      (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' '),
    );
  });

  it('a root that people write and sign with ssh-keygen alone', async () => {
    const names = ['dora', 'emil'];
    const paths = names.map((name) => generate(name, '-t', 'ed25519'));
    const lines = await Promise.all(
      paths.map(async (path, index) => {
        const [type, base64] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
        return `${names[index]} namespaces="root@sheaf,status@sheaf,recovery@sheaf" ${type} ${base64}`;
      }),
    );
    const head = [
      'root/1',
      'registry r',
      'version 1',
      'epoch 1',
      'threshold 2',
      'expires 2027-01-01T00:00:00Z',
    ];
    const text = [...head.map((line, index) => `#@ ${index === 0 ? 'sheaf-' : ''}${line}`), ...lines, ''];
    const bytes = Buffer.from(text.join('\n'));
    const root = valueOf(readSigners(bytes, 'root/1.signers'));
    const signatures = new Map(
      paths.map((path, index) => {
        const args = ['-Y', 'sign', '-q', '-f', path, '-n', 'root@sheaf'];
        return [names[index]!, keygen(args, bytes).stdout] as const;
      }),
    );
    expect(requireThreshold(root, 'root@sheaf', bytes, signatures, 'root 1')).toHaveLength(2);
    expect(requireSigner(root, 'root@sheaf', bytes, signatures.get('emil')!, 'root 1').principal).toBe(
      'emil',
    );
  });

  it('a revocation file that is titled and otherwise made of .pub lines without comments', async () => {
    const path = generate('lost', '-t', 'ed25519');
    const key = (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    const revoked = valueOf(readRevoked(Buffer.from(`#@ sheaf-revoked/1\n${key}\n`), 'revoked'));
    expect(revoked.map((entry) => formatPublicKey(entry.key))).toEqual([key]);
  });
});

describe('sheaf refuses', () => {
  it.each([
    ['an encrypted key', ['-t', 'ed25519', '-N', 'a passphrase'], 'encrypted with a passphrase'],
    ['an RSA key', ['-t', 'rsa', '-b', '2048'], 'its type is "ssh-rsa"'],
    ['an ECDSA key', ['-t', 'ecdsa'], 'its type is "ecdsa-sha2-nistp256"'],
    ['a PEM key', ['-t', 'rsa', '-b', '2048', '-m', 'PEM'], 'does not begin with the line'],
  ])('to sign with %s, and says what can', async (name, options, problem) => {
    const bytes = await readFile(generate(name.replaceAll(' ', '-'), ...options));
    expect(() => parsePrivateKey(bytes)).toThrow(problem);
    expect(() => parsePrivateKey(bytes)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('ssh-keygen -Y sign') }),
    );
  });

  it('the signature of an RSA key, naming its type', () => {
    const path = generate('rsa-signs', '-t', 'rsa', '-b', '2048');
    const signature = keygen(['-Y', 'sign', '-q', '-f', path, '-n', 'release@sheaf'], MESSAGE).stdout;
    expect(() => signerOf(signature, 'release@sheaf', MESSAGE, 'it')).toThrow('its type is "ssh-rsa"');
  });

  it('what ssh-keygen lets pass: text after the block, and lines of another length', async () => {
    const good = Buffer.from(sign(keyOf('alice'), 'root@sheaf', MESSAGE)).toString();
    const wide = good.replace(/\n(?!-----|$)/g, (_, at: number) => (at === 29 ? '\n' : ''));
    for (const text of [`${good}and more\n`, wide]) {
      const signature = Buffer.from(text);
      const stock = { signers: ROOT, principal: 'alice', namespace: 'root@sheaf', signature };
      expect(await stockVerify(stock)).toBe(0);
      expect(() => signerOf(signature, 'root@sheaf', MESSAGE, 'it')).toThrow('is not acceptable');
    }
  });

  it('what ssh-keygen lets pass: patterns and options in a signers file', async () => {
    const signature = sign(keyOf('alice'), 'root@sheaf', MESSAGE);
    const text = Buffer.from(ROOT).toString();
    for (const lenient of [
      text.replace('alice namespaces', 'al* namespaces'),
      text.replace('alice namespaces', 'alice NAMESPACES'),
      text.replace('alice namespaces', 'alice \t namespaces'),
      text.replace('"root@sheaf,', '"r*@sheaf,'),
    ]) {
      const signers = Buffer.from(lenient);
      expect(await stockVerify({ signers, principal: 'alice', namespace: 'root@sheaf', signature })).toBe(0);
      expect(readSigners(signers, 'root/3.signers').value).toBeUndefined();
    }
  });
});

describe('sheaf and ssh-keygen', () => {
  it('accept whatever the other signs: any message, any namespace of ours, any key, both hashes', async () => {
    const cases = fc.record({
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      message: fc.uint8Array({ maxLength: 300 }),
      namespace: fc.constantFrom(...NAMESPACES),
      hash: fc.constantFrom('sha512', 'sha256'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, message, namespace, hash }) => {
        const key = privateKeyFromSeed(seed, 'somebody');
        const signers = Buffer.from(`somebody namespaces="${namespace}" ${formatPublicKey(key.publicKey)}\n`);
        const signature = sign(key, namespace, message);
        const stock = { signers, principal: 'somebody', namespace, signature };
        expect(await stockVerify({ ...stock, message })).toBe(0);
        const other = NAMESPACES.find((one) => one !== namespace) ?? '';
        expect(await stockVerify({ ...stock, message, namespace: other })).not.toBe(0);
        expect(await stockVerify({ ...stock, message: Buffer.concat([message, Buffer.from('x')]) })).not.toBe(
          0,
        );

        const path = await put('property.key', formatPrivateKey(key));
        const args = ['-Y', 'sign', '-q', '-f', path, '-n', namespace, '-O', `hashalg=${hash}`];
        const theirs = keygen(args, message);
        expect(theirs.status).toBe(0);
        expect(signerOf(theirs.stdout, namespace, message, 'it')).toEqual(key.publicKey);
        // The same key and hash give the same signature; another hash is another one, and as good.
        expect(theirs.text === new TextDecoder().decode(signature)).toBe(hash === 'sha512');
      }),
      { numRuns: 12, seed: 1 },
    );
  });
});

const DUMMY = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const noDummy = !existsSync(DUMMY);
if (noDummy) console.warn(`skipped: no software security key at ${DUMMY} (Debian package openssh-tests)`);

const signWith = (path: string) =>
  keygen(['-w', DUMMY, '-Y', 'sign', '-q', '-f', path, '-n', 'release@sheaf'], MESSAGE).stdout;

describe('a FIDO2 security key', () => {
  it.skipIf(noDummy)('signs for sheaf, under the application it was made for', async () => {
    for (const application of ['ssh:', 'ssh:work']) {
      const path = generate(
        `sk-${application}`,
        '-w',
        DUMMY,
        '-t',
        'ed25519-sk',
        '-O',
        `application=${application}`,
      );
      const key = signerOf(signWith(path), 'release@sheaf', MESSAGE, 'it');
      expect(key).toEqual(parsePublicKey(await readFile(`${path}.pub`, 'utf8')));
      expect(key.application).toBe(application);
    }
  });

  it.skipIf(noDummy)('signs for every namespace of ours, and both say so', async () => {
    const path = generate('sk-namespaces', '-w', DUMMY, '-t', 'ed25519-sk');
    const line = (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    for (const namespace of NAMESPACES) {
      const { stdout } = keygen(['-w', DUMMY, '-Y', 'sign', '-q', '-f', path, '-n', namespace], MESSAGE);
      const signers = Buffer.from(`device namespaces="${namespace}" ${line}\n`);
      expect(await stockVerify({ signers, principal: 'device', namespace, signature: stdout })).toBe(0);
      expect(formatPublicKey(signerOf(stdout, namespace, MESSAGE, 'it'))).toBe(line);
      const other = NAMESPACES.find((one) => one !== namespace) ?? '';
      expect(() => signerOf(stdout, other, MESSAGE, 'it')).toThrow('it was made for');
    }
  });

  it.skipIf(noDummy)('is told from a key that sheaf can read', async () => {
    const path = generate('sk-file', '-w', DUMMY, '-t', 'ed25519-sk');
    const bytes = await readFile(path);
    expect(() => parsePrivateKey(bytes)).toThrow('it lives in a FIDO security key');
  });

  it.skipIf(noDummy)('that signs without a touch is refused, though ssh-keygen accepts it', async () => {
    const path = generate('sk-silent', '-w', DUMMY, '-t', 'ed25519-sk', '-O', 'no-touch-required');
    const signature = signWith(path);
    const line = (await readFile(`${path}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
    const signers = Buffer.from(`silent ${line}\n`);
    const stock = { signers, principal: 'silent', namespace: 'release@sheaf', signature };
    expect(await stockVerify(stock)).toBe(0);
    expect(() => signerOf(signature, 'release@sheaf', MESSAGE, 'it')).toThrow('signed without being touched');
  });
});

const DATA = '/usr/lib/openssh/regress/unittests/sshsig/testdata';
const noData = !existsSync(DATA);
if (noData) console.warn(`skipped: no SSHSIG test data at ${DATA} (Debian package openssh-tests)`);

const signer = async (name: string) =>
  signerOf(
    await readFile(join(DATA, `${name}.sig`)),
    await readFile(join(DATA, 'namespace'), 'utf8'),
    await readFile(join(DATA, 'signed-data')),
    name,
  );

describe('the SSHSIG test data of OpenSSH', () => {
  it.skipIf(noData).each(['ed25519', 'ed25519_sk'])('%s verifies', async (name) => {
    expect(await signer(name)).toEqual(parsePublicKey(await readFile(join(DATA, `${name}.pub`), 'utf8')));
  });

  it.skipIf(noData)('ed25519 is the signature that sheaf makes with the same key', async () => {
    const key = parsePrivateKey(await readFile(join(DATA, 'ed25519')));
    const ours = sign(key, 'unittest', await readFile(join(DATA, 'signed-data')));
    expect(Buffer.from(ours)).toEqual(await readFile(join(DATA, 'ed25519.sig')));
  });

  it.skipIf(noData).each([
    ['rsa', 'ssh-rsa'],
    ['dsa', 'ssh-dss'],
    ['ecdsa', 'ecdsa-sha2-nistp256'],
    ['ecdsa_sk', 'sk-ecdsa-sha2-nistp256@openssh.com'],
    ['ecdsa_sk_webauthn', 'sk-ecdsa-sha2-nistp256@openssh.com'],
  ])('%s is refused by the name of its key type', async (name, type) => {
    await expect(signer(name)).rejects.toThrow(`its type is "${type}"`);
  });
});
