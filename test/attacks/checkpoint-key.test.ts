import { describe, expect, it } from 'vitest';
import type { OwnerRecord } from '../../src/core/index/records.ts';
import { releaseDirectory, sourcePath } from '../../src/core/index/source-layout.ts';
import { DAY, HOUR } from '../../src/core/instant.ts';
import { writeTrustState } from '../../src/core/trust/trust-state.ts';
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
import { TRANSPORTS } from '../support/transports.ts';

/**
 * Somebody holds the key that signs checkpoints and tries everything. Unsigned facts may only take power away: what
 * hides, delays, warns or forbids works; what gives power is refused by every client that knows the plugin.
 */

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const pathOf = (file: string): string => `${releaseDirectory('integrations', LENS)}/${file}`;

describe.each(TRANSPORTS)('with the key of CI, over $name', (transport) => {
  /** A client that has used the plugin; the thief acts on `registry`, whose checkpoints are signed by the key of CI. */
  async function known(prepare: (world: AttackedRegistry) => void = () => undefined): Promise<{
    readonly world: AttackedRegistry;
    readonly client: AttackedClient;
    /** The thief publishes; the client comes to know of it. */
    readonly strike: () => Promise<void>;
  }> {
    const world = await attackedRegistry(transport);
    prepare(world);
    await world.publish();
    const client = await world.client();
    await client.install(LENS);
    return {
      world,
      client,
      async strike() {
        await world.publish();
        client.ports.clock.time = world.registry.now;
        await client.sync();
      },
    };
  }

  /** Publishes what no honest build makes, as the next checkpoint. */
  async function strikeWith(
    { world, client }: { world: AttackedRegistry; client: AttackedClient },
    change: Parameters<typeof publishHostileIndex>[1],
    owner: (owner: OwnerRecord) => OwnerRecord = (unchanged) => unchanged,
  ): Promise<void> {
    world.registry.now += HOUR;
    await publishHostileIndex(world.registry, change, { continued: true, owner });
    await world.host.show(await world.honest());
    client.ports.clock.time = world.registry.now;
    await client.sync();
  }

  it('a plugin can be hidden: it is not offered any more, and what is installed stays', async () => {
    const { world, client, strike } = await known();
    for (const path of world.registry.source.keys()) {
      if (path.startsWith(releaseDirectory('integrations', LENS))) world.registry.source.delete(path);
    }
    await strike();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_UNKNOWN_PLUGIN');
    expect(await client.installed()).toEqual([`${LENS} ${V1}`]);
  });

  it('everything can be delayed, until the last checkpoint expires', async () => {
    const { world, client } = await known();
    client.ports.clock.time = world.registry.now + 7 * DAY;
    expect(await client.refusal(client.sync)).toBe('SHEAF_EXPIRED');
  });

  it('a plugin can be quarantined; that cannot be forgotten, nor lifted without the maintainers', async () => {
    const { world, client, strike } = await known();
    const { registry } = world;
    const before = new Set(registry.source.keys());
    registry.addStatus({ plugin: LENS, kind: 'quarantine' });
    const quarantine = [...registry.source.keys()].filter((path) => !before.has(path));
    await strike();
    const refused = (): Promise<string> => client.refusal(() => client.release());
    expect(await refused()).toBe('SHEAF_REVOKED');

    for (const path of quarantine) registry.source.delete(path);
    await strike();
    expect(await refused()).toBe('SHEAF_REVOKED');

    registry.addStatus({ plugin: LENS, kind: 'release', date: registry.now }, []);
    await strike();
    expect(await refused()).toBe('SHEAF_REVOKED');

    registry.addStatus({ plugin: LENS, kind: 'release', date: registry.now }, ['ci', 'maintainer-a']);
    await strike();
    expect(await refused()).toBe('SHEAF_REVOKED');

    registry.addStatus({ plugin: LENS, kind: 'release', date: registry.now }, [
      'maintainer-a',
      'maintainer-b',
    ]);
    await strike();
    expect((await client.release()).manifest.version).toBe(V1);
  });

  it('an advisory can be published', async () => {
    const { world, client, strike } = await known();
    const advisory = {
      schema_version: '1.7.0',
      id: 'PLUG-2026-0001',
      modified: '2026-11-20T09:00:00Z',
      published: '2026-11-20T09:00:00Z',
      summary: 'Reads what it should not',
      details: 'Every file of the project.',
      affected: [
        {
          package: { ecosystem: `sheaf:${world.registry.id}`, name: LENS },
          ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
        },
      ],
    };
    world.registry.source.set(
      sourcePath({ kind: 'advisory', advisory: advisory.id }),
      text(`${JSON.stringify(advisory, undefined, 2)}\n`),
    );
    await strike();
    const opened = await client.open();
    expect(new TextDecoder().decode(await opened.file('advisories'))).toContain(advisory.id);
  });

  it('no tier is granted: not without signatures, not by the key of CI, not by one maintainer', async () => {
    const { world, client, strike } = await known((start) => {
      start.registry.addRelease({ name: LENS, version: V2, tier: 'native' });
    });
    const { registry } = world;
    for (const signers of [[], ['ci'], ['ci', 'maintainer-a'], ['author', 'maintainer-b']]) {
      registry.addStatus({ plugin: LENS, kind: 'grant-tier', tier: 'native' }, signers);
      await strike();
      expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_POLICY');
    }
    // That the index shows the plugin as granted changes nothing either.
    await strikeWith({ world, client }, (plugin) => ({
      ...plugin,
      plugin: { ...plugin.plugin, granted: 'core' } as never,
    }));
    expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_POLICY');
  });

  it('nothing is un-yanked: neither in the index nor with the plugin.toml from before', async () => {
    const { world, client } = await known((start) => {
      start.registry.addRelease({ name: LENS, version: V2 });
    });
    const { registry } = world;
    const before = [
      registry.source.get(pathOf('plugin.toml')),
      registry.source.get(pathOf('plugin.toml.sig')),
    ];
    registry.setPlugin(LENS, { yanked: { [V2]: 'loses data' } });
    await world.publish();
    client.ports.clock.time = registry.now;
    await client.sync();
    const { state } = await client.release(V1);
    await client.ports.user.writeTrust(registry.rootId, writeTrustState(state));
    await strikeWith({ world, client }, (plugin) =>
      withRecord(plugin, (record) => ({
        ...record,
        versions: record.versions.map((version) => {
          const { yanked, ...rest } = version;
          return yanked === undefined ? version : rest;
        }),
      })),
    );
    expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_INDEX');
    registry.source.set(pathOf('plugin.toml'), before[0]!);
    registry.source.set(pathOf('plugin.toml.sig'), before[1]!);
    await strikeWith({ world, client }, (plugin) => plugin);
    expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_ROLLBACK');
  });

  it('no key is un-revoked', async () => {
    const { world, client, strike } = await known();
    const path = sourcePath({ kind: 'revoked' });
    const before = world.registry.source.get(path)!;
    world.registry.revoke('author');
    await strike();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_REVOKED');
    world.registry.source.set(path, before);
    await strike();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_REVOKED');
  });

  it('no plugin changes its owner, and no owner their keys', async () => {
    const { world, client, strike } = await known();
    const { registry } = world;
    const honest = new Map(registry.source);
    // The plugin is given to an owner whose keys the thief holds, all of it signed by them.
    registry.addOwner('thief');
    registry.setPlugin(LENS, { owner: 'thief' }, 'thief');
    const manifest = registry.source.get(pathOf('1.0.0.toml'))!;
    registry.source.set(pathOf('1.0.0.toml.sig'), registry.sign('thief', 'release@sheaf', manifest));
    await strike();
    expect(await client.refusal(() => client.release())).toBe('SHEAF_OWNER');

    // A next key file that the owner did not sign, and another first one in the place of the one that was seen.
    registry.source.clear();
    for (const [path, bytes] of honest) registry.source.set(path, bytes);
    const other = new RegistrySimulator({ id: registry.id });
    other.rotateOwner('author', ['author', 'author-2'], ['author-2']);
    const forged = (version: number): OwnerRecord['files'] => {
      const directory = 'registry/trust/owners/author/';
      const entries = [...other.source].filter(([path]) => path.startsWith(`${directory}${version}.signers`));
      return Object.fromEntries(
        entries.map(([path, bytes]) => [path.slice(directory.length), new TextDecoder().decode(bytes)]),
      );
    };
    const rewritten = Object.fromEntries(
      Object.entries(forged(2)).map(([name, content]) => [
        name.replace('2', '1'),
        content.replace('version 2', 'version 1'),
      ]),
    );
    for (const files of [forged(2), rewritten]) {
      await strikeWith(
        { world, client },
        (plugin) => plugin,
        (owner) => (owner.owner === 'author' ? { ...owner, files: { ...owner.files, ...files } } : owner),
      );
      expect(await client.refusal(() => client.release())).toBe('SHEAF_OWNER');
    }
  });

  it('no code is shipped for a plugin that is known: not in a new version, not in an old one', async () => {
    const { world, client, strike } = await known();
    const { registry } = world;
    for (const signer of ['ci', 'thief', 'maintainer-a']) {
      registry.addRelease({ name: LENS, version: V2, files: { 'evil.wasm': signer } }, 'author', signer);
      await strike();
      expect(await client.refusal(() => client.release(V2))).toBe('SHEAF_SIGNATURE');
      expect(await client.refusal(() => client.install(`${LENS}@${V2}`))).toBe('SHEAF_SIGNATURE');
    }
    registry.source.delete(pathOf(`${V2}.toml`));
    registry.source.delete(pathOf(`${V2}.toml.sig`));
    const other = new TextEncoder().encode('another artifact');
    const edits: readonly ((files: Readonly<Record<string, string>>) => Record<string, string>)[] = [
      (files) => ({ ...files, '1.0.0.toml': `${files['1.0.0.toml']}# ` }),
      (files) => ({
        ...files,
        '1.0.0.toml': `${files['1.0.0.toml']}`.replace(/sha256 = "../, 'sha256 = "00'),
      }),
      (files) => ({
        ...files,
        '1.0.0.toml.sig': new TextDecoder().decode(registry.sign('ci', 'release@sheaf', other)),
      }),
      (files) => ({
        ...files,
        'plugin.toml.sig': new TextDecoder().decode(
          registry.sign('ci', 'release@sheaf', text(files['plugin.toml'] ?? '')),
        ),
      }),
    ];
    for (const edit of edits) {
      await strikeWith({ world, client }, (plugin) => withFiles(plugin, edit));
      expect(await client.refusal(() => client.release())).toBe('SHEAF_SIGNATURE');
    }
    expect(await client.installed()).toEqual([`${LENS} ${V1}`]);
  });

  it('no epoch is begun, no root made, and no second history told without alarm', async () => {
    const { world, client } = await known();
    const { registry } = world;
    const last = registry.latestCheckpoint();
    const honest = new Map(registry.published);
    const attempt = async (act: () => void): Promise<string> => {
      registry.published.clear();
      for (const [path, bytes] of honest) registry.published.set(path, bytes);
      act();
      const tree = await transport.honest(registry);
      await world.host.show(tree);
      return client.refusal(client.sync);
    };
    expect(await attempt(() => registry.publishCheckpoint({ ...last, epoch: 2, version: 1 }))).toBe(
      'SHEAF_CHECKPOINT',
    );
    expect(
      await attempt(() => registry.publishCheckpoint({ ...last, root: 2, version: last.version + 1 })),
    ).toBe('SHEAF_CHECKPOINT');
    expect(
      await attempt(() => registry.publishCheckpoint({ ...last, expires: last.issued + 31 * DAY })),
    ).toBe('SHEAF_CHECKPOINT');
    expect(await attempt(() => registry.publishCheckpoint({ ...last, issued: last.issued + 1000 }))).toBe(
      'SHEAF_FORK',
    );
    expect(await attempt(() => registry.publishCheckpoint({ ...last, version: last.version + 1 }))).toBe(
      'SHEAF_FORK',
    );
    expect((await client.state()).evidence).toHaveLength(2);
    expect(
      await attempt(() => {
        registry.rotateRoot({ maintainers: ['thief'], threshold: 1 }, ['thief', 'ci', 'maintainer-a']);
        registry.publishRoots();
      }),
    ).toBe('SHEAF_THRESHOLD');
    expect((await client.state()).root.version).toBe(1);
  });
});
