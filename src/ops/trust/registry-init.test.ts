import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Reading, valueOf } from '../../core/finding.ts';
import { readCapabilityPolicy } from '../../core/formats/capability-policy.ts';
import { readCategoryFile } from '../../core/formats/category-file.ts';
import { readLicensePolicy } from '../../core/formats/license-policy.ts';
import { readMergePolicy } from '../../core/formats/merge-policy.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { readReviewerPolicy } from '../../core/formats/reviewer-policy.ts';
import { readTierPolicy } from '../../core/formats/tier-policy.ts';
import { readRevoked } from '../../core/signatures/revoked.ts';
import { readSigners, requireThreshold } from '../../core/signatures/signers.ts';
import {
  formatPrivateKey,
  formatPublicKey,
  privateKeyFromSeed,
  type SshPrivateKey,
} from '../../core/signatures/ssh-key.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { initRegistry } from './registry-init.ts';
import { sign } from './sign.ts';

const ports = {
  ...createSigningPorts({ mayAsk: false }),

  clock: { now: () => Date.UTC(2026, 10, 20) },
};

function key(name: string): SshPrivateKey {
  return privateKeyFromSeed(createHash('sha256').update(`test ${name}`).digest(), name);
}

async function world() {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-init-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  for (const name of ['alice', 'bob', 'carol', 'ci']) {
    await writeFile(join(scratch, name), formatPrivateKey(key(name)), { mode: 0o600 });
    await writeFile(join(scratch, `${name}.pub`), `${formatPublicKey(key(name).publicKey)} ${name}\n`);
  }
  const directory = join(scratch, 'acme');
  return {
    directory,
    at: (name: string): string => join(scratch, name),
    read: (path: string) => readFile(join(directory, path)),
  };
}

describe('a new registry', () => {
  it('has files that their readers accept without a finding', async () => {
    const { directory, read } = await world();
    await initRegistry(ports, { directory, id: 'acme', rootKeys: [] });

    const readers: Record<string, (bytes: Uint8Array, file: string) => Reading<unknown>> = {
      'registry/registry.toml': readRegistryFile,
      'registry/policy/automerge.toml': readMergePolicy,
      'registry/policy/capabilities.toml': readCapabilityPolicy,
      'registry/policy/licenses.toml': readLicensePolicy,
      'registry/policy/reviewers.toml': readReviewerPolicy,
      'registry/policy/tiers.toml': readTierPolicy,
      'registry/trust/revoked': readRevoked,
    };
    const categories = await readdir(join(directory, 'registry/categories'));
    expect(categories).toHaveLength(5);
    for (const name of categories) readers[`registry/categories/${name}`] = readCategoryFile;
    for (const [path, reader] of Object.entries(readers)) {
      expect({ path, findings: reader(await read(path), path).findings }).toEqual({ path, findings: [] });
    }
    expect(valueOf(readRegistryFile(await read('registry/registry.toml'), '')).id).toBe('acme');
    expect((await read('.gitattributes')).toString()).toBe('* -text\n');
    expect((await read('README.md')).toString()).toContain('# acme');
  });

  it('without keys says which commands make them, and has no root', async () => {
    const { directory } = await world();
    const made = await initRegistry(ports, { directory, id: 'acme', rootKeys: [] });
    expect(made.root).toBeUndefined();
    expect(made.next[0]).toContain('sheaf key create');
    expect(made.next.at(-1)).toContain(`sheaf registry init ${directory} --id acme --root-key`);
    expect(await readdir(join(directory, 'registry/trust'))).toEqual(['revoked']);
  });

  it('gets a root whose signing commands, run as printed, satisfy its threshold', async () => {
    const { directory, at, read } = await world();
    const rootKeys = [at('alice.pub'), at('bob.pub'), at('carol.pub')];
    const made = await initRegistry(ports, { directory, id: 'acme', rootKeys, ciKey: at('ci.pub') });

    expect(made.root).toMatchObject({ path: 'registry/trust/root/1.signers', threshold: 2 });
    const signatures = new Map<string, Uint8Array>();
    for (const line of made.next.slice(0, 3)) {
      const [, , file = '', , keyPath = '', , as = ''] = line.split(' ');
      await sign(ports, { files: [file], key: keyPath, as });
      signatures.set(as, await readFile(`${file}.${as}.sig`));
    }
    const bytes = await read('registry/trust/root/1.signers');
    const root = valueOf(readSigners(bytes, '1.signers'));
    expect(root).toMatchObject({ kind: 'root', registry: 'acme', version: 1, epoch: 1, threshold: 2 });
    expect(root.expires).toBe(Date.UTC(2027, 10, 20));
    const signed = requireThreshold(root, 'root@sheaf', bytes, signatures, 'root 1');
    expect(signed.map(({ principal }) => principal).toSorted()).toEqual(['alice', 'bob', 'carol']);
  });

  it('is completed by a second run, which changes nothing that is there', async () => {
    const { directory, at, read } = await world();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'README.md'), 'mine');
    await initRegistry(ports, { directory, id: 'acme', rootKeys: [] });
    await writeFile(join(directory, 'registry/policy/tiers.toml'), '# mine\n');

    const keys = { rootKeys: [at('alice.pub')], ciKey: at('ci.pub') };
    const made = await initRegistry(ports, { directory, id: 'acme', ...keys });

    expect(made.created).toEqual(['registry/trust/root/1.signers']);
    expect((await read('README.md')).toString()).toBe('mine');
    expect((await read('registry/policy/tiers.toml')).toString()).toBe('# mine\n');
  });
});

describe('refuses', () => {
  it('to turn one registry into another', async () => {
    const { directory } = await world();
    await initRegistry(ports, { directory, id: 'acme', rootKeys: [] });
    const again = initRegistry(ports, { directory, id: 'other', rootKeys: [] });
    await expect(again).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
  });

  it('to rewrite a root', async () => {
    const { directory, at, read } = await world();
    const request = { directory, id: 'acme', rootKeys: [at('alice.pub')], ciKey: at('ci.pub') };
    await initRegistry(ports, request);
    const before = await read('registry/trust/root/1.signers');
    const again = initRegistry(ports, { ...request, rootKeys: [at('bob.pub')] });
    await expect(again).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await read('registry/trust/root/1.signers')).toEqual(before);
  });

  it.each([
    ['a root without a key for checkpoints', ['alice.pub'], undefined, undefined],
    ['a key for checkpoints without maintainers', [], 'ci.pub', undefined],
    ['one key in two roles', ['alice.pub'], 'alice.pub', undefined],
    ['one key as two maintainers', ['alice.pub', 'alice.pub'], 'ci.pub', undefined],
    ['a maintainer with the name of the CI key', ['ci.pub'], 'alice.pub', undefined],
    ['a threshold that nobody can reach', ['alice.pub'], 'ci.pub', 2],
    ['a threshold without keys', [], undefined, 1],
    ['a private key', ['alice'], 'ci.pub', undefined],
  ])('%s, and makes nothing', async (_, rootKeys, ciKey, threshold) => {
    const { directory, at } = await world();
    const making = initRegistry(ports, {
      directory,
      id: 'acme',
      rootKeys: rootKeys.map(at),
      ...(ciKey === undefined ? {} : { ciKey: at(ciKey) }),
      ...(threshold === undefined ? {} : { threshold }),
    });
    await expect(making).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['Acme', 'a--b', '-a', 'a b', '', 'x'.repeat(65), 'a"\nb'])('the id %j', async (id) => {
    const { directory } = await world();
    await expect(initRegistry(ports, { directory, id, rootKeys: [] })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
    });
  });
});
