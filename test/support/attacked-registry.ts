import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ErrorCode, SheafError } from '../../src/core/errors.ts';
import type { IndexObject } from '../../src/core/index/index-head.ts';
import { indexObjects } from '../../src/core/index/index-objects.ts';
import { HOUR } from '../../src/core/instant.ts';
import type { PluginName } from '../../src/core/plugin-name.ts';
import { parsePluginSpec } from '../../src/core/plugin-spec.ts';
import type { ClientPorts, IndexSource } from '../../src/core/ports.ts';
import type { TrustedRelease } from '../../src/core/trust/release-trust.ts';
import { readTrustState, type TrustState } from '../../src/core/trust/trust-state.ts';
import type { Version } from '../../src/core/version.ts';
import { objectsOf } from '../../src/ops/index/previous-index.ts';
import { install } from '../../src/ops/plugins/install.ts';
import {
  type OpenRegistry,
  openRegistries,
  type ReleaseOptions,
} from '../../src/ops/registries/open-registry.ts';
import { registryAdd } from '../../src/ops/registries/registry-add.ts';
import { type SyncedRegistry, sync } from '../../src/ops/registries/sync.ts';
import {
  answeringPrompt,
  type FileMap,
  listenOnLoopback,
  memorySource,
  RegistrySimulator,
  recordingReporter,
  temporaryDirectory,
  testClock,
} from '../../src/testkit/index.ts';
import { connectClient } from '../../src/wiring/client.ts';
import type { Transport, TransportHost } from './transports.ts';

/** The plugin that everybody here has, by the owner `author`. */
export const LENS = 'graph-lens' as PluginName;
export const V1 = '1.0.0' as Version;
export const V2 = '1.1.0' as Version;

/** A registry with honest hosts, until a test lets somebody else decide what they show; all goes with the test. */
export interface AttackedRegistry {
  readonly registry: RegistrySimulator;
  readonly transport: Transport;
  readonly host: TransportHost;
  /** What the host of artifacts answers, by URL. */
  readonly artifacts: FileMap;
  /** Publishes what was done to the registry an hour later, and shows it. */
  publish(): Promise<void>;
  /** What an honest host shows now; to be edited and shown. */
  honest(): Promise<FileMap>;
  /** Every object of the newest index. */
  objects(): Promise<readonly IndexObject[]>;
  /** A client that trusts the registry; its clock is an hour ahead of what was published. */
  client(): Promise<AttackedClient>;
  /** A further host of the same transport. */
  anotherHost(): Promise<TransportHost>;
}

/** A machine with a project, and what it does; each refusal is given as its code. */
export interface AttackedClient {
  readonly ports: ClientPorts & { readonly clock: { time: number } };
  readonly sync: () => Promise<SyncedRegistry>;
  readonly open: () => Promise<OpenRegistry>;
  readonly release: (version?: Version, options?: ReleaseOptions) => Promise<TrustedRelease>;
  /** Installs what is named, or all that sheaf.toml wants; nothing can be asked. */
  readonly install: (...specs: readonly string[]) => Promise<void>;
  /** The code with which something is refused. Throws when it is not, and when the floor or the root went back. */
  readonly refusal: (action: () => Promise<unknown>) => Promise<ErrorCode>;
  readonly state: () => Promise<TrustState>;
  /** `<epoch>-<version>` of the checkpoint that is trusted. */
  readonly floor: () => Promise<string>;
  /** Installed plugins as `name version`. */
  readonly installed: () => Promise<readonly string[]>;
}

/** The registry `simulated` with one release of {@link LENS}, published over a transport. */
export async function attackedRegistry(transport: Transport): Promise<AttackedRegistry> {
  const home = await temporaryDirectory();
  onTestFinished(() => home.remove());
  const artifacts: FileMap = new Map();
  const release = await listenOnLoopback((request, response) => {
    const bytes = artifacts.get(`${release.url}${(request.url ?? '/').slice(1)}`);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  onTestFinished(() => release.close());
  const registry = new RegistrySimulator({ artifactBase: release.url });
  registry.addRelease({ name: LENS, version: V1, capabilities: ['query'] });
  let hosts = 0;
  const anotherHost = async (): Promise<TransportHost> => {
    hosts += 1;
    const directory = join(home.path, `host-${hosts}`);
    await mkdir(directory);
    const host = await transport.start(directory);
    onTestFinished(() => host.close());
    return host;
  };
  const host = await anotherHost();
  let clients = 0;
  const world: AttackedRegistry = {
    registry,
    transport,
    host,
    artifacts,
    anotherHost,
    honest: () => transport.honest(registry),
    async publish() {
      registry.now += HOUR;
      await registry.publish();
      for (const [url, bytes] of registry.artifacts) artifacts.set(url, bytes);
      await host.show(await transport.honest(registry));
    },
    async objects() {
      const found: IndexObject[] = [];
      const fetchObject = objectsOf(memorySource(registry.published));
      for await (const object of indexObjects(registry.latestCheckpoint(), fetchObject)) found.push(object);
      return found;
    },
    client() {
      clients += 1;
      return connectAttacked(world, join(home.path, `client-${clients}`));
    },
  };
  await world.publish();
  return world;
}

async function connectAttacked(world: AttackedRegistry, directory: string): Promise<AttackedClient> {
  const { registry, host, transport } = world;
  const environment = { SHEAF_HOME: join(directory, 'home'), PATH: process.env['PATH'] };
  // One source for each address, as one command would have; it remembers what it has cloned.
  const opened = new Map<string, IndexSource>();
  const openSource = (url: string): IndexSource => {
    const source = opened.get(url) ?? transport.open(url, join(directory, 'git'));
    opened.set(url, source);
    return source;
  };
  const connected = connectClient({
    project: join(directory, 'project'),
    global: false,
    offline: false,
    environment,
    prompt: answeringPrompt('nobody'),
    reporter: recordingReporter(),
  });
  const ports = { ...connected, openSource, clock: testClock(registry.now + HOUR) };
  await registryAdd(ports, { url: host.url, root: registry.rootId, yes: false });

  const client: AttackedClient = {
    ports,
    async sync() {
      const [report] = await sync(ports, { aliases: [], full: false });
      if (report === undefined) throw new Error('Nothing was synchronised.');
      return report;
    },
    async open() {
      const [registryOpened] = await openRegistries(ports);
      if (registryOpened === undefined) throw new Error('No registry was opened.');
      return registryOpened;
    },
    release: async (version = V1, options = {}) => (await client.open()).release(LENS, version, options),
    async install(...specs) {
      await install(ports, {
        plugins: specs.map(parsePluginSpec),
        force: false,
        dryRun: false,
        locked: false,
        acceptCapabilities: false,
        allowStale: false,
        prereleases: false,
      });
    },
    async refusal(action) {
      const before = await client.state();
      const refusal = await action().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(refusal instanceof SheafError)) throw refusal ?? new Error('It was accepted.');
      const after = await client.state();
      if (after.root.version < before.root.version || positionOf(after) !== positionOf(before)) {
        throw new Error(`It was refused, and yet the state changed to ${positionOf(after)}.`);
      }
      return refusal.code;
    },
    async state() {
      const bytes = await ports.user.readTrust(registry.rootId);
      if (bytes === undefined) throw new Error('Nothing is trusted yet.');
      return readTrustState(bytes, registry.rootId);
    },
    floor: async () => positionOf(await client.state()),
    async installed() {
      const lock = await ports.project.readLock();
      const text = lock === undefined ? '' : new TextDecoder().decode(lock);
      return [...text.matchAll(/^name = "(.*)"\nversion = "(.*)"$/gm)].map(
        ([, name, version]) => `${name} ${version}`,
      );
    },
  };
  return client;
}

function positionOf({ checkpoint }: TrustState): string {
  return `${checkpoint?.epoch}-${checkpoint?.version}`;
}
