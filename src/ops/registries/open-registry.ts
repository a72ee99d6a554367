import { readAdvisories } from '../../core/advisories/read-advisories.ts';
import { SheafError } from '../../core/errors.ts';
import type { Advisory } from '../../core/formats/advisory.ts';
import type { ConfiguredRegistry } from '../../core/formats/config-file.ts';
import type { BundleFiles } from '../../core/index/bundle.ts';
import type { CheckpointId } from '../../core/index/checkpoint.ts';
import type { FetchObject, IndexObject } from '../../core/index/index-head.ts';
import { createIndexReader, type IndexReader, readHead } from '../../core/index/index-reader.ts';
import type { ReleasesRecord } from '../../core/index/records.ts';
import type { Instant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts, UserFiles } from '../../core/ports.ts';
import { acceptOwnerChain, type OwnerChain } from '../../core/trust/owner-chain.ts';
import { noticeRecovery } from '../../core/trust/recovery.ts';
import {
  acceptRelease,
  type OfferedRelease,
  type OwnerChange,
  ownerQuestion,
  type TrustedRelease,
} from '../../core/trust/release-trust.ts';
import { type JudgedEvent, judgeEvents, readStatus } from '../../core/trust/status.ts';
import { ownersNamedIn, transfersAmong } from '../../core/trust/transfers.ts';
import {
  acceptCheckpoint,
  type Floor,
  requireLiveRoot,
  type SeenCheckpoint,
} from '../../core/trust/trust.ts';
import { type TrustState, writeTrustState } from '../../core/trust/trust-state.ts';
import type { Version } from '../../core/version.ts';
import { configuredRegistries, knownTrust, namedRegistries } from './configured-registries.ts';
import { createObjectFetcher, type ObjectPorts } from './fetch-object.ts';

/** What reading a registry needs. */
export type OpenPorts = Pick<ClientPorts, 'clock' | 'store' | 'health' | 'user' | 'openSource' | 'offline'>;

/** What reading one registry needs: nothing of the user but what was learned to trust. */
export type OpenOnePorts = Pick<OpenPorts, 'clock' | 'health' | 'openSource'> & {
  readonly store: ObjectPorts['store'];
  readonly user: Pick<UserFiles, 'readTrust' | 'writeTrust' | 'exclusively'>;
};

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
  /** What the registry said about the standing of a plugin, with the judgement of the signatures. */
  status(name: PluginName): Promise<readonly JudgedEvent[]>;
  /** All advisories, withdrawn ones included. */
  advisories(): Promise<readonly Advisory[]>;
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
  /** The owner who signed the release of the plugin that the lock file records. */
  readonly lockedOwner?: string | undefined;
  /** Asks a person about a change of owner or of their keys; without it the answer is no. */
  readonly agree?: ((change: OwnerChange) => Promise<boolean>) | undefined;
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
  ports: OpenOnePorts,
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

  const sources = (await ports.health.order(registry.urls)).map((url) => ports.openSource(url));
  const fetchObject = createObjectFetcher(ports, sources, (object) => absent(registry, object));
  const head = await readHead(checkpoint.value, fetchObject);
  const index = createIndexReader(head, fetchObject);
  // Read once, also for releases that are asked for at the same time: neither checkpoint nor root changes while the
  // registry is open.
  let shared: Promise<readonly JudgedEvent[]> | undefined;
  const granted = new Map<PluginName, Promise<readonly JudgedEvent[]>>();
  const status = async (name: PluginName): Promise<readonly JudgedEvent[]> => {
    shared ??= index.file('status').then((bytes) => readStatus(bytes, state.root.file));
    const grants =
      granted.get(name) ?? index.grants(name).then((files) => judgeEvents(files, state.root.file));
    granted.set(name, grants);
    const [everybody, own] = await Promise.all([shared, grants]);
    return [...everybody.filter(({ plugin }) => plugin === name), ...own];
  };
  let advisories: Promise<readonly Advisory[]> | undefined;
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
    advisories() {
      advisories ??= index.file('advisories').then(readAdvisories);
      return advisories;
    },
    release: (name, version, releaseOptions = {}) =>
      findRelease({ ports, registry, state, index, status, now }, name, version, releaseOptions),
  };
}

interface Opened {
  readonly ports: OpenOnePorts;
  readonly registry: ConfiguredRegistry;
  readonly state: TrustState;
  readonly index: IndexReader;
  readonly status: OpenRegistry['status'];
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
  const [pluginFiles, releaseFiles, events] = await Promise.all([
    index.bundle(record, 0),
    index.bundle(record, wanted.bundle),
    status(name),
  ]);
  const formerOwners = await formerChains(index, state, record, pluginFiles);
  const notice = (current: TrustState): TrustState =>
    [chain, ...formerOwners.values()].reduce((seen, one) => noticeRecovery(seen, one, now), current);
  const noticed = notice(state);
  // Kept although the release may be refused below: the days are counted from the first sight.
  if (noticed !== state) await keep(ports, registry, notice);
  const offered: OfferedRelease = {
    record,
    version: wanted,
    owner: chain,
    formerOwners,
    pluginFiles,
    releaseFiles,
    status: events,
  };
  const { lockedAt, lockedOwner, agree } = options;
  const test = { now, lockedAt, lockedOwner };
  const question = agree === undefined ? undefined : ownerQuestion(noticed, offered, test);
  const agreed = question !== undefined && (await agree?.(question)) === true;
  return acceptRelease(noticed, offered, { ...test, agreed });
}

/** The keys of the other owners that the plugin's transfers name, as far as the registry still has them. */
async function formerChains(
  index: IndexReader,
  state: TrustState,
  { name, owner }: ReleasesRecord,
  files: BundleFiles,
): Promise<ReadonlyMap<string, OwnerChain>> {
  const chains = new Map<string, OwnerChain>();
  for (const other of ownersNamedIn(transfersAmong(files, state.registry, name))) {
    const record = other === owner ? undefined : await index.owner(other);
    if (record === undefined) continue;
    chains.set(other, acceptOwnerChain(record, state.root.file, state.owners.get(other)));
  }
  return chains;
}

/** Changes the newest state on disk, not the one that was opened: another process may have gone on since. */
async function keep(
  ports: OpenOnePorts,
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
