import { SheafError } from '../core/errors.ts';
import type { ConfiguredRegistry } from '../core/formats/config-file.ts';
import type { CheckpointId } from '../core/index/checkpoint.ts';
import type { FetchObject, IndexObject } from '../core/index/index-head.ts';
import { createIndexReader, type IndexReader, readHead } from '../core/index/index-reader.ts';
import type { Instant } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import { acceptOwnerChain } from '../core/trust/owner-chain.ts';
import { acceptRelease, noticeRecovery, type TrustedRelease } from '../core/trust/release-trust.ts';
import { type JudgedEvent, readStatus } from '../core/trust/status.ts';
import { acceptCheckpoint, type Floor, requireLiveRoot, type SeenCheckpoint } from '../core/trust/trust.ts';
import { type TrustState, writeTrustState } from '../core/trust/trust-state.ts';
import type { Version } from '../core/version.ts';
import { configuredRegistries, knownTrust, namedRegistries } from './configured-registries.ts';
import { createObjectFetcher } from './fetch-object.ts';

/** What reading a registry needs. */
export type OpenPorts = Pick<ClientPorts, 'clock' | 'store' | 'user' | 'openSource' | 'offline'>;

export interface OpenOptions {
  /** Read on when the checkpoint or the root has expired: `--allow-stale`, and installs from a lock file. */
  readonly allowStale?: boolean;
  /** What the project's lock file has seen, by registry id; for this run only. */
  readonly floors?: ReadonlyMap<string, Floor>;
}

/** A registry whose last trusted checkpoint was verified anew; objects are fetched when they are needed. */
export interface OpenRegistry extends IndexReader {
  readonly alias: string;
  readonly id: string;
  readonly urls: readonly string[];
  readonly state: TrustState;
  readonly checkpoint: SeenCheckpoint;
  /** The checkpoint has expired, and the caller allowed that. */
  readonly stale: boolean;
  /** Any object of the index, verified. */
  readonly fetchObject: FetchObject;
  /** Status events with the judgement of their signatures. */
  status(): Promise<readonly JudgedEvent[]>;
  /**
   * The signed release behind a version that resolution chose; its `state` is to be kept when it is installed.
   *
   * @throws SheafError as `acceptRelease`; `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION`.
   */
  release(name: PluginName, version: Version, options?: ReleaseOptions): Promise<TrustedRelease>;
}

export interface ReleaseOptions {
  /** The checkpoint at which the project's lock file recorded exactly this manifest. */
  readonly lockedAt?: CheckpointId | undefined;
  /** A person agreed to keys that the registry put in the place of an owner's lost ones. */
  readonly acceptRecovery?: boolean;
}

/**
 * Opens the configured registries that were named, or all of them, without asking the network.
 *
 * @throws SheafError as {@link openRegistry}.
 */
export async function openRegistries(
  ports: OpenPorts,
  aliases: readonly string[] = [],
  options: OpenOptions = {},
): Promise<readonly OpenRegistry[]> {
  const registries = namedRegistries(await configuredRegistries(ports), aliases);
  return Promise.all(registries.map((registry) => openRegistry(ports, registry, options)));
}

/**
 * Opens one registry at its last trusted checkpoint. The checkpoint is judged anew by the rules of core/trust/trust.ts
 * under the newest root, so one whose key a root has since dropped is not used any more.
 *
 * @throws SheafError `SHEAF_EXPIRED` (also when the registry has never been synchronised), `SHEAF_ROOT_EXPIRED`,
 *   `SHEAF_CHECKPOINT`, `SHEAF_SIGNATURE`, `SHEAF_ROLLBACK`, `SHEAF_FORK`, `SHEAF_CLOCK`.
 */
export async function openRegistry(
  ports: OpenPorts,
  registry: ConfiguredRegistry,
  options: OpenOptions = {},
): Promise<OpenRegistry> {
  const now = ports.clock.now();
  const state = await knownTrust(ports, registry);
  if (state?.checkpoint === undefined) {
    throw new SheafError('SHEAF_EXPIRED', `Nothing is known yet of registry ${registry.alias}.`, {
      hint: `Run: sheaf sync ${registry.alias}.`,
    });
  }
  const { bytes, signature } = state.checkpoint;
  const floor = options.floors?.get(registry.id);
  const allowExpired = options.allowStale === true;
  if (!allowExpired) requireLiveRoot(state, now);
  const checkpoint = acceptCheckpoint(state, { bytes, signature, now, floor, allowExpired });

  const sources = registry.urls.map((url) => ports.openSource(url));
  const fetchObject = createObjectFetcher(ports.store, sources, (object) => absent(registry, object));
  const head = await readHead(checkpoint.value, fetchObject);
  const index = createIndexReader(head, fetchObject);
  // Judged once, also for releases that are asked for at the same time: neither checkpoint nor root changes while
  // the registry is open, and every grant has signatures.
  let judged: Promise<readonly JudgedEvent[]> | undefined;
  const status = (): Promise<readonly JudgedEvent[]> => {
    judged ??= index.file('status').then((bytes) => readStatus(bytes, state.root.file));
    return judged;
  };
  return {
    ...index,
    alias: registry.alias,
    id: registry.id,
    urls: registry.urls,
    state,
    checkpoint,
    stale: checkpoint.value.expires <= now,
    fetchObject,
    status,
    release: (name, version, releaseOptions = {}) =>
      findRelease({ ports, registry, state, index, status, now }, name, version, releaseOptions),
  };
}

interface Opened {
  readonly ports: OpenPorts;
  readonly registry: ConfiguredRegistry;
  readonly state: TrustState;
  readonly index: IndexReader;
  readonly status: () => Promise<readonly JudgedEvent[]>;
  readonly now: Instant;
}

async function findRelease(
  { ports, registry, state, index, status, now }: Opened,
  name: PluginName,
  version: Version,
  options: ReleaseOptions,
): Promise<TrustedRelease> {
  const record = await index.releases(name);
  if (record === undefined) {
    throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `Registry ${registry.alias} has no plugin ${name}.`);
  }
  const wanted = record.versions.find((one) => one.version === version);
  if (wanted === undefined) {
    throw new SheafError('SHEAF_UNKNOWN_VERSION', `Registry ${registry.alias} has no ${name} ${version}.`);
  }
  const owner = await index.owner(record.owner);
  if (owner === undefined) {
    throw new SheafError(
      'SHEAF_OWNER',
      `Registry ${registry.alias} has no keys of ${record.owner}, the owner of ${name}.`,
    );
  }
  const chain = acceptOwnerChain(owner, state.root.file, state.owners.get(record.owner));
  const noticed = noticeRecovery(state, chain, now);
  // Kept although the release may be refused below: the days are counted from the first sight.
  if (noticed !== state) await keep(ports, registry, (current) => noticeRecovery(current, chain, now));
  const [pluginFiles, releaseFiles, events] = await Promise.all([
    index.bundle(record, 0),
    index.bundle(record, wanted.bundle),
    status(),
  ]);
  const offered = { record, version: wanted, owner: chain, pluginFiles, releaseFiles, status: events };
  return acceptRelease(noticed, offered, { ...options, now });
}

/** Changes the newest state on disk, not the one that was opened: another process may have gone on since. */
async function keep(
  ports: OpenPorts,
  registry: ConfiguredRegistry,
  change: (state: TrustState) => TrustState,
): Promise<void> {
  await ports.user.exclusively(async () => {
    const current = await knownTrust(ports, registry);
    if (current !== undefined) await ports.user.writeTrust(registry.root, writeTrustState(change(current)));
  });
}

function absent(registry: ConfiguredRegistry, object: IndexObject): SheafError {
  return new SheafError(
    'SHEAF_NETWORK',
    `No address of registry ${registry.alias} has ${object.path} any more.`,
    {
      hint: `Run: sheaf sync ${registry.alias}.`,
    },
  );
}
