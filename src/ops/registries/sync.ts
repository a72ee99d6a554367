import { SheafError } from '../../core/errors.ts';
import type { ConfiguredRegistry } from '../../core/formats/config-file.ts';
import type { FetchObject, IndexObject } from '../../core/index/index-head.ts';
import { formatInstant, type Instant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ClientPorts, IndexSource, SourceHealth } from '../../core/ports.ts';
import { graver, isFaultOfSource, isUnreached } from '../../core/source-health.ts';
import {
  compareCheckpointIds,
  type Floor,
  formatCheckpointId,
  type RegistryTrust,
  type SeenCheckpoint,
  type Succession,
} from '../../core/trust/trust.ts';
import { newTrustState, type TrustState, writeTrustState } from '../../core/trust/trust-state.ts';
import { keepNames } from '../plugins/keep-names.ts';
import { configuredRegistries, knownTrust, namedRegistries } from './configured-registries.ts';
import { fetchIndex } from './fetch-index.ts';
import { createObjectFetcher } from './fetch-object.ts';
import { requirePin } from './registry-add.ts';
import { followRoots, readFirstRoot } from './root-chain.ts';
import { type Updated, updateTrust } from './update-trust.ts';

/** What synchronising needs. */
export type SyncPorts = Pick<
  ClientPorts,
  'clock' | 'store' | 'health' | 'user' | 'reporter' | 'openSource' | 'offline'
>;

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

/** Refusals after which no other source is asked. A fork is an alarm: nothing may talk it away. */
const FINAL: ReadonlySet<string> = new Set([
  'SHEAF_FORK',
  'SHEAF_INTERRUPTED',
  'SHEAF_PERMISSION',
  'SHEAF_DISK_FULL',
  'SHEAF_INTERNAL',
]);

/**
 * Brings the configured registries up to date, each from the first of its sources that has a valid, newer or
 * equal state, those that failed lately being asked last. One that fails doesn't keep the others from being tried.
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
  const sources = (await ports.health.order(registry.urls)).map((url) => ports.openSource(url));
  const attempt: Attempt = { ports, registry, options, now, sources, known: () => known, persist };
  const failed: Failed[] = [];
  let best: Answer | undefined;
  for (const source of sources) {
    try {
      const answer = await askSource(attempt, source);
      if (best !== undefined && isBehind(best, answer))
        failed.push({ source: best.source, error: behind(best) });
      if (best === undefined || isBehind(best, answer)) best = answer;
      // What is this old is either all that there is, or withheld by this source: the next one may know more.
      if (now - answer.checkpoint.value.issued <= LIMITS.checkpointAge) break;
    } catch (error) {
      if (!(error instanceof SheafError) || FINAL.has(error.code)) throw error;
      failed.push({ source, error });
    }
  }
  const passedOver = failed.map(({ source: { url }, error: { code, message } }) => ({ url, code, message }));
  await remember(ports, failed, best);
  if (best === undefined) throw failureOf(registry, failed, passedOver);

  const { state, head, fetchObject, succession, source } = best;
  if (options.full)
    await fetchIndex({ checkpoint: best.checkpoint.value, head, fetchObject }, ports.reporter);
  const changed = before?.checkpoint?.value.index.sha256 !== best.checkpoint.value.index.sha256;
  if (changed) await keepNames(ports, before, head, fetchObject);
  warnOf(ports, registry, state, succession, now);
  return {
    ...positionOf(registry, state),
    changed,
    plugins: head.plugins,
    releases: head.releases,
    bytes: sources.reduce((sum, one) => sum + one.bytesReceived, 0),
    ms: ports.clock.now() - begun,
    source: source.url,
    passedOver,
  };
}

/** What every source of a registry is asked with. */
interface Attempt {
  readonly ports: SyncPorts;
  readonly registry: ConfiguredRegistry;
  readonly options: SyncOptions;
  readonly now: Instant;
  readonly sources: readonly IndexSource[];
  readonly known: () => TrustState | undefined;
  readonly persist: (state: TrustState) => Promise<void>;
}

/** A valid state, and who showed it. */
interface Answer extends Updated {
  readonly source: IndexSource;
  readonly checkpoint: SeenCheckpoint;
  readonly fetchObject: FetchObject;
  /** Other bytes than its checkpoint names came from this source; another one had the right ones. */
  readonly isFaulty: boolean;
}

interface Failed {
  readonly source: IndexSource;
  readonly error: SheafError;
}

/** One update from one source. Objects that it lacks or has wrong may come from the others: the digest decides. */
async function askSource(attempt: Attempt, source: IndexSource): Promise<Answer> {
  const { ports, registry, options, now, sources, known, persist } = attempt;
  let isFaulty = false;
  const health: SourceHealth = {
    ...ports.health,
    async failed(url, failure) {
      isFaulty ||= url === source.url;
      await ports.health.failed(url, failure);
    },
  };
  await source.refresh();
  const others = sources.filter((other) => other !== source);
  const fetchObject = createObjectFetcher({ store: ports.store, health }, [source, ...others], (object) =>
    missing(source, object),
  );
  const updated = await updateTrust(known() ?? (await pinnedTrust(source, registry)), {
    source,
    fetchObject,
    now,
    floor: options.floors?.get(registry.id),
    persist,
  });
  const { checkpoint } = updated.state;
  if (checkpoint === undefined) {
    throw new SheafError('SHEAF_INTERNAL', `Registry ${registry.alias} was updated without a checkpoint.`);
  }
  return { ...updated, source, checkpoint, fetchObject, isFaulty };
}

function isBehind(earlier: Answer, later: Answer): boolean {
  return compareCheckpointIds(earlier.checkpoint, later.checkpoint) < 0;
}

function behind({ source, checkpoint }: Answer): SheafError {
  return new SheafError(
    'SHEAF_ROLLBACK',
    `${source.url} has checkpoint ${formatCheckpointId(checkpoint)}, and there is a newer one.`,
  );
}

/** Keeps who failed. When nobody at all was reached, the failure is as likely on this side, and is forgotten. */
async function remember(
  { health }: SyncPorts,
  failed: readonly Failed[],
  best: Answer | undefined,
): Promise<void> {
  if (best?.isFaulty === false) await health.worked(best.source.url);
  if (best === undefined && failed.every(({ error }) => isUnreached(error))) return;
  for (const { source, error } of failed) {
    if (isFaultOfSource(error)) await health.failed(source.url, error);
  }
}

/**
 * The roots at the source, if the first is the one that the user trusts, and the one that was pinned is among them.
 * The chain that was compared is the one that is gone on with: asked again, the source could show another.
 */
async function pinnedTrust(source: IndexSource, registry: ConfiguredRegistry): Promise<TrustState> {
  const trust = await readFirstRoot(source);
  if (trust.rootId === registry.root && trust.registry === registry.id) {
    if (registry.pin === undefined) return newTrustState(trust);
    const chain: RegistryTrust[] = [trust];
    const newest = await followRoots(source, trust, async (next) => void chain.push(next));
    requirePin(chain, registry.pin, source);
    return newTrustState(newest);
  }
  throw new SheafError(
    'SHEAF_ROOT',
    `${source.url} holds registry ${trust.registry} with another first root than the one trusted as ${registry.alias}.`,
    {
      hint: 'The address leads elsewhere now. If that is meant, remove the registry and add it again.',
      details: { expected: registry.root, actual: trust.rootId },
    },
  );
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

function failureOf(
  registry: ConfiguredRegistry,
  failed: readonly Failed[],
  passedOver: readonly PassedOver[],
): SheafError {
  let failure: SheafError | undefined;
  for (const { error } of failed) failure = graver(failure, error);
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
