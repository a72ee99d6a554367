import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fingerprint, parsePrivateKey, parsePublicKey } from '../../core/signatures/ssh-key.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { createKey } from './key-create.ts';

const ports = createSigningPorts({ mayAsk: false });

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-key-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

it('creates a pair that only its owner can read, and that signs', async () => {
  const directory = await scratch();
  const path = join(directory, 'alice');

  const created = await createKey(ports, { path, comment: 'alice on a laptop', passphrase: false });

  const key = parsePrivateKey(await readFile(path));
  const line = await readFile(`${path}.pub`, 'utf8');
  expect(key.comment).toBe('alice on a laptop');
  expect(fingerprint(parsePublicKey(line))).toBe(fingerprint(key.publicKey));
  expect(created).toEqual({
    privateKey: path,
    publicKey: `${path}.pub`,
    fingerprint: fingerprint(key.publicKey),
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readdir(directory)).toSorted()).toEqual(['alice', 'alice.pub']);
});

it.each(['alice', 'alice.pub'])('never overwrites: %s is there', async (name) => {
  const directory = await scratch();
  await writeFile(join(directory, name), 'precious');
  // The library it uses takes what it cannot write for absent.
  await chmod(join(directory, name), 0o400);

  const creating = createKey(ports, { path: join(directory, 'alice'), comment: '', passphrase: false });

  await expect(creating).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
  expect(await readFile(join(directory, name), 'utf8')).toBe('precious');
  expect(await readdir(directory)).toEqual([name]);
});

it('makes at most one pair when two ask for the same file', async () => {
  const directory = await scratch();
  const path = join(directory, 'alice');
  const request = { path, comment: '', passphrase: false };

  const results = await Promise.allSettled([createKey(ports, request), createKey(ports, request)]);

  const made = results.filter((result) => result.status === 'fulfilled');
  expect(made).toHaveLength(1);
  const key = parsePrivateKey(await readFile(path));
  expect(fingerprint(parsePublicKey(await readFile(`${path}.pub`, 'utf8')))).toBe(fingerprint(key.publicKey));
});

it('names the directory that is missing', async () => {
  const path = join(await scratch(), 'absent', 'alice');
  const creating = createKey(ports, { path, comment: '', passphrase: false });
  await expect(creating).rejects.toMatchObject({ code: 'SHEAF_PATH' });
});

it('does not ask for a passphrase where nobody is', async () => {
  const path = join(await scratch(), 'alice');
  const creating = createKey(ports, { path, comment: '', passphrase: true });
  await expect(creating).rejects.toMatchObject({ code: 'SHEAF_CANCELLED' });
});

it('refuses a comment that would break the line of the public key', async () => {
  const path = join(await scratch(), 'alice');
  for (const comment of ['a\nb', 'a\tb', 'a\u001bb']) {
    await expect(createKey(ports, { path, comment, passphrase: false })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
    });
  }
});

it('says how to install ssh-keygen when there is none', async () => {
  const directory = await scratch();
  const { PATH } = process.env;
  onTestFinished(() => {
    process.env['PATH'] = PATH;
  });
  process.env['PATH'] = directory;

  const creating = createKey(ports, { path: join(directory, 'alice'), comment: '', passphrase: false });

  await expect(creating).rejects.toMatchObject({
    code: 'SHEAF_TOOL',
    hint: expect.stringContaining('apt install openssh-client') as string,
  });
});
