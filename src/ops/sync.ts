import { SheafError } from '../core/errors.ts';
import type { ConfiguredRegistry } from '../core/formats/config-file.ts';
import type { FetchObject, IndexHead, IndexObject } from '../core/index/index-head.ts';
import { indexObjects } from '../core/index/index-objects.ts';
import { formatInstant, type Instant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import type { ClientPorts, IndexSource } from '../core/ports.ts';
import { type Floor, formatCheckpointId, type Succession } from '../core/trust/trust.ts';
import { newTrustState, type TrustState, writeTrustState } from '../core/trust/trust-state.ts';
import { configuredRegistries, knownTrust, namedRegistries } from './configured-registries.ts';
import { createObjectFetcher } from './fetch-object.ts';
import { keepNames } from './keep-names.ts';
import { readFirstRoot } from './root-chain.ts';
import { updateTrust } from './update-trust.ts';

/** What synchronising needs. */
export type SyncPorts = Pick<ClientPorts, 'clock' | 'store' | 'user' | 'reporter' | 'openSource' | 'offline'>;

export interface SyncOptions {
  /** Which registries; all of them when empty. */
  readonly aliases: readonly string[];
  /** Fetch everything an offline machine may need, instead of pieces when they are asked for. */
  readonly full: boolean;
  /** What a project's lock file has seen, by registry id; for this run only. */
  readonly floors?: ReadonlyMap<string, Floor>;
}

/** What happened to one registry. */
export interface SyncedRegistry {
  readonly alias: string;
  readonly registry: string;
  readonly checkpoint: { readonly epoch: number; readonly version: number };
  readonly expires: string;
  /** Whether the index differs from the one known before. */
  readonly changed: boolean;
  /** How many there are; absent when offline. */
  readonly plugins?: number;
  readonly releases?: number;
  /** Bytes received. */
  readonly bytes: number;
  readonly ms: number;
  /** The source that answered; absent when offline. */
  readonly source?: string;
  /** Sources that were tried before. */
  readonly passedOver: readonly PassedOver[];
}

/** A source that was of no use, and why. */
export interface PassedOver {
  readonly url: string;
  readonly code: string;
  readonly message: string;
}

/** Refusals after which another source may still do better. A fork is an alarm: nothing may talk it away. */
const FINAL: ReadonlySet<string> = new Set([
  'SHEAF_FORK',
  'SHEAF_INTERRUPTED',
  'SHEAF_PERMISSION',
  'SHEAF_DISK_FULL',
  'SHEAF_INTERNAL',
]);

/** Refusals that say nothing about the registry. */
const UNREACHED: ReadonlySet<string> = new Set(['SHEAF_NETWORK', 'SHEAF_AUTHENTICATION', 'SHEAF_TOOL']);

/**
 * Brings the configured registries up to date, each from the first of its sources that has a valid, newer or
 * equal state. One that fails doesn't keep the others from being tried.
 *
 * @throws SheafError the first failure, after all registries were tried.
 */
export async function sync(ports: SyncPorts, options: SyncOptions): Promise<readonly SyncedRegistry[]> {
  const registries = namedRegistries(await configuredRegistries(ports), options.aliases);
  const now = ports.clock.now();
  return ports.user.exclusively(async () => {
    const synced: SyncedRegistry[] = [];
    const failures: SheafError[] = [];
    for (const registry of registries) {
      try {
        synced.push(await syncOne(ports, registry, options, now));
      } catch (error) {
        if (!(error instanceof SheafError)) throw error;
        failures.push(error);
        if (registries.length > 1) ports.reporter.warn(`${registry.alias}: ${error.message}`);
      }
    }
    const [first] = failures;
    if (first !== undefined) throw first;
    return synced;
  });
}

async function syncOne(
  ports: SyncPorts,
  registry: ConfiguredRegistry,
  options: SyncOptions,
  now: Instant,
): Promise<SyncedRegistry> {
  const before = await knownTrust(ports, registry);
  if (ports.offline) return withoutNetwork(registry, before);
  const begun = ports.clock.now();
  // What one source has proved (a newer root) stays true when the next one is asked.
  let known = before;
  const persist = async (state: TrustState): Promise<void> => {
    await ports.user.writeTrust(registry.root, writeTrustState(state));
    known = state;
  };
  const passedOver: PassedOver[] = [];
  let failure: SheafError | undefined;
  for (const url of registry.urls) {
    const source = ports.openSource(url);
    try {
      await source.refresh();
      const fetchObject = createObjectFetcher(ports.store, [source], (object) => missing(source, object));
      const { state, head, succession } = await updateTrust(known ?? (await pinnedTrust(source, registry)), {
        source,
        fetchObject,
        now,
        floor: options.floors?.get(registry.id),
        persist,
      });
      if (options.full) await prefetch(state, head, ports, fetchObject);
      const changed = before?.checkpoint?.value.index.sha256 !== state.checkpoint?.value.index.sha256;
      if (changed) await keepNames(ports, before, head, fetchObject);
      warnOf(ports, registry, state, succession, now);
      return {
        ...positionOf(registry, state),
        changed,
        plugins: head.plugins,
        releases: head.releases,
        bytes: source.bytesReceived,
        ms: ports.clock.now() - begun,
        source: source.url,
        passedOver,
      };
    } catch (error) {
      if (!(error instanceof SheafError) || FINAL.has(error.code)) throw error;
      passedOver.push({ url: source.url, code: error.code, message: error.message });
      failure = graver(failure, error);
    }
  }
  throw failureOf(registry, failure, passedOver);
}

/** The first root at the source, if it is the one that the user pinned. */
async function pinnedTrust(source: IndexSource, registry: ConfiguredRegistry): Promise<TrustState> {
  const trust = await readFirstRoot(source);
  if (trust.rootId === registry.root && trust.registry === registry.id) return newTrustState(trust);
  throw new SheafError(
    'SHEAF_ROOT',
    `${source.url} holds registry ${trust.registry} with another first root than the one trusted as ${registry.alias}.`,
    {
      hint: 'The address leads elsewhere now. If that is meant, remove the registry and add it again.',
      details: { expected: registry.root, actual: trust.rootId },
    },
  );
}

/** Fetches everything below the checkpoint that is not in the store yet. */
async function prefetch(
  { checkpoint }: TrustState,
  head: IndexHead,
  ports: SyncPorts,
  fetchObject: FetchObject,
): Promise<void> {
  if (checkpoint === undefined) return;
  let withoutBundle = 0;
  const fetchOne = async (object: IndexObject): Promise<void> => {
    try {
      await fetchObject(object);
    } catch (error) {
      // A large registry keeps its manifests on a static host only; a Git branch then has all but those.
      const isExpected = head.bundles === 'static' && object.path.startsWith('bundles/');
      if (!isExpected || !(error instanceof SheafError) || error.code !== 'SHEAF_NETWORK') throw error;
      withoutBundle += 1;
    }
  };
  const objects = indexObjects(checkpoint.value, fetchObject)[Symbol.asyncIterator]();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    while (failures.length === 0) {
      const next = await objects.next();
      if (next.done === true) return;
      await fetchOne(next.value);
    }
  };
  const stop = (error: unknown): void => void failures.push(error);
  // All of them come to an end before the first failure is told, so that nothing is still being written then.
  await Promise.all(Array.from({ length: LIMITS.parallelDownloads }, () => work().catch(stop)));
  if (failures.length > 0) throw failures[0];
  if (withoutBundle > 0) {
    ports.reporter.warn(
      `${withoutBundle} manifests of ${head.registry} are not at this address; installing them needs its https address.`,
    );
  }
}

/** Offline, the last state is the answer. */
function withoutNetwork(registry: ConfiguredRegistry, known: TrustState | undefined): SyncedRegistry {
  if (known?.checkpoint === undefined) {
    throw new SheafError('SHEAF_OFFLINE', `Nothing is known yet of registry ${registry.alias}.`, {
      hint: 'Run sheaf sync once without --offline.',
    });
  }
  return { ...positionOf(registry, known), changed: false, bytes: 0, ms: 0, passedOver: [] };
}

function positionOf(
  registry: ConfiguredRegistry,
  { checkpoint }: TrustState,
): Pick<SyncedRegistry, 'alias' | 'registry' | 'checkpoint' | 'expires'> {
  if (checkpoint === undefined) {
    throw new SheafError('SHEAF_INTERNAL', `Registry ${registry.alias} was updated without a checkpoint.`);
  }
  const { epoch, version, value } = checkpoint;
  return {
    alias: registry.alias,
    registry: registry.id,
    checkpoint: { epoch, version },
    expires: formatInstant(value.expires),
  };
}

function warnOf(
  { reporter }: SyncPorts,
  { alias }: ConfiguredRegistry,
  { checkpoint }: TrustState,
  step: Succession,
  now: Instant,
): void {
  if (checkpoint === undefined) return;
  const { expires } = checkpoint.value;
  if (step === 'new-epoch') {
    reporter.warn(
      `${alias} has begun epoch ${checkpoint.epoch}: its maintainers replaced the key that signs the index. The last checkpoint before it is kept as evidence.`,
    );
  }
  if (expires - now < LIMITS.checkpointWarning) {
    reporter.warn(
      `The newest checkpoint of ${alias}, ${formatCheckpointId(checkpoint)}, expires on ${formatInstant(expires)}.`,
    );
  }
}

function missing(source: IndexSource, object: IndexObject): SheafError {
  return new SheafError(
    'SHEAF_NETWORK',
    `${source.url} does not have ${object.path}, which its index names.`,
  );
}

/** Of two failures the one that tells more: that bytes were wrong, before that a host did not answer. */
function graver(first: SheafError | undefined, second: SheafError): SheafError {
  return first === undefined || (UNREACHED.has(first.code) && !UNREACHED.has(second.code)) ? second : first;
}

function failureOf(
  registry: ConfiguredRegistry,
  failure: SheafError | undefined,
  passedOver: readonly PassedOver[],
): SheafError {
  if (failure === undefined) {
    return new SheafError('SHEAF_NETWORK', `Registry ${registry.alias} has no address to read it from.`);
  }
  const others = passedOver.length === 1 ? '' : ` None of its ${passedOver.length} addresses was of use.`;
  return new SheafError(failure.code, `${failure.message}${others}`, {
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    ...(failure.place === undefined ? {} : { place: failure.place }),
    details: { ...failure.details, registry: registry.alias, passedOver },
    cause: failure,
  });
}
