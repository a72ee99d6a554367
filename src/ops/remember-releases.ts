import type { ClientPorts } from '../core/ports.ts';
import type { TrustedRelease } from '../core/trust/release-trust.ts';
import { readTrustState, type TrustState, writeTrustState } from '../core/trust/trust-state.ts';
import type { VerifiedRelease } from './verify-set.ts';

/**
 * Keeps what was learned from releases: owners' keys, revisions, consents. Each is added to the newest state on
 * disk, because another sheaf may have gone on since these registries were opened.
 */
export async function rememberReleases(
  { user }: Pick<ClientPorts, 'user'>,
  used: readonly VerifiedRelease[],
): Promise<void> {
  await user.exclusively(async () => {
    for (const rootId of new Set(used.map(({ registry }) => registry.state.rootId))) {
      const bytes = await user.readTrust(rootId);
      if (bytes === undefined) continue;
      const before = readTrustState(bytes, rootId);
      const after = used
        .filter(({ registry }) => registry.state.rootId === rootId)
        .reduce((state, { release }) => remember(state, release), before);
      await user.writeTrust(rootId, writeTrustState(after));
    }
  });
}

function remember(state: TrustState, release: TrustedRelease): TrustState {
  const capabilities = release.manifest.security.capabilities.map(({ id }) => id);
  const { owner, name, revision } = { ...release.plugin, owner: release.owner.name };
  const pin = release.state.owners.get(owner);
  const known = state.owners.get(owner);
  const isNewer = pin !== undefined && (known === undefined || pin.version > known.version);
  const seen = state.plugins.get(name)?.revision ?? 0;
  return {
    ...state,
    owners: isNewer ? new Map(state.owners).set(owner, pin) : state.owners,
    plugins: new Map(state.plugins).set(name, { owner, revision: Math.max(revision, seen) }),
    consents: new Map(state.consents).set(name, union(state.consents.get(name), capabilities)),
  };
}

function union(before: readonly string[] = [], more: readonly string[]): readonly string[] {
  return [...new Set([...before, ...more])].toSorted();
}
