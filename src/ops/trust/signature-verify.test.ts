import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSheaf } from '../../../test/support/run-sheaf.ts';
import {
  formatPrivateKey,
  formatPublicKey,
  privateKeyFromSeed,
  type SshPrivateKey,
} from '../../core/signatures/ssh-key.ts';
import { sign } from '../../core/signatures/sshsig.ts';

function key(name: string): SshPrivateKey {
  return privateKeyFromSeed(createHash('sha256').update(`test ${name}`).digest(), name);
}

const ALICE = formatPublicKey(key('alice').publicKey);
const BOB = formatPublicKey(key('bob').publicKey);
const MESSAGE = Buffer.from('hello\n');
const RELEASE = 'namespaces="release@sheaf"';

let directory: string;
let rsa: string;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-verify-'));
  await writeFile(at('message'), MESSAGE);
  await writeFile(at('good.sig'), sign(key('alice'), 'release@sheaf', MESSAGE));
  await writeFile(at('other-message.sig'), sign(key('alice'), 'release@sheaf', Buffer.from('bye\n')));
  await writeFile(at('other-namespace.sig'), sign(key('alice'), 'owner@sheaf', MESSAGE));
  await writeFile(at('not-a.sig'), 'nonsense\n');
  await writeFile(at('mallory'), formatPrivateKey(key('mallory')), { mode: 0o600 });
  const options = ['-Y', 'sign', '-f', at('mallory'), '-n', 'release@sheaf', '-O', 'hashalg=sha256'];
  await writeFile(at('sha256.sig'), spawnSync('ssh-keygen', options, { input: MESSAGE }).stdout);
  spawnSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', 'rsa', '-f', at('rsa')]);
  rsa = (await readFile(at('rsa.pub'), 'utf8')).trim();
  const byRsa = ['-Y', 'sign', '-f', at('rsa'), '-n', 'release@sheaf'];
  await writeFile(at('rsa.sig'), spawnSync('ssh-keygen', byRsa, { input: MESSAGE }).stdout);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Case {
  /** `RSA_KEY` stands for one. */
  readonly signers: string | undefined;
  readonly identity?: string;
  readonly namespace?: string;
  readonly signature?: string;
  readonly revoked?: string;
}

/** The same question to ssh-keygen and to sheaf; what each answered. */
async function ask(question: Case) {
  if (question.signers === undefined) await rm(at('signers'), { force: true });
  else await writeFile(at('signers'), question.signers.replace('RSA_KEY', rsa));
  if (question.revoked !== undefined) await writeFile(at('revoked'), question.revoked);
  const { identity = 'alice', namespace = 'release@sheaf', signature = 'good.sig' } = question;
  const options = ['-f', at('signers'), '-I', identity, '-n', namespace, '-s', at(signature)];
  if (question.revoked !== undefined) options.push('-r', at('revoked'));
  const theirs = spawnSync('ssh-keygen', ['-Y', 'verify', ...options], { input: MESSAGE });
  const { status, stdout } = await runSheaf(['signature', 'verify', ...options], { input: MESSAGE });
  return { theirs: { status: theirs.status, stdout: theirs.stdout.toString() }, ours: { status, stdout } };
}

const SAME: readonly (readonly [string, Case])[] = [
  ['a good signature', { signers: `alice ${RELEASE} ${ALICE}\n` }],
  ['a signers file without namespaces', { signers: `alice ${ALICE}\n` }],
  ['a key with a comment of several words', { signers: `alice ${RELEASE} ${ALICE} on a laptop\n` }],
  ['comments, empty lines and a header', { signers: `#@ sheaf-root/1\n\n# x\nalice ${RELEASE} ${ALICE}\n` }],
  [
    'several principals for one key',
    { signers: `bob,alice@example.com ${ALICE}\n`, identity: 'alice@example.com' },
  ],
  ['several namespaces', { signers: `alice namespaces="owner@sheaf,release@sheaf" ${ALICE}\n` }],
  ['tabs and indentation', { signers: `  alice\t${RELEASE}\t${ALICE}\n` }],
  [
    'the right line behind a wrong one',
    { signers: `alice ${BOB}\nalice namespaces="x" ${ALICE}\nalice ${ALICE}\n` },
  ],
  ['keys of other types in the file', { signers: `alice RSA_KEY\nalice ${ALICE}\n` }],
  ['no line feed at the end', { signers: `alice ${ALICE}` }],
  [
    'a signature with sha256',
    {
      signers: `mallory ${formatPublicKey(key('mallory').publicKey)}\n`,
      identity: 'mallory',
      signature: 'sha256.sig',
    },
  ],
  ['another identity', { signers: `alice ${RELEASE} ${ALICE}\n`, identity: 'bob' }],
  ['a part of the identity', { signers: `alice ${RELEASE} ${ALICE}\n`, identity: 'ali' }],
  ['an identity in capitals', { signers: `alice ${RELEASE} ${ALICE}\n`, identity: 'ALICE' }],
  ['a pattern as identity', { signers: `alice ${RELEASE} ${ALICE}\n`, identity: '*' }],
  ['another namespace asked for', { signers: `alice ${ALICE}\n`, namespace: 'owner@sheaf' }],
  ['a namespace the key may not sign', { signers: `alice namespaces="owner@sheaf" ${ALICE}\n` }],
  ['a signature for another namespace', { signers: `alice ${ALICE}\n`, signature: 'other-namespace.sig' }],
  ['a signature over other bytes', { signers: `alice ${ALICE}\n`, signature: 'other-message.sig' }],
  ['a file that is no signature', { signers: `alice ${ALICE}\n`, signature: 'not-a.sig' }],
  ['a missing signature', { signers: `alice ${ALICE}\n`, signature: 'absent.sig' }],
  ['a missing signers file', { signers: undefined }],
  ['an empty signers file', { signers: '' }],
  ['nonsense as signers file', { signers: 'nonsense\n' }],
  ['another key for the principal', { signers: `alice ${RELEASE} ${BOB}\n` }],
  ['a revoked key', { signers: `alice ${ALICE}\n`, revoked: `${ALICE}\n` }],
  ['a revoked key with a comment', { signers: `alice ${ALICE}\n`, revoked: `# gone\n\n${ALICE} alice\n` }],
  [
    'another key revoked',
    { signers: `alice ${ALICE}\n`, revoked: `#@ sheaf-revoked/1\n#@ from 1-3\n${BOB}\n` },
  ],
  ['an empty revocation list', { signers: `alice ${ALICE}\n`, revoked: '' }],
  ['nonsense as revocation list', { signers: `alice ${ALICE}\n`, revoked: 'nonsense\n' }],
];

describe('answers as ssh-keygen -Y verify does, in exit status and on standard output', () => {
  it.each(SAME)('%s', async (_, question) => {
    const { theirs, ours } = await ask(question);
    expect(ours).toEqual(theirs);
  });

  it('a missing option', async () => {
    for (const missing of ['-f', '-I', '-n', '-s']) {
      const options = ['-f', 'a', '-I', 'b', '-n', 'c', '-s', 'd'];
      options.splice(options.indexOf(missing), 2);
      const theirs = spawnSync('ssh-keygen', ['-Y', 'verify', ...options], { input: MESSAGE });
      expect((await runSheaf(['signature', 'verify', ...options])).status).toBe(theirs.status);
    }
  });
});

describe('is stricter than ssh-keygen, never laxer', () => {
  it.each([
    ['a wildcard principal', { signers: `* ${ALICE}\n` }],
    ['a negated pattern', { signers: `!bob,* ${ALICE}\n` }],
    ['a wildcard namespace', { signers: `alice namespaces="*" ${ALICE}\n` }],
    ['an option in capitals', { signers: `alice NAMESPACES="release@sheaf" ${ALICE}\n` }],
    ['an end of validity', { signers: `alice valid-before="20990101" ${ALICE}\n` }],
    ['a signature by an RSA key', { signers: 'alice RSA_KEY\n', signature: 'rsa.sig' }],
  ] as const)('%s', async (_, question) => {
    const { theirs, ours } = await ask(question);
    expect(theirs.status).toBe(0);
    expect(ours).toEqual({ status: 255, stdout: 'Could not verify signature.\n' });
  });
});
