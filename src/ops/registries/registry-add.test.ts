import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { DAY, HOUR } from '../../core/instant.ts';
import { fingerprint } from '../../core/signatures/ssh-key.ts';
import {
  type FileMap,
  type MemoryPorts,
  memoryPorts,
  memorySource,
  RegistrySimulator,
  testKey,
} from '../../testkit/index.ts';
import { configuredRegistries } from './configured-registries.ts';
import { registryAdd } from './registry-add.ts';
import { registryList } from './registry-list.ts';
import { registryRemove } from './registry-remove.ts';
import { sync } from './sync.ts';

let registry: RegistrySimulator;

const URL = 'https://plugins.example/';

function client(
  answer: 'yes' | 'no' | 'nobody' = 'nobody',
  files: FileMap = registry.published,
): MemoryPorts {
  return memoryPorts(registry.now, (url) => memorySource(files, url), { answer });
}

beforeEach(async () => {
  registry = new RegistrySimulator();
  await registry.publish();
});

describe('registry add', () => {
  it('with a pin asks nobody and writes the registry under its own id', async () => {
    const ports = client('nobody');
    const added = await registryAdd(ports, { url: URL, root: registry.rootId, yes: false });
    expect(added).toMatchObject({
      alias: 'simulated',
      id: 'simulated',
      pinned: true,
      checkpoint: { epoch: 1, version: 1 },
    });
    expect(ports.prompt.questions).toEqual([]);
    expect(await configuredRegistries(ports)).toEqual([
      { alias: 'simulated', id: 'simulated', urls: [URL], root: registry.rootId },
    ]);
  });

  it('accepts the digest of any root of the chain as the pin', async () => {
    registry.rotateRoot({});
    await registry.publish();
    const second = sha256(registry.published.get('root/2.signers')!);
    const added = await registryAdd(client(), { url: URL, root: second, yes: false });
    expect(added).toMatchObject({ rootId: registry.rootId, root: { version: 2, sha256: second } });
  });

  it('refuses a pin that is not in the chain, and writes nothing', async () => {
    const ports = client('yes');
    const adding = registryAdd(ports, { url: URL, root: sha256(new Uint8Array()), yes: true });
    await expect(adding).rejects.toMatchObject({ code: 'SHEAF_ROOT' });
    expect(ports.user.config).toBeUndefined();
    expect(ports.user.trust.size).toBe(0);
  });

  it('without a pin shows id, threshold and fingerprints and asks', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, yes: false });
    const shown = ports.reporter.notes.join('\n');
    expect(shown).toContain('registry simulated');
    expect(shown).toContain('2 of these keys');
    expect(shown).toContain(fingerprint(testKey('maintainer-a').publicKey));
    expect(ports.prompt.questions).toHaveLength(1);
  });

  it('adds nothing when the answer is no', async () => {
    const ports = client('no');
    await expect(registryAdd(ports, { url: URL, yes: false })).rejects.toMatchObject({
      code: 'SHEAF_CANCELLED',
    });
    expect(ports.user.config).toBeUndefined();
  });

  it('without anybody to ask names the flags that answer', async () => {
    const adding = registryAdd(client('nobody'), { url: URL, yes: false });
    await expect(adding).rejects.toMatchObject({
      code: 'SHEAF_CANCELLED',
      hint: expect.stringMatching(/--root.*--yes/),
    });
  });

  it('believes on first use with --yes', async () => {
    expect(await registryAdd(client('nobody'), { url: URL, yes: true })).toMatchObject({ pinned: false });
  });

  it('says that something else is no registry, also when it answers every path with a page', async () => {
    const page = new TextEncoder().encode('<!doctype html><title>Hello</title>');
    const everything = new Map([['root/1.signers', page]]);
    for (const files of [new Map<string, Uint8Array>(), everything]) {
      const adding = registryAdd(client('yes', files), { url: URL, yes: true });
      await expect(adding).rejects.toMatchObject({ code: 'SHEAF_NOT_A_REGISTRY' });
    }
  });

  it('says that a registry whose index is not published is none yet', async () => {
    const fresh = new RegistrySimulator();
    fresh.publishRoots();
    const ports = client('yes', fresh.published);
    await expect(registryAdd(ports, { url: URL, yes: true })).rejects.toMatchObject({
      code: 'SHEAF_NOT_A_REGISTRY',
    });
    expect(ports.user.config).toBeUndefined();
  });

  it('refuses a registry whose root has expired', async () => {
    const ports = client('yes');
    ports.clock.time += 400 * DAY;
    await expect(registryAdd(ports, { url: URL, yes: true })).rejects.toMatchObject({
      code: 'SHEAF_ROOT_EXPIRED',
    });
  });

  it('refuses an alias or a registry that is there already, and an alias that is none', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, yes: true });
    for (const alias of ['simulated', 'again']) {
      await expect(registryAdd(ports, { url: URL, alias, yes: true })).rejects.toMatchObject({
        code: 'SHEAF_EXISTS',
      });
    }
    const named = registryAdd(client('yes'), { url: URL, alias: 'Not OK', yes: true });
    await expect(named).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  });

  it('refuses a second registry that claims the id of a configured one', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, yes: true });
    const impostor = new RegistrySimulator({ maintainers: ['x', 'y', 'z'] });
    await impostor.publish();
    const other = { ...ports, openSource: (url: string) => memorySource(impostor.published, url) };
    await expect(registryAdd(other, { url: URL, alias: 'mine', yes: true })).rejects.toMatchObject({
      code: 'SHEAF_EXISTS',
    });
  });

  it('keeps the floor of a registry whose configuration was lost', async () => {
    const old = registry.snapshot();
    const ports = client('yes');
    registry.now += HOUR;
    ports.clock.time = registry.now;
    await registry.publish();
    await registryAdd(ports, { url: URL, yes: true });
    ports.user.config = undefined;
    const later = { ...ports, openSource: (url: string) => memorySource(old, url) };
    await expect(registryAdd(later, { url: URL, yes: true })).rejects.toMatchObject({
      code: 'SHEAF_ROLLBACK',
    });
  });
});

describe('registry list', () => {
  it('shows what is believed, without asking the network', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, alias: 'sim', yes: true });
    registry.published.clear();
    expect(await registryList(ports)).toMatchObject([
      {
        alias: 'sim',
        id: 'simulated',
        urls: [URL],
        root: { version: 1, threshold: 2 },
        checkpoint: { epoch: 1, version: 1, expires: '2026-11-27T09:00:00Z' },
        expired: false,
        forks: 0,
      },
    ]);
    ports.clock.time += 7 * DAY;
    expect((await registryList(ports))[0]?.expired).toBe(true);
  });

  it('counts forks and lists a registry that was never read', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, yes: true });
    registry.publishCheckpoint({ ...registry.latestCheckpoint(), expires: registry.now + DAY });
    await expect(sync(ports, { aliases: [], full: false })).rejects.toMatchObject({ code: 'SHEAF_FORK' });
    expect((await registryList(ports))[0]?.forks).toBe(1);
    ports.user.trust.clear();
    expect(await registryList(ports)).toMatchObject([{ alias: 'simulated', expired: true, forks: 0 }]);
  });
});

describe('registry remove', () => {
  it('forgets the registry and what was learned of it', async () => {
    const ports = client('yes');
    await registryAdd(ports, { url: URL, yes: true });
    expect(await registryRemove(ports, 'simulated')).toEqual({ alias: 'simulated', id: 'simulated' });
    expect(await configuredRegistries(ports)).toEqual([]);
    expect(ports.user.trust.size).toBe(0);
  });

  it('refuses a registry that is not there', async () => {
    await expect(registryRemove(client(), 'nothing')).rejects.toMatchObject({
      code: 'SHEAF_UNKNOWN_REGISTRY',
    });
  });
});
