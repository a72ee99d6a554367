import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import {
  formatPrivateKey,
  formatPublicKey,
  privateKeyFromSeed,
  type SshPrivateKey,
} from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { sign } from './sign.ts';

const ports = createSigningPorts({ mayAsk: false });

function key(name: string): SshPrivateKey {
  return privateKeyFromSeed(createHash('sha256').update(`test ${name}`).digest(), name);
}

const MAINTAINER = ['root@sheaf', 'status@sheaf', 'recovery@sheaf'] as const;
const ROOT: SignersFile = {
  kind: 'root',
  registry: 'acme',
  version: 1,
  epoch: 1,
  threshold: 2,
  expires: 1_800_000_000_000,
  signers: [
    { principal: 'alice', namespaces: MAINTAINER, key: key('alice').publicKey },
    { principal: 'bob', namespaces: MAINTAINER, key: key('bob').publicKey },
    { principal: 'ci', namespaces: ['checkpoint@sheaf'], key: key('ci').publicKey },
  ],
};

/** A directory with a manifest, a root file and the keys of alice and bob. */
async function world() {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-sign-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const at = (name: string): string => join(directory, name);
  await writeFile(at('1.2.0.toml'), '[plugin]\n');
  await writeFile(at('1.signers'), writeSigners(ROOT));
  for (const name of ['alice', 'bob', 'mallory']) {
    await writeFile(at(name), formatPrivateKey(key(name)), { mode: 0o600 });
    await writeFile(at(`${name}.pub`), `${formatPublicKey(key(name).publicKey)} ${name}\n`);
  }
  return { at };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('a signature', () => {
  it('lies beside its file and is what ssh-keygen -Y sign would write', async () => {
    const { at } = await world();
    await sign(ports, { files: [at('1.2.0.toml')], key: at('alice') });
    const ours = await readFile(at('1.2.0.toml.sig'), 'utf8');
    const theirs = spawnSync('ssh-keygen', ['-Y', 'sign', '-f', at('alice'), '-n', 'release@sheaf'], {
      input: await readFile(at('1.2.0.toml')),
    });
    expect(ours).toBe(theirs.stdout.toString());
  });

  it('of a root file is named after the signer whom the file lists, in the namespace of roots', async () => {
    const { at } = await world();
    const [signed] = await sign(ports, { files: [at('1.signers')], key: at('bob') });
    expect(signed).toMatchObject({ signature: at('1.signers.bob.sig'), namespace: 'root@sheaf' });
    const signature = await readFile(at('1.signers.bob.sig'));
    expect(signerOf(signature, 'root@sheaf', await readFile(at('1.signers')), 'root').blob).toEqual(
      key('bob').publicKey.blob,
    );
  });

  it('by a key that the signers file does not list needs a name', async () => {
    const { at } = await world();
    const request = { files: [at('1.signers')], key: at('mallory') };
    await expect(sign(ports, request)).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
    const [signed] = await sign(ports, { ...request, as: 'alice-old' });
    expect(signed?.signature).toBe(at('1.signers.alice-old.sig'));
  });

  it('that counts against a threshold needs a name, or a second signer would replace the first', async () => {
    const { at } = await world();
    const request = { files: [at('1.2.0.toml')], key: at('alice'), namespace: 'status@sheaf' };
    await expect(sign(ports, request)).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
    const [signed] = await sign(ports, { ...request, as: 'alice' });
    expect(signed?.signature).toBe(at('1.2.0.toml.alice.sig'));
  });

  it.each(['Alice', 'a/b', '..', 'a.b', ''])('has no name that could lead elsewhere: %j', async (as) => {
    const { at } = await world();
    const signing = sign(ports, { files: [at('1.2.0.toml')], key: at('alice'), as });
    await expect(signing).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  });

  it('replaces an older one by the same key after the file changed', async () => {
    const { at } = await world();
    await sign(ports, { files: [at('1.2.0.toml')], key: at('alice') });
    await writeFile(at('1.2.0.toml'), '[plugin]\nname = "x"\n');
    await sign(ports, { files: [at('1.2.0.toml')], key: at('alice') });
    const message = await readFile(at('1.2.0.toml'));
    const signature = await readFile(at('1.2.0.toml.sig'));
    expect(signerOf(signature, 'release@sheaf', message, 'it').blob).toEqual(key('alice').publicKey.blob);
  });

  it.each(['by another key', 'that is none'])('never replaces one %s', async (what) => {
    const { at } = await world();
    if (what === 'by another key') await sign(ports, { files: [at('1.2.0.toml')], key: at('bob') });
    else await writeFile(at('1.2.0.toml.sig'), 'precious notes');
    const before = await readFile(at('1.2.0.toml.sig'));
    const signing = sign(ports, { files: [at('1.2.0.toml')], key: at('alice') });
    await expect(signing).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await readFile(at('1.2.0.toml.sig'))).toEqual(before);
  });

  it('is not written for any file when one of them is refused', async () => {
    const { at } = await world();
    const files = [at('1.2.0.toml'), at('absent.toml')];
    await expect(sign(ports, { files, key: at('alice') })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    expect(await exists(at('1.2.0.toml.sig'))).toBe(false);
  });

  it('is not made for a signers file that nobody could read', async () => {
    const { at } = await world();
    await writeFile(at('2.signers'), 'alice ssh-ed25519 AAAA\n');
    const signing = sign(ports, { files: [at('2.signers')], key: at('alice') });
    await expect(signing).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
  });

  it('is not made for a misspelt namespace', async () => {
    const { at } = await world();
    const signing = sign(ports, { files: [at('1.2.0.toml')], key: at('alice'), namespace: 'relaese@sheaf' });
    await expect(signing).rejects.toMatchObject({ hint: 'Did you mean release@sheaf?' });
  });
});

describe('keys that only ssh-keygen can reach', () => {
  it('sign through an agent when their public half is given', async () => {
    const { at } = await world();
    const agent = spawnSync('ssh-agent', ['-s', '-a', at('agent')]).stdout.toString();
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent)?.[1]);
    const { SSH_AUTH_SOCK } = process.env;
    onTestFinished(() => {
      process.kill(pid);
      if (SSH_AUTH_SOCK === undefined) delete process.env['SSH_AUTH_SOCK'];
      else process.env['SSH_AUTH_SOCK'] = SSH_AUTH_SOCK;
    });
    process.env['SSH_AUTH_SOCK'] = at('agent');
    expect(spawnSync('ssh-add', ['-q', at('alice')]).status).toBe(0);
    await rm(at('alice'));

    await sign(ports, { files: [at('1.2.0.toml')], key: at('alice.pub') });

    const signature = await readFile(at('1.2.0.toml.sig'));
    const signer = signerOf(signature, 'release@sheaf', await readFile(at('1.2.0.toml')), 'it');
    expect(signer.blob).toEqual(key('alice').publicKey.blob);
  });

  it('fail with one sentence when they are encrypted and nobody can be asked', async () => {
    const { at } = await world();
    spawnSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret words', '-f', at('alice')]);
    const signing = sign(ports, { files: [at('1.2.0.toml')], key: at('alice') });
    await expect(signing).rejects.toMatchObject({ code: 'SHEAF_TOOL' });
    expect(await exists(at('1.2.0.toml.sig'))).toBe(false);
  });

  it('are refused when sheaf does not accept their kind', async () => {
    const { at } = await world();
    spawnSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', at('ecdsa')]);
    const signing = sign(ports, { files: [at('1.2.0.toml')], key: at('ecdsa') });
    await expect(signing).rejects.toMatchObject({ code: 'SHEAF_SIGNATURE' });
    expect(await exists(at('1.2.0.toml.sig'))).toBe(false);
  });
});
