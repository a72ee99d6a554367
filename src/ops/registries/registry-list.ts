import type { Sha256 } from '../../core/digest.ts';
import type { ConfiguredRegistry } from '../../core/formats/config-file.ts';
import { formatInstant, type Instant } from '../../core/instant.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { configuredRegistries, knownTrust } from './configured-registries.ts';
import { type RootSummary, summarizeRoot } from './registry-add.ts';

/** A configured registry and what is believed about it. */
export interface ListedRegistry {
  readonly alias: string;
  readonly id: string;
  readonly urls: readonly string[];
  readonly rootId: Sha256;
  /** Absent, like the checkpoint, when it has never been synchronised. */
  readonly root?: RootSummary;
  readonly checkpoint?: { readonly epoch: number; readonly version: number; readonly expires: string };
  readonly expired: boolean;
  /** Signed contradictions that were seen; more than zero deserves a look. */
  readonly forks: number;
}

/** The configured registries in their order, as far as this machine knows them. Asks nobody. */
export async function registryList(
  ports: Pick<ClientPorts, 'clock' | 'user'>,
): Promise<readonly ListedRegistry[]> {
  const now = ports.clock.now();
  const registries = await configuredRegistries(ports);
  return Promise.all(registries.map((registry) => listed(ports, registry, now)));
}

async function listed(
  ports: Pick<ClientPorts, 'user'>,
  registry: ConfiguredRegistry,
  now: Instant,
): Promise<ListedRegistry> {
  const { alias, id, urls, root: rootId } = registry;
  const state = await knownTrust(ports, registry);
  const base = { alias, id, urls, rootId };
  if (state === undefined) return { ...base, expired: true, forks: 0 };
  const forks = state.evidence.filter((piece) => piece.kind === 'fork').length;
  const root = summarizeRoot(state);
  if (state.checkpoint === undefined) return { ...base, root, expired: true, forks };
  const { epoch, version, value } = state.checkpoint;
  const checkpoint = { epoch, version, expires: formatInstant(value.expires) };
  return { ...base, root, checkpoint, expired: value.expires <= now, forks };
}
