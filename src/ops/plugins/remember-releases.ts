import type { ClientPorts } from '../../core/ports.ts';
import type { Plan } from '../../core/resolution/plan.ts';
import type { TrustedRelease } from '../../core/trust/release-trust.ts';
import { readTrustState, type TrustState, writeTrustState } from '../../core/trust/trust-state.ts';
import type { VerifiedRelease } from './verify-set.ts';

/**
 * Keeps what was learned from releases: owners' keys, revisions, consents. Each is added to the newest state on
 * disk, because another sheaf may have gone on since these registries were opened.
 *
 * @param capabilities of every plugin that somebody has agreed to, without those that the policy withholds.
 */
export async function rememberReleases(
  { user }: Pick<ClientPorts, 'user'>,
  used: readonly VerifiedRelease[],
  capabilities: Plan['capabilities'],
): Promise<void> {
  await user.exclusively(async () => {
    for (const rootId of new Set(used.map(({ registry }) => registry.state.rootId))) {
      const bytes = await user.readTrust(rootId);
      if (bytes === undefined) continue;
      const before = readTrustState(bytes, rootId);
      const after = used
        .filter(({ registry }) => registry.state.rootId === rootId)
        .reduce(
          (state, { choice: { name }, release }) => remember(state, release, capabilities[name] ?? []),
          before,
        );
      await user.writeTrust(rootId, writeTrustState(after));
    }
  });
}

function remember(state: TrustState, release: TrustedRelease, capabilities: readonly string[]): TrustState {
  const { owner, name } = release.plugin;
  const pin = release.state.owners.get(owner);
  const known = state.owners.get(owner);
  const isNewer = pin !== undefined && (known === undefined || pin.version > known.version);
  const [before, now] = [state.plugins.get(name), release.state.plugins.get(name)];
  const isAhead = now !== undefined && (before === undefined || now.revision >= before.revision);
  return {
    ...state,
    owners: isNewer ? new Map(state.owners).set(owner, pin) : state.owners,
    plugins: isAhead ? new Map(state.plugins).set(name, now) : state.plugins,
    consents: new Map(state.consents).set(name, union(state.consents.get(name), capabilities)),
  };
}

function union(before: readonly string[] = [], more: readonly string[]): readonly string[] {
  return [...new Set([...before, ...more])].toSorted();
}
