import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LATEST_PATH } from '../../src/core/index/checkpoint.ts';
import { readReleasesRecord } from '../../src/core/index/records.ts';
import { readLeaf } from '../../src/core/index/tree.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { objectsOf } from '../../src/ops/index/previous-index.ts';
import { memorySource } from '../../src/testkit/index.ts';
import { attackedRegistry, LENS, V1, V2 } from '../support/attacked-registry.ts';
import { TRANSPORTS } from '../support/transports.ts';

/** What each attacker gets, and what not, besides those whose tests lie beside this file: a row each. */

const OTHER = pluginName('other-lens');

describe.each(TRANSPORTS)('over $name', (transport) => {
  const attacked = () => attackedRegistry(transport);

  it('the network can withhold everything, and loses nobody what they have', async () => {
    const world = await attacked();
    const client = await world.client();
    await client.install(LENS);
    for (const shown of [new Map(), new Map([[LATEST_PATH, Buffer.from('1-9\n')]])]) {
      await world.host.show(shown);
      expect(await client.refusal(client.sync)).toBe('SHEAF_NOT_A_REGISTRY');
    }
    expect((await client.release()).manifest.version).toBe(V1);
    expect(await client.installed()).toEqual([`${LENS} ${V1}`]);
  });

  it('the network can add nothing: a plugin that the signed index does not name is not there', async () => {
    const world = await attacked();
    const client = await world.client();
    const leaf = (await world.objects()).find(({ path }) => path.startsWith('releases/'))!;
    const bytes = await objectsOf(memorySource(world.registry.published))(leaf);
    const line = readLeaf(bytes, leaf.path).get(LENS)!;
    expect(readReleasesRecord(line).name).toBe(LENS);
    const tree = await world.honest();
    await world.host.show(
      new Map(tree).set(
        transport.place(leaf),
        Buffer.concat([bytes, Buffer.from(`${line.replace(LENS, 'zz')}\n`)]),
      ),
    );
    await client.sync();
    expect(await client.refusal(() => client.install('zz'))).toMatch(/^SHEAF_(SIZE|DIGEST)$/);
  });

  it("an owner's forge account is a pull request: without the owner's key neither release nor rotation counts", async () => {
    const world = await attacked();
    const client = await world.client();
    await client.install(LENS);
    // A registry that takes in what it should have refused.
    world.registry.addRelease({ name: LENS, version: V2 }, 'author', 'pull-request');
    await world.publish();
    client.ports.clock.time = world.registry.now;
    await client.sync();
    expect(await client.refusal(() => client.install(`${LENS}@${V2}`))).toBe('SHEAF_SIGNATURE');
    world.registry.rotateOwner('author', ['author-new'], ['author-new']);
    world.registry.addRelease({ name: LENS, version: '1.2.0' }, 'author', 'author-new');
    await world.publish();
    client.ports.clock.time = world.registry.now;
    await client.sync();
    // Either it waits for the owner's signature and does not count yet, or it is no continuation.
    expect(await client.refusal(() => client.install(`${LENS}@1.2.0`))).toMatch(/^SHEAF_(SIGNATURE|OWNER)$/);
  });

  it("an owner's key is good for that owner's plugins, until it is revoked", async () => {
    const world = await attacked();
    const { registry } = world;
    registry.addOwner('neighbour');
    registry.addRelease({ name: OTHER, version: V1 }, 'neighbour');
    await world.publish();
    const client = await world.client();
    await client.install(LENS, OTHER);
    registry.addRelease({ name: OTHER, version: V2 }, 'neighbour', 'author');
    await world.publish();
    client.ports.clock.time = registry.now;
    await client.sync();
    expect(await client.refusal(() => client.install(`${OTHER}@${V2}`))).toBe('SHEAF_SIGNATURE');
    registry.revoke('author');
    await world.publish();
    client.ports.clock.time = registry.now;
    await client.sync();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_REVOKED');
    expect((await (await client.open()).release(OTHER, V1)).manifest.version).toBe(V1);
  });

  it("an owner's key gives no power that a client has not granted, and no tier", async () => {
    const world = await attacked();
    const { registry } = world;
    const client = await world.client();
    await client.install(LENS);
    registry.addRelease({ name: LENS, version: V2, capabilities: ['query', 'network'] });
    registry.addRelease({ name: LENS, version: '1.2.0', tier: 'native' });
    await world.publish();
    client.ports.clock.time = registry.now;
    await client.sync();
    // Another name on the command line, so that the update of this one comes in without being named.
    registry.addRelease({ name: OTHER, version: V1, dependencies: { [LENS]: `>=${V2}` } });
    await world.publish();
    client.ports.clock.time = registry.now;
    await client.sync();
    expect(await client.refusal(() => client.install(OTHER))).toBe('SHEAF_CAPABILITIES');
    expect(await client.refusal(() => client.release('1.2.0' as typeof V1))).toBe('SHEAF_POLICY');
    expect(await client.installed()).toEqual([`${LENS} ${V1}`]);
  });

  it('a project that was cloned gets neither trust for its registries, nor powers, nor this machine to forget or raise its floor', async () => {
    const world = await attacked();
    const { registry } = world;
    const client = await world.client();
    await client.install(LENS);
    const { project } = client.ports;
    const [manifest, lock] = [await project.readManifest(), await project.readLock()];
    const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
    const floor = await client.floor();

    // A floor that only the project claims stops this project, and leaves the machine as it was.
    const raised = textOf(lock).replace(
      /checkpoint = \{ epoch = 1, version = \d+/,
      'checkpoint = { epoch = 1, version = 999',
    );
    expect(raised).not.toBe(textOf(lock));
    await writeFile(join(project.directory, 'sheaf.lock'), raised);
    expect(await client.refusal(() => client.install())).toBe('SHEAF_ROLLBACK');
    expect(await client.floor()).toBe(floor);

    // Powers in the lock file are a cap, and nobody's consent.
    await writeFile(join(project.directory, 'sheaf.lock'), textOf(lock));
    const stranger = await world.client();
    await writeFileIn(stranger.ports.project.directory, 'sheaf.toml', textOf(manifest));
    await writeFileIn(stranger.ports.project.directory, 'sheaf.lock', textOf(lock));
    expect(await stranger.refusal(() => stranger.install())).toBe('SHEAF_CAPABILITIES');
    expect((await stranger.state()).consents.size).toBe(0);

    // A registry that only the project names is not trusted by it.
    await writeFileIn(
      stranger.ports.project.directory,
      'sheaf.toml',
      `[registries.evil]\nid = "evil"\nurl = "https://evil.example/"\nroot = "sha256:${registry.rootId}"\n\n[plugins]\nevil-lens = { version = "*", registry = "evil" }\n`,
    );
    await writeFileIn(stranger.ports.project.directory, 'sheaf.lock', '');
    expect(await stranger.refusal(() => stranger.install())).toMatch(
      /^SHEAF_(UNKNOWN_REGISTRY|LOCK_INVALID|CANCELLED)$/,
    );
    expect(textOf(await stranger.ports.user.readConfig())).not.toContain('evil');
  });
});

async function writeFileIn(directory: string, name: string, content: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), content);
}
