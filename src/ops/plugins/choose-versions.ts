import { SheafError } from '../../core/errors.ts';
import type { ClientPolicy } from '../../core/formats/client-policy.ts';
import type { Lockfile } from '../../core/formats/lockfile.ts';
import type { VersionRecord } from '../../core/index/records.ts';
import type { Instant } from '../../core/instant.ts';
import { isPluginName, type PluginName } from '../../core/plugin-name.ts';
import {
  type Offer,
  type Resolution,
  type ResolutionProblem,
  resolve,
} from '../../core/resolution/resolve.ts';
import type { Restriction } from '../../core/trust/restriction.ts';
import { barredBecause, standingOf } from '../../core/trust/standing.ts';
import { exceedsTier, grantedTier, type JudgedEvent } from '../../core/trust/status.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import { nearestName } from './nearest-name.ts';
import { bound, type Surroundings, withAbsences } from './origins.ts';
import { createPolicyJudge } from './policy-judge.ts';
import { lookupOrder, type Rules } from './rules.ts';

/** Everything that decides which versions are taken. */
export interface ChoiceBasis extends Omit<ResolutionProblem, 'offer' | 'locked' | 'excluded' | 'routes'> {
  /** In the order in which a plugin without a registry is looked up. */
  readonly registries: readonly OpenRegistry[];
  readonly lock: Lockfile | undefined;
  readonly policy: ClientPolicy;
  readonly route: Rules['route'];
  /** Whether the policy has no say in what is locked, because nothing may come in. */
  readonly keepsLocked: boolean;
  readonly now: Instant;
}

/**
 * Resolves what is wanted. Versions that the policy forbids, or that the registry has quarantined or not granted
 * their tier, are not chosen; where that leaves no answer, the explanation says so.
 *
 * A plugin that nobody binds to a registry comes from the first one of its route, or of the configuration, that has
 * it; once it is locked, it stays with that registry, also in an update, until a route or a person says otherwise.
 *
 * @throws SheafError as `resolve`; `SHEAF_UNKNOWN_REGISTRY` when something is wanted from a registry that is not
 *   configured, `SHEAF_POLICY` when it is one that the routes exclude.
 */
export async function chooseVersions(basis: ChoiceBasis): Promise<Resolution> {
  const { registries, lock, policy, route, keepsLocked, now, ...problem } = basis;
  // What came from a registry that is no longer configured cannot be kept.
  const isOpen = (id: string): boolean => registries.some((registry) => registry.id === id);
  const keepable = (lock?.plugins ?? []).filter(({ registry }) => isOpen(registry));
  const locked = new Map(keepable.map((plugin) => [plugin.name, plugin]));
  const heard = new Map<string, Heard>();
  const judge = createPolicyJudge(policy, (name) => locked.get(name), now);
  const wanted = problem.wanted.map((one) => bound(one, locked.get(one.name), { registries, route }));

  const offer = async (name: PluginName, id: string | undefined): Promise<Offer | undefined> => {
    // A dependency may name a registry that is not configured; another version, or none of it, may do.
    const asked =
      id === undefined
        ? lookupOrder(name, registries, route)
        : registries.filter((registry) => registry.id === id);
    for (const registry of asked) {
      const record = await registry.releases(name);
      if (record === undefined) continue;
      heard.set(`${registry.id}/${name}`, heardOf(name, registry, await registry.status(name)));
      await judge.learn(registry, record, record.versions);
      return { registry: registry.id, record };
    }
    return undefined;
  };
  const excluded = ({ registry, record: { name } }: Offer, version: VersionRecord): string | undefined => {
    const held = locked.get(name);
    const isLocked = held?.registry === registry && held.manifest === version.manifest;
    const reason = isLocked && keepsLocked ? undefined : judge.reasonAgainst(registry, name, version);
    const said = heard.get(`${registry}/${name}`);
    return reason ?? (said && withheldBecause(name, version, said));
  };
  try {
    const { choices } = await resolve({ ...problem, wanted, locked, routes: route, offer, excluded });
    return {
      choices: choices.map((choice) => withAbsences(choice, problem.wanted, locked, { registries, route })),
    };
  } catch (error) {
    throw await withNearestName(error, { registries, route });
  }
}

/** Adds to the refusal of an unknown plugin the name that was perhaps meant. */
async function withNearestName(error: unknown, { registries, route }: Surroundings): Promise<unknown> {
  if (!(error instanceof SheafError) || error.code !== 'SHEAF_UNKNOWN_PLUGIN') return error;
  const { name } = error.details;
  // A routed name is not to be shown to any other registry, and neither is what it resembles.
  const asked = isPluginName(name) ? lookupOrder(name, registries, route) : registries;
  const meant = typeof name === 'string' ? await nearestName(asked, name) : undefined;
  if (meant === undefined) return error;
  const { code, message, details } = error;
  return new SheafError(code, message, { hint: `Did you mean ${meant}?`, details, cause: error });
}

/** What a registry has said about one plugin. */
interface Heard {
  readonly restrictions: readonly Restriction[];
  readonly events: readonly JudgedEvent[];
}

function heardOf(name: PluginName, { state }: OpenRegistry, events: readonly JudgedEvent[]): Heard {
  const isAbout = ({ plugin }: { readonly plugin: PluginName }): boolean => plugin === name;
  return { restrictions: state.restrictions.filter(isAbout), events: events.filter(isAbout) };
}

/** Why `acceptRelease` would refuse a version for its standing, as the end of a sentence. */
function withheldBecause(
  name: PluginName,
  { version, tier }: VersionRecord,
  { restrictions, events }: Heard,
): string | undefined {
  const [bar] = standingOf({ name, version }, { restrictions, revoked: [] }, events);
  if (bar !== undefined) return barredBecause(bar);
  const granted = grantedTier(restrictions, events, name, version);
  return exceedsTier(tier, granted)
    ? `wants the tier ${tier}, where the registry has granted ${granted}`
    : undefined;
}
