import { SheafError } from '../errors.ts';
import type { Manifest, Tier } from '../formats/manifest.ts';
import { type Isolation, isolates, strongerIsolation } from './isolation.ts';

/** Tiers whose plugins come from files. */
export type LoadedTier = Exclude<Tier, 'core'>;

/** What a host admits; every key that is left out has the value of {@link DEFAULT_POLICY}. */
export interface HostPolicy {
  /** The least isolation under which plugins of a tier run. */
  readonly minimumIsolation: Readonly<Record<LoadedTier, Isolation>>;
  /** Tiers that are loaded. */
  readonly tiers: readonly LoadedTier[];
  /** Whether plugins of the native tier may use the network. Those of the wasm tier never can. */
  readonly network: boolean;
  /** The only capabilities that are given; undefined for all that are offered. */
  readonly capabilities: readonly string[] | undefined;
  /** Whether plugins run that no registry signed: installed from a folder of this machine. */
  readonly unverified: boolean;
}

/** A host may lower it in so many words, and only for all plugins of a tier. */
export const DEFAULT_POLICY: HostPolicy = {
  minimumIsolation: { wasm: 'process', native: 'os' },
  tiers: ['wasm', 'native'],
  network: false,
  capabilities: undefined,
  unverified: true,
};

/**
 * The least isolation under which one plugin runs: that of the policy, and never less than its manifest demands.
 * `sandbox_required` is at least a process of its own; the level `high` needs a filter for system calls, which
 * only the isolation by the operating system has.
 */
export function minimumIsolation(
  { security }: Pick<Manifest, 'security'>,
  tier: LoadedTier,
  policy: HostPolicy,
): Isolation {
  const own: Isolation = security.level === 'high' ? 'os' : security.sandboxRequired ? 'process' : 'none';
  return strongerIsolation(policy.minimumIsolation[tier], own);
}

/** Whether a plugin may use the network. One that asks for the level `high` never does. */
export function admitsNetwork({ security }: Pick<Manifest, 'security'>, policy: HostPolicy): boolean {
  return policy.network && security.level !== 'high';
}

/** How well this machine keeps plugins apart, and why not better. */
export interface AvailableIsolation {
  readonly level: Isolation;
  readonly whyNotBetter?: string;
}

/**
 * Refuses a plugin that this machine cannot keep apart well enough.
 *
 * @throws SheafError `SHEAF_ISOLATION` with the policy that would accept less, where there is one.
 */
export function requireIsolation(
  manifest: Pick<Manifest, 'name' | 'security'>,
  tier: LoadedTier,
  policy: HostPolicy,
  available: AvailableIsolation,
): void {
  const minimum = minimumIsolation(manifest, tier, policy);
  const { level, whyNotBetter } = available;
  if (isolates(level, minimum)) return;
  const reason = whyNotBetter === undefined ? '' : `: ${whyNotBetter}`;
  const isByPolicy = minimumIsolation(manifest, tier, withMinimum(policy, tier, level)) === level;
  throw new SheafError(
    'SHEAF_ISOLATION',
    `${manifest.name} needs the isolation "${minimum}" and this machine has "${level}"${reason}.`,
    {
      hint: isByPolicy
        ? `To accept less for all ${tier} plugins: policy: { minimumIsolation: { ${tier}: '${level}' } }.`
        : 'Its manifest demands it, so no policy can accept less.',
      details: { minimum, level, tier },
    },
  );
}

function withMinimum(policy: HostPolicy, tier: LoadedTier, level: Isolation): HostPolicy {
  return { ...policy, minimumIsolation: { ...policy.minimumIsolation, [tier]: level } };
}
