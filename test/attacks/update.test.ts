import { describe, expect, it } from 'vitest';
import { checkpointPath, LATEST_PATH, writeLatest } from '../../src/core/index/checkpoint.ts';
import { headObject } from '../../src/core/index/index-objects.ts';
import { releaseDirectory } from '../../src/core/index/source-layout.ts';
import { DAY } from '../../src/core/instant.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import type { VersionRange } from '../../src/core/version.ts';
import { createHttp } from '../../src/io/http/http.ts';
import { RegistrySimulator } from '../../src/testkit/index.ts';
import {
  type AttackedClient,
  type AttackedRegistry,
  attackedRegistry,
  LENS,
  V1,
  V2,
} from '../support/attacked-registry.ts';
import { publishHostileIndex, withFiles, withRecord } from '../support/hostile-index.ts';
import { serveRaw } from '../support/loopback.ts';
import { TRANSPORTS } from '../support/transports.ts';

/**
 * The attacks on software updates that The Update Framework lists (specification 1.0.33 §1.5.2, and the papers
 * behind it), each against a client over both transports.
 */

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const ids = (version: number): { epoch: number; version: number } => ({ epoch: 1, version });
/** The highest number that `latest` can name. */
const LAST = 999_999_999_999_999;
const pathOf = (version: number): string => checkpointPath(ids(version));

/** A registry that was at checkpoint 1 when the client last looked, and has a second release since. */
async function oneReleaseLater(world: AttackedRegistry): Promise<AttackedClient> {
  const client = await world.client();
  world.registry.addRelease({ name: LENS, version: V2 });
  await world.publish();
  return client;
}

describe.each(TRANSPORTS)('over $name', (transport) => {
  const attacked = (): Promise<AttackedRegistry> => attackedRegistry(transport);

  it('arbitrary software: the host of a release cannot put other bytes in the place of an artifact', async () => {
    const { artifacts, client } = await attacked().then(async (world) => ({
      ...world,
      client: await world.client(),
    }));
    for (const [url, bytes] of artifacts) artifacts.set(url, bytes.with(9, (bytes[9] ?? 0) ^ 1));
    expect(await client.refusal(() => client.install(LENS))).toBe('SHEAF_DIGEST');
    for (const [url, bytes] of artifacts) artifacts.set(url, Buffer.concat([bytes, text('more')]));
    expect(await client.refusal(() => client.install(LENS))).toBe('SHEAF_SIZE');
    artifacts.clear();
    expect(await client.refusal(() => client.install(LENS))).toBe('SHEAF_NETWORK');
    expect(await client.installed()).toEqual([]);
  });

  it('arbitrary software: a mirror cannot change what the index says, nor the files of a release', async () => {
    const world = await attacked();
    const client = await oneReleaseLater(world);
    const honest = await world.honest();
    const showChanged = async (part: string): Promise<void> => {
      const object = (await world.objects()).find(({ path }) => path.startsWith(part));
      await world.host.show(new Map(honest).set(transport.place(object!), text('x'.repeat(object!.size))));
    };
    await showChanged('index.json');
    expect(await client.refusal(client.sync)).toBe('SHEAF_DIGEST');
    await world.host.show(honest);
    await client.sync();
    for (const part of ['releases/', 'bundles/']) {
      await showChanged(part);
      if (transport.name === 'Git') await client.sync();
      expect(await client.refusal(() => client.install(LENS))).toBe('SHEAF_DIGEST');
    }
    await world.host.show(honest);
    await client.install(LENS);
    expect(await client.installed()).toEqual([`${LENS} ${V2}`]);
  });

  it('rollback: an older state, however well it is signed, is refused and the newer one kept', async () => {
    const world = await attacked();
    const old = await world.honest();
    const client = await oneReleaseLater(world);
    await client.sync();
    await world.host.show(old);
    expect(await client.refusal(client.sync)).toBe('SHEAF_ROLLBACK');
    expect(await client.floor()).toBe('1-2');
  });

  it('rollback: the newest name on an older checkpoint does not hide its age', async () => {
    const world = await attacked();
    const old = await world.honest();
    const client = await oneReleaseLater(world);
    await client.sync();
    const disguised = new Map(old)
      .set(LATEST_PATH, writeLatest(ids(3)))
      .set(pathOf(3), old.get(pathOf(1))!)
      .set(`${pathOf(3)}.sig`, old.get(`${pathOf(1)}.sig`)!);
    await world.host.show(disguised);
    expect(await client.refusal(client.sync)).toBe('SHEAF_ROLLBACK');
  });

  it('fast-forward: a number at the end of all numbers locks nobody out, because a new epoch begins anew', async () => {
    const world = await attacked();
    const { registry } = world;
    const client = await world.client();
    registry.now += DAY;
    client.ports.clock.time = registry.now;
    const last = registry.latestCheckpoint();
    // The thief must not lose the history either, or the alarm goes off: so it is a client that sees it first.
    registry.publishCheckpoint({ ...last, version: LAST, issued: registry.now, expires: registry.now + DAY });
    await world.host.show(await world.honest());
    const newcomer = await world.client();
    expect(await newcomer.floor()).toBe(`1-${LAST}`);
    expect(await client.refusal(client.sync)).toBe('SHEAF_FORK');

    registry.publishCheckpoint(last);
    await world.host.show(await world.honest());
    expect(await newcomer.refusal(newcomer.sync)).toBe('SHEAF_ROLLBACK');
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    await world.publish();
    for (const one of [newcomer, client]) {
      one.ports.clock.time = registry.now;
      await one.sync();
      expect(await one.floor()).toBe('2-1');
      expect((await one.state()).evidence.map(({ kind }) => kind)).toContain('new-epoch');
    }
  });

  it('indefinite freeze: what was true once is refused when its checkpoint has expired', async () => {
    const world = await attacked();
    const client = await world.client();
    await client.sync();
    client.ports.clock.time = world.registry.now + 7 * DAY;
    expect(await client.refusal(client.sync)).toBe('SHEAF_EXPIRED');
    expect(await client.refusal(() => client.install(LENS))).toBe('SHEAF_EXPIRED');
    await world.publish();
    client.ports.clock.time = world.registry.now + 365 * DAY;
    expect(await client.refusal(client.sync)).toBe('SHEAF_ROOT_EXPIRED');
  });

  it('endless data: every file is refused that is longer than its bound or than its parent says', async () => {
    const world = await attacked();
    const client = await oneReleaseLater(world);
    const honest = await world.honest();
    const head = headObject(world.registry.latestCheckpoint());
    for (const [path, most] of [
      [LATEST_PATH, LIMITS.latestBytes],
      [pathOf(2), LIMITS.checkpointBytes],
      [`${pathOf(2)}.sig`, LIMITS.signatureBytes],
      ['root/2.signers', LIMITS.signersBytes],
      [transport.place(head), head.size],
    ] as const) {
      await world.host.show(new Map(honest).set(path, new Uint8Array(most + 1).fill(0x20)));
      expect(await client.refusal(client.sync)).toBe('SHEAF_SIZE');
    }
  });

  it('mix-and-match: parts of two states, each of them genuine, make no third', async () => {
    const world = await attacked();
    const before = await world.honest();
    const oldHead = headObject(world.registry.latestCheckpoint());
    const client = await oneReleaseLater(world);
    const honest = await world.honest();
    const newHead = headObject(world.registry.latestCheckpoint());
    const mixtures: readonly (readonly [string, Uint8Array | undefined, RegExp])[] = [
      [transport.place(newHead), before.get(transport.place(oldHead)), /^SHEAF_(DIGEST|SIZE)$/],
      [pathOf(2), before.get(pathOf(1)), /^SHEAF_SIGNATURE$/],
      [`${pathOf(2)}.sig`, before.get(`${pathOf(1)}.sig`), /^SHEAF_SIGNATURE$/],
      [LATEST_PATH, writeLatest(ids(9)), /^SHEAF_NOT_A_REGISTRY$/],
    ];
    for (const [path, bytes, code] of mixtures) {
      await world.host.show(new Map(honest).set(path, bytes!));
      expect(await client.refusal(client.sync)).toMatch(code);
    }
    await world.host.show(honest);
    expect(await client.sync()).toMatchObject({ checkpoint: ids(2) });
  });

  it('wrong software: what its owner signed as another plugin, version or registry is not installed', async () => {
    const world = await attacked();
    const { registry } = world;
    const other = pluginName('other-lens');
    registry.addRelease({ name: other, version: '2.0.0' });
    registry.addRelease({ name: LENS, version: '0.9.0' });
    const elsewhere = new RegistrySimulator({ id: 'elsewhere' });
    elsewhere.addRelease({ name: LENS, version: V1 });
    const client = await world.client();
    for (const [from, name, file] of [
      [registry, other, '2.0.0.toml'],
      [registry, LENS, '0.9.0.toml'],
      [elsewhere, LENS, '1.0.0.toml'],
    ] as const) {
      const textOf = (path: string): string => new TextDecoder().decode(from.source.get(path));
      const path = `${releaseDirectory('integrations', name)}/${file}`;
      const swapped = { '1.0.0.toml': textOf(path), '1.0.0.toml.sig': textOf(`${path}.sig`) };
      const publish = { continued: true };
      await publishHostileIndex(
        registry,
        (plugin) =>
          plugin.plugin.name === LENS ? withFiles(plugin, (files) => ({ ...files, ...swapped })) : plugin,
        publish,
      );
      await world.host.show(await world.honest());
      await client.sync();
      // All of it is signed, by the right owner even; the signature covers which plugin of which registry it is.
      expect(await client.refusal(() => client.release())).toBe('SHEAF_INVALID_FILE');
    }
  });

  it('extraneous dependencies: an index that asks for more than the owner signed is refused', async () => {
    const world = await attacked();
    const evil = { [pluginName('evil')]: { range: '*' as VersionRange, optional: false } };
    await publishHostileIndex(world.registry, (plugin) =>
      withRecord(plugin, (record) => ({
        ...record,
        versions: record.versions.map((version) => ({ ...version, dependencies: evil })),
      })),
    );
    await world.host.show(await world.honest());
    const client = await world.client();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_INDEX');
    expect(await client.installed()).toEqual([]);
  });

  it('keys below the threshold: one maintainer of two makes neither a root nor a grant', async () => {
    const world = await attacked();
    const { registry } = world;
    registry.addRelease({ name: LENS, version: V2, tier: 'native' });
    registry.addStatus({ plugin: LENS, kind: 'grant-tier', tier: 'native' }, ['maintainer-a']);
    await world.publish();
    const client = await world.client();
    expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_POLICY');
    registry.rotateRoot({ maintainers: ['maintainer-a', 'thief'], threshold: 1 }, ['maintainer-a', 'thief']);
    registry.publishRoots();
    await world.host.show(await world.honest());
    expect(await client.refusal(client.sync)).toBe('SHEAF_THRESHOLD');
  });

  it('malicious mirror: whatever it shows, the next one is asked, and the report names it', async () => {
    const world = await attacked();
    const old = await world.honest();
    const good = await world.anotherHost();
    const client = await oneReleaseLater(world);
    const honest = await world.honest();
    await good.show(honest);
    const config = new TextDecoder().decode(await client.ports.user.readConfig());
    await client.ports.user.writeConfig(
      text(
        config.replace(
          /^url = .*$/m,
          `url = [${JSON.stringify(world.host.url)}, ${JSON.stringify(good.url)}]`,
        ),
      ),
    );
    await client.sync();
    for (const shown of [old, new Map(honest).set(LATEST_PATH, text('<html>')), new Map()]) {
      await world.host.show(shown);
      const report = await client.sync();
      expect(report).toMatchObject({ source: good.url, checkpoint: ids(2) });
    }
    expect((await client.release(V2)).manifest.version).toBe(V2);
  });
});

it('slow retrieval: a server that sends a byte now and then is given up', async () => {
  const timers = new Set<NodeJS.Timeout>();
  const server = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 20);
    timers.add(timer);
    socket.on('close', () => clearInterval(timer));
  });
  const http = createHttp({ offline: false, environment: {}, stallTime: 400, stallBytes: 1_000 });
  try {
    const response = await http.get(server.url, { maxBytes: 100_000 });
    const read = async (): Promise<void> => {
      for await (const chunk of response.body) expect(chunk.byteLength).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
  } finally {
    for (const timer of timers) clearInterval(timer);
    await http.close();
    await server.close();
  }
});
