import { beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import { checkpointPath } from '../../core/index/checkpoint.ts';
import { objectPath } from '../../core/index/index-head.ts';
import { DAY, HOUR } from '../../core/instant.ts';
import type { IndexSource } from '../../core/ports.ts';
import { readTrustState } from '../../core/trust/trust-state.ts';
import {
  type FileMap,
  type MemoryPorts,
  memoryPorts,
  memorySource,
  RegistrySimulator,
  unreachableSource,
} from '../../testkit/index.ts';
import { configuredRegistries } from './configured-registries.ts';
import { registryAdd } from './registry-add.ts';
import { sync } from './sync.ts';

let registry: RegistrySimulator;
let mirrors: Map<string, FileMap>;
let ports: MemoryPorts;

function openSource(url: string): IndexSource {
  const files = mirrors.get(url);
  return files === undefined ? unreachableSource(url) : memorySource(files, url);
}

/** A client that trusts the registry at these addresses and has synchronised with the first. */
async function clientOf(...urls: readonly string[]): Promise<MemoryPorts> {
  // A little later, so that what the registry does next is not in the future of this client.
  const client = memoryPorts(registry.now + 2 * HOUR, openSource);
  await registryAdd(client, { url: urls[0] ?? 'first', root: registry.rootId, yes: false });
  const list = urls.map((url) => `"${url}"`).join(', ');
  const config = new TextDecoder().decode(client.user.config).replace(/url = .*/, `url = [${list}]`);
  client.user.config = new TextEncoder().encode(config);
  return client;
}

const syncAll = (client: MemoryPorts = ports): ReturnType<typeof sync> =>
  sync(client, { aliases: [], full: false });

function floorOf(client: MemoryPorts = ports): string {
  const state = readTrustState(client.user.trust.get(registry.rootId)!, registry.rootId);
  return `${state.checkpoint?.epoch}-${state.checkpoint?.version}`;
}

/** The code with which a sync is refused; that it left the floor where it was goes without saying. */
async function refusal(client: MemoryPorts = ports): Promise<ErrorCode | undefined> {
  const before = floorOf(client);
  try {
    await syncAll(client);
    return undefined;
  } catch (error) {
    if (!(error instanceof SheafError) || floorOf(client) !== before) throw error;
    return error.code;
  }
}

beforeEach(async () => {
  registry = new RegistrySimulator();
  registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
  await registry.publish();
  mirrors = new Map([['first', registry.published]]);
  ports = await clientOf('first');
});

describe('sync', () => {
  it('reports the checkpoint and whether anything changed', async () => {
    expect(await syncAll()).toMatchObject([
      { alias: 'simulated', checkpoint: { epoch: 1, version: 1 }, changed: false },
    ]);
    registry.now += HOUR;
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
    await registry.publish();
    const [report] = await syncAll();
    expect(report).toMatchObject({ checkpoint: { version: 2 }, changed: true, plugins: 1, releases: 2 });
    expect(report?.bytes).toBeGreaterThan(0);
  });

  it('says that a checkpoint was only signed anew when its index is the same', async () => {
    registry.now += HOUR;
    await registry.publish();
    expect(await syncAll()).toMatchObject([{ checkpoint: { version: 2 }, changed: false }]);
  });

  it('follows a new root before the first checkpoint that names it', async () => {
    registry.rotateRoot({ maintainers: ['maintainer-d', 'maintainer-e'] });
    registry.publishRoots();
    await syncAll();
    const state = readTrustState(ports.user.trust.get(registry.rootId)!, registry.rootId);
    expect(state.root.version).toBe(2);
  });

  it('warns when the newest checkpoint is about to expire', async () => {
    ports.clock.time += 5 * DAY;
    await syncAll();
    expect(ports.reporter.warnings.join()).toContain('expires on 2026-11-27T09:00:00Z');
  });

  it('names the registry it does not know and the one that was meant', async () => {
    await expect(sync(ports, { aliases: ['simulate'], full: false })).rejects.toMatchObject({
      code: 'SHEAF_UNKNOWN_REGISTRY',
      hint: 'Did you mean simulated?',
    });
  });

  it('keeps what it knows when there is no network', async () => {
    const offline = { ...ports, offline: true, openSource: unreachableSource };
    expect(await syncAll(offline)).toMatchObject([{ checkpoint: { version: 1 }, changed: false, bytes: 0 }]);
  });

  it('fetches every object with --full, and nothing twice', async () => {
    await sync(ports, { aliases: [], full: true });
    const objects = [...registry.published.keys()].filter((path) => path.startsWith('o/'));
    expect([...ports.store.objects.keys()]).toEqual(
      expect.arrayContaining(objects.map((path) => path.split('/')[2])),
    );
    const [again] = await sync(ports, { aliases: [], full: true });
    const fixed = ['latest', checkpointPath({ epoch: 1, version: 1 }), 'checkpoints/1-1.json.sig'];
    expect(again?.bytes).toBe(fixed.reduce((sum, path) => sum + registry.published.get(path)!.byteLength, 0));
  });
});

describe('a source that attacks', () => {
  it('cannot roll back', async () => {
    const old = registry.snapshot();
    registry.now += HOUR;
    await registry.publish();
    await syncAll();
    mirrors.set('first', old);
    expect(await refusal()).toBe('SHEAF_ROLLBACK');
  });

  it('cannot freeze for longer than a checkpoint lives', async () => {
    ports.clock.time += 7 * DAY;
    expect(await refusal()).toBe('SHEAF_EXPIRED');
  });

  it('cannot freeze the root for longer than it lives', async () => {
    ports.clock.time += 365 * DAY;
    expect(await refusal()).toBe('SHEAF_ROOT_EXPIRED');
  });

  it('cannot mix an old object with a new checkpoint', async () => {
    const head = registry.latestCheckpoint().index.sha256;
    const old = registry.published.get(objectPath(head))!;
    registry.now += HOUR;
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
    await registry.publish();
    registry.published.set(objectPath(registry.latestCheckpoint().index.sha256), old);
    expect(await refusal()).toMatch(/^SHEAF_(SIZE|DIGEST)$/);
  });

  it('cannot withhold a part: the old state stays whole', async () => {
    registry.now += HOUR;
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
    await registry.publish();
    registry.published.delete(objectPath(registry.latestCheckpoint().index.sha256));
    expect(await refusal()).toBe('SHEAF_NETWORK');
  });

  it('cannot show an endless chain of roots', async () => {
    for (let version = 2; version <= 258; version += 1) registry.rotateRoot({});
    registry.publishRoots();
    expect(await refusal()).toBe('SHEAF_ROOT');
    const state = readTrustState(ports.user.trust.get(registry.rootId)!, registry.rootId);
    expect(state.root.version).toBe(257);
  });

  it('cannot send an endless file', async () => {
    registry.published.set('latest', new Uint8Array(33));
    expect(await refusal()).toBe('SHEAF_SIZE');
  });

  it('cannot pose as another registry', async () => {
    const other = new RegistrySimulator({ id: 'other' });
    await other.publish();
    mirrors.set('first', other.published);
    expect(await refusal()).toBe('SHEAF_CHECKPOINT');
  });

  it('cannot replace the first root while the state of this machine is lost', async () => {
    const other = new RegistrySimulator({ maintainers: ['x', 'y', 'z'] });
    await other.publish();
    mirrors.set('first', other.published);
    ports.user.trust.clear();
    await expect(syncAll()).rejects.toMatchObject({ code: 'SHEAF_ROOT' });
  });
});

describe('a thief of the key of CI', () => {
  it('cannot jump to a later epoch', async () => {
    registry.publishCheckpoint({ ...registry.latestCheckpoint(), epoch: 2, version: 1 });
    expect(await refusal()).toBe('SHEAF_CHECKPOINT');
  });

  it('sets off the fork alarm with a history that leaves out what was seen, and leaves evidence', async () => {
    const fork = new RegistrySimulator();
    fork.addRelease({ name: 'evil-twin', version: '6.6.6' });
    await fork.publish();
    fork.now += HOUR;
    await fork.publish();
    mirrors.set('first', fork.published);
    expect(await refusal()).toBe('SHEAF_FORK');
    const { evidence } = readTrustState(ports.user.trust.get(registry.rootId)!, registry.rootId);
    expect(evidence).toMatchObject([{ kind: 'fork' }]);
    expect(evidence[0]?.seen.file).toContain('"version":1');
    expect(evidence[0]?.offered.file).toContain('"version":2');
  });

  it('sets off the alarm with a second checkpoint of the same number', async () => {
    registry.publishCheckpoint({ ...registry.latestCheckpoint(), expires: registry.now + DAY });
    expect(await refusal()).toBe('SHEAF_FORK');
  });

  it('is not talked away by another source', async () => {
    const client = await clientOf('first', 'second');
    mirrors.set('second', registry.snapshot());
    registry.publishCheckpoint({ ...registry.latestCheckpoint(), expires: registry.now + DAY });
    expect(await refusal(client)).toBe('SHEAF_FORK');
  });

  it('is left behind by a new epoch, with a warning and the old head kept', async () => {
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    await registry.publish();
    expect(await syncAll()).toMatchObject([{ checkpoint: { epoch: 2, version: 1 } }]);
    expect(ports.reporter.warnings.join()).toContain('epoch 2');
    const { evidence } = readTrustState(ports.user.trust.get(registry.rootId)!, registry.rootId);
    expect(evidence).toMatchObject([{ kind: 'new-epoch' }]);
  });

  it('finds its checkpoints refused as soon as the new root is seen', async () => {
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    registry.publishRoots();
    expect(await refusal()).toBe('SHEAF_SIGNATURE');
  });
});

describe('several sources', () => {
  it('are tried in order, and it is remembered why one was passed over', async () => {
    const client = await clientOf('first', 'second');
    mirrors.delete('first');
    mirrors.set('second', registry.published);
    expect(await syncAll(client)).toMatchObject([
      { source: 'second', passedOver: [{ url: 'first', code: 'SHEAF_NETWORK' }] },
    ]);
  });

  it('a damaged one does no harm', async () => {
    const client = await clientOf('first', 'second');
    mirrors.set('second', registry.snapshot());
    registry.published.set('latest', new TextEncoder().encode('<html>'));
    expect(await syncAll(client)).toMatchObject([
      { source: 'second', passedOver: [{ url: 'first', code: 'SHEAF_INVALID_FILE' }] },
    ]);
  });

  it('a root that the first one proved is not forgotten when the second answers', async () => {
    const client = await clientOf('first', 'second');
    mirrors.set('second', registry.snapshot());
    registry.rotateRoot({});
    registry.publishRoots();
    registry.published.delete('latest');
    await syncAll(client);
    const state = readTrustState(client.user.trust.get(registry.rootId)!, registry.rootId);
    expect(state.root.version).toBe(2);
  });

  it('when all fail, the error tells of each and prefers what says more than silence', async () => {
    const client = await clientOf('first', 'second');
    mirrors.delete('first');
    const old = registry.snapshot();
    mirrors.set('second', registry.published);
    registry.now += HOUR;
    await registry.publish();
    await syncAll(client);
    mirrors.set('second', old);
    const error = (await syncAll(client).catch((reason: unknown) => reason)) as {
      code: string;
      details: { passedOver: readonly { code: string }[] };
    };
    expect(error.code).toBe('SHEAF_ROLLBACK');
    // The first one was silent before, and is asked last now.
    expect(error.details.passedOver.map((one) => one.code)).toEqual(['SHEAF_ROLLBACK', 'SHEAF_NETWORK']);
  });

  it('one registry that fails does not keep the others from being brought up to date', async () => {
    const other = new RegistrySimulator({ id: 'other' });
    await other.publish();
    mirrors.set('other', other.published);
    await registryAdd(ports, { url: 'other', yes: true });
    mirrors.delete('first');
    other.now += HOUR;
    await other.publish();
    await expect(syncAll()).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    const state = readTrustState(ports.user.trust.get(other.rootId)!, other.rootId);
    expect(state.checkpoint?.version).toBe(2);
    expect(await configuredRegistries(ports)).toHaveLength(2);
  });
});
