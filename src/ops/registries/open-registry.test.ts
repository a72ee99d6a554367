import { beforeEach, describe, expect, it } from 'vitest';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import { releaseDirectory } from '../../core/index/source-layout.ts';
import { DAY, HOUR } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { TrustedRelease } from '../../core/trust/release-trust.ts';
import { newTrustState, readTrustState, writeTrustState } from '../../core/trust/trust-state.ts';
import type { Version } from '../../core/version.ts';
import { type MemoryPorts, memoryPorts, memorySource, RegistrySimulator } from '../../testkit/index.ts';
import { type OpenOptions, type OpenRegistry, openRegistries, type ReleaseOptions } from './open-registry.ts';
import { registryAdd } from './registry-add.ts';
import { sync } from './sync.ts';

const NAME = 'graph-lens' as PluginName;
const V1 = '1.0.0' as Version;
const MAINTAINERS = ['maintainer-a', 'maintainer-b'];

let registry: RegistrySimulator;
let ports: MemoryPorts;

async function open(options: OpenOptions = {}): Promise<OpenRegistry> {
  const [opened] = await openRegistries(ports, [], options);
  return opened!;
}

const release = async (version: Version = V1, options: ReleaseOptions = {}): Promise<TrustedRelease> =>
  (await open()).release(NAME, version, options);

/** Publishes what was done to the registry and brings the client up to date. */
async function publish(): Promise<void> {
  registry.now += HOUR;
  ports.clock.time = registry.now;
  await registry.publish();
  await sync(ports, { aliases: [], full: false });
}

/** Installs the plugin as far as trust goes: keeps what was learned from its release. */
async function use(version: Version = V1): Promise<void> {
  const { state } = await release(version);
  ports.user.trust.set(registry.rootId, writeTrustState(state));
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof SheafError) return error.code;
  throw error;
}

/** The code with which a release is refused; undefined when it is not. */
async function refusal(version: Version = V1, options: ReleaseOptions = {}): Promise<ErrorCode | undefined> {
  return release(version, options).then(
    () => undefined,
    (error: unknown) => codeOf(error),
  );
}

/** Edits a file of the plugin in the registry's source without signing it anew. */
function tamper(file: string, edit: (text: string) => string): void {
  const path = `${releaseDirectory('integrations', NAME)}/${file}`;
  registry.source.set(
    path,
    new TextEncoder().encode(edit(new TextDecoder().decode(registry.source.get(path)))),
  );
}

beforeEach(async () => {
  registry = new RegistrySimulator();
  registry.addRelease({
    name: NAME,
    version: V1,
    capabilities: ['query'],
    engines: { parseltongue: '>=0.3.0' },
  });
  await registry.publish();
  ports = memoryPorts(registry.now, () => memorySource(registry.published));
  await registryAdd(ports, { url: 'memory', root: registry.rootId, yes: false });
});

describe('opening a registry', () => {
  it('reads records lazily and offline once they were fetched', async () => {
    expect((await (await open()).plugin(NAME))?.version).toBe(V1);
    registry.published.clear();
    expect((await (await open()).plugin(NAME))?.version).toBe(V1);
    await expect((await open()).releases(NAME)).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
  });

  it('answers undefined for a name that the registry does not have', async () => {
    const opened = await open();
    expect(await opened.plugin('nothing' as PluginName)).toBeUndefined();
    expect(await opened.releases('nothing' as PluginName)).toBeUndefined();
    expect(await opened.owner('nobody')).toBeUndefined();
  });

  it('refuses an expired checkpoint, unless staleness is allowed, and never lowers the floor', async () => {
    ports.clock.time += 8 * DAY;
    await expect(open()).rejects.toMatchObject({ code: 'SHEAF_EXPIRED' });
    expect((await open({ allowStale: true })).stale).toBe(true);
  });

  it('refuses a checkpoint older than the one a lock file has seen', async () => {
    const floors = new Map([[registry.id, { epoch: 1, version: 2, sha256: registry.rootId }]]);
    await expect(open({ floors })).rejects.toMatchObject({ code: 'SHEAF_ROLLBACK' });
  });

  it('refuses the checkpoint of an epoch that a new root has ended', async () => {
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    registry.publishRoots();
    await expect(sync(ports, { aliases: [], full: false })).rejects.toMatchObject({
      code: 'SHEAF_SIGNATURE',
    });
    await expect(open()).rejects.toMatchObject({ code: 'SHEAF_SIGNATURE' });
  });

  it('says what to do when nothing is known yet', async () => {
    ports.user.trust.clear();
    await expect(open()).rejects.toMatchObject({ code: 'SHEAF_EXPIRED', hint: 'Run: sheaf sync simulated.' });
  });
});

describe('a release', () => {
  it('is trusted when its owner signed all of it', async () => {
    const trusted = await release();
    expect(trusted.manifest).toMatchObject({ name: NAME, version: V1, registry: 'simulated' });
    expect(trusted.owner).toMatchObject({ name: 'author', version: 1 });
    expect(trusted.granted).toBe('wasm');
  });

  it('is unknown by name or version', async () => {
    const opened = await open();
    await expect(opened.release('other' as PluginName, V1)).rejects.toMatchObject({
      code: 'SHEAF_UNKNOWN_PLUGIN',
    });
    expect(await refusal('9.9.9' as Version)).toBe('SHEAF_UNKNOWN_VERSION');
  });

  it('is refused when the key of CI writes a manifest that its owner did not sign', async () => {
    tamper(`${V1}.toml`, (text) => text.replace('The simulated', 'The forged'));
    await publish();
    expect(await refusal()).toBe('SHEAF_SIGNATURE');
  });

  it('is refused when somebody else signed it', async () => {
    registry.addOwner('stranger');
    registry.addRelease({ name: NAME, version: '1.1.0' }, 'author', 'stranger');
    await publish();
    expect(await refusal('1.1.0' as Version)).toBe('SHEAF_SIGNATURE');
  });

  it('is refused when the signature of another release stands beside it', async () => {
    registry.addRelease({ name: NAME, version: '1.1.0' });
    const directory = releaseDirectory('integrations', NAME);
    registry.source.set(`${directory}/1.1.0.toml.sig`, registry.source.get(`${directory}/${V1}.toml.sig`)!);
    await publish();
    expect(await refusal('1.1.0' as Version)).toBe('SHEAF_SIGNATURE');
  });

  it('of an earlier owner key stays good after the owner has rotated it, and the client hears of it', async () => {
    await use();
    registry.rotateOwner('author', ['author-2027'], ['author']);
    registry.addRelease({ name: NAME, version: '1.1.0' }, 'author', 'author-2027');
    await publish();
    expect((await release()).keyChange).toEqual({ from: 1, to: 2, by: 'owner' });
    expect((await release('1.1.0' as Version)).owner.version).toBe(2);
  });

  it('is refused when the first key file of a known owner is another one', async () => {
    await use();
    registry.source.delete('registry/trust/owners/author/1.signers');
    registry.rotateOwner('author', ['author-new'], ['author-new']);
    await publish();
    expect(await refusal()).toBe('SHEAF_OWNER');
  });

  it('is refused when a known plugin is offered by another owner', async () => {
    await use();
    registry.addOwner('stranger');
    registry.setPlugin(NAME, { owner: 'stranger' });
    await publish();
    expect(await refusal()).toBe('SHEAF_OWNER');
  });

  it('is refused when its plugin.toml goes back behind the revision that was seen', async () => {
    registry.setPlugin(NAME, { yanked: { [V1]: 'broken' } });
    await publish();
    await use();
    registry.setPlugin(NAME, { revision: 1 });
    await publish();
    expect(await refusal()).toBe('SHEAF_ROLLBACK');
  });

  it('carries the yank that its owner signed', async () => {
    registry.setPlugin(NAME, { yanked: { [V1]: 'broken' } });
    await publish();
    expect((await release()).plugin.yanked).toEqual({ [V1]: 'broken' });
  });
});

describe('keys that the registry recovered', () => {
  beforeEach(async () => {
    await use();
    registry.rotateOwner('author', ['author-recovered'], MAINTAINERS, 'recovery@sheaf');
    registry.addRelease({ name: NAME, version: '1.1.0' }, 'author', 'author-recovered');
    await publish();
  });

  const next = '1.1.0' as Version;
  const yes = () => Promise.resolve(true);

  it('wait 14 days from the first sight, and then for a person', async () => {
    expect(await refusal(next, { agree: yes })).toBe('SHEAF_OWNER');
    const first = ports.clock.time;
    registry.now += 14 * DAY - HOUR - 1000;
    await publish();
    expect(await refusal(next, { agree: yes })).toBe('SHEAF_OWNER');
    ports.clock.time = first + 14 * DAY;
    expect(await refusal(next)).toBe('SHEAF_OWNER');
    expect((await release(next, { agree: yes })).keyChange).toEqual({
      from: 1,
      to: 2,
      by: 'recovery',
    });
  });

  it('do not touch what the lost key has signed', async () => {
    expect((await release()).owner.version).toBe(1);
  });

  it('are believed by a client that never knew the old ones', async () => {
    const state = readTrustState(ports.user.trust.get(registry.rootId)!, registry.rootId);
    ports.user.trust.set(
      registry.rootId,
      writeTrustState({ ...newTrustState(state), ...(state.checkpoint && { checkpoint: state.checkpoint }) }),
    );
    expect((await release(next)).owner.version).toBe(2);
  });
});

describe('what the registry takes away', () => {
  it('a revoked key refuses its releases, locked or not', async () => {
    registry.revoke('author');
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
    expect(await refusal(V1, { lockedAt: { epoch: 1, version: 1 } })).toBe('SHEAF_REVOKED');
  });

  it('a key revoked from a checkpoint on keeps what was locked before it', async () => {
    registry.revoke('author', { epoch: 1, version: 2 });
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
    expect(await refusal(V1, { lockedAt: { epoch: 1, version: 2 } })).toBe('SHEAF_REVOKED');
    expect((await release(V1, { lockedAt: { epoch: 1, version: 1 } })).manifest.version).toBe(V1);
  });

  it('stays revoked when the index forgets it', async () => {
    const before = registry.source.get('registry/trust/revoked')!;
    registry.revoke('author');
    await publish();
    registry.source.set('registry/trust/revoked', before);
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
  });

  it('a quarantine needs no signature, also when it is locked, and is not forgotten', async () => {
    registry.addStatus({ plugin: NAME, kind: 'quarantine' });
    await publish();
    expect(await refusal(V1, { lockedAt: { epoch: 1, version: 1 } })).toBe('SHEAF_REVOKED');
    for (const path of registry.source.keys()) if (path.includes('/status/')) registry.source.delete(path);
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
  });

  it('a quarantine ends by a signed event after it, not by an unsigned or an earlier one', async () => {
    registry.addStatus({ plugin: NAME, kind: 'release' }, MAINTAINERS);
    registry.now += HOUR;
    registry.addStatus({ plugin: NAME, kind: 'quarantine' });
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
    registry.addStatus({ plugin: NAME, kind: 'release' });
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
    registry.addStatus({ plugin: NAME, kind: 'release' }, ['maintainer-a']);
    await publish();
    expect(await refusal()).toBe('SHEAF_REVOKED');
    registry.addStatus({ plugin: NAME, kind: 'release' }, MAINTAINERS);
    await publish();
    expect((await release()).manifest.version).toBe(V1);
  });
});

describe('a tier above wasm', () => {
  const native = '2.0.0' as Version;

  beforeEach(() => registry.addRelease({ name: NAME, version: native, tier: 'native' }));

  it('is refused without a grant, and with one that too few signed', async () => {
    await publish();
    expect(await refusal(native)).toBe('SHEAF_POLICY');
    registry.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, ['maintainer-a', 'ci']);
    await publish();
    expect(await refusal(native)).toBe('SHEAF_POLICY');
  });

  it('is granted by the threshold of the root, up to that tier', async () => {
    registry.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, MAINTAINERS);
    registry.addRelease({ name: NAME, version: '3.0.0', tier: 'core' });
    await publish();
    expect((await release(native)).granted).toBe('native');
    expect(await refusal('3.0.0' as Version)).toBe('SHEAF_POLICY');
  });

  it('is withdrawn without a signature, and the withdrawal is not forgotten', async () => {
    registry.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, MAINTAINERS);
    await publish();
    registry.addStatus({ plugin: NAME, kind: 'revoke-tier', tier: 'native' });
    await publish();
    expect(await refusal(native)).toBe('SHEAF_POLICY');
    for (const path of registry.source.keys()) if (path.includes('revoke-tier')) registry.source.delete(path);
    await publish();
    expect(await refusal(native)).toBe('SHEAF_POLICY');
    registry.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, MAINTAINERS);
    await publish();
    expect((await release(native)).granted).toBe('native');
  });

  it('is lost with the root that granted it', async () => {
    registry.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, MAINTAINERS);
    registry.rotateRoot({ maintainers: ['maintainer-d', 'maintainer-e'] });
    await publish();
    expect(await refusal(native)).toBe('SHEAF_POLICY');
  });
});
