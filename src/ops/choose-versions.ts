import { SheafError } from '../core/errors.ts';
import { type ClientPolicy, forbiddenBecause } from '../core/formats/client-policy.ts';
import type { Lockfile } from '../core/formats/lockfile.ts';
import type { VersionRecord } from '../core/index/records.ts';
import type { Instant } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import {
  type Choice,
  type Offer,
  type Resolution,
  type ResolutionProblem,
  resolve,
} from '../core/resolution/resolve.ts';
import { quote } from '../core/text.ts';
import {
  exceedsTier,
  grantedTier,
  type JudgedEvent,
  quarantineOf,
  type Restriction,
} from '../core/trust/status.ts';
import { nearestName } from './nearest-name.ts';
import type { OpenRegistry } from './open-registry.ts';

/** Everything that decides which versions are taken. */
export interface ChoiceBasis extends Omit<ResolutionProblem, 'offer' | 'locked' | 'excluded'> {
  /** In the order in which a plugin without a registry is looked up. */
  readonly registries: readonly OpenRegistry[];
  readonly lock: Lockfile | undefined;
  readonly policy: ClientPolicy;
  readonly now: Instant;
}

/**
 * Resolves what is wanted. Versions that the policy forbids, or that the registry has quarantined or not granted
 * their tier, are not chosen; where that leaves no answer, the explanation says so.
 *
 * @throws SheafError as `resolve`; `SHEAF_UNKNOWN_REGISTRY` when something is wanted from a registry that is not
 *   configured.
 */
export async function chooseVersions(basis: ChoiceBasis): Promise<Resolution> {
  const { registries, lock, policy, now, ...problem } = basis;
  // What came from a registry that is no longer configured cannot be kept.
  const isOpen = (id: string): boolean => registries.some((registry) => registry.id === id);
  const keepable = (lock?.plugins ?? []).filter(({ registry }) => isOpen(registry));
  const locked = new Map(keepable.map((plugin) => [plugin.name, plugin]));
  const standings = new Map<string, Standing>();

  for (const { name, registry } of problem.wanted) {
    if (registry !== undefined) configured(registries, name, registry);
  }
  const offer = async (name: PluginName, id: string | undefined): Promise<Offer | undefined> => {
    // A dependency may name a registry that is not configured; another version, or none of it, may do.
    for (const registry of registries.filter((one) => id === undefined || one.id === id)) {
      const record = await registry.releases(name);
      if (record === undefined) continue;
      standings.set(`${registry.id}/${name}`, standingOf(name, registry, await registry.status()));
      return { registry: registry.id, record };
    }
    return undefined;
  };
  const excluded = ({ registry, record: { name } }: Offer, version: VersionRecord): string | undefined => {
    const held = locked.get(name);
    const isLocked = held?.registry === registry && held.manifest === version.manifest;
    // What is locked was old enough once; a clock that was set back must not take it away.
    const rules = isLocked ? { ...policy, minimumReleaseAge: 0 } : policy;
    const standing = standings.get(`${registry}/${name}`);
    return forbiddenBecause(rules, version, now) ?? (standing && withheldBecause(name, version, standing));
  };
  try {
    return await resolve({ ...problem, locked, offer, excluded });
  } catch (error) {
    throw await withNearestName(error, registries);
  }
}

/** Adds to the refusal of an unknown plugin the name that was perhaps meant. */
async function withNearestName(error: unknown, registries: readonly OpenRegistry[]): Promise<unknown> {
  if (!(error instanceof SheafError) || error.code !== 'SHEAF_UNKNOWN_PLUGIN') return error;
  const { name } = error.details;
  const meant = typeof name === 'string' ? await nearestName(registries, name) : undefined;
  if (meant === undefined) return error;
  const { code, message, details } = error;
  return new SheafError(code, message, { hint: `Did you mean ${meant}?`, details, cause: error });
}

/** What a registry has said about one plugin. */
interface Standing {
  readonly restrictions: readonly Restriction[];
  readonly events: readonly JudgedEvent[];
}

function standingOf(name: PluginName, { state }: OpenRegistry, events: readonly JudgedEvent[]): Standing {
  const isAbout = ({ plugin }: { readonly plugin: PluginName }): boolean => plugin === name;
  return { restrictions: state.restrictions.filter(isAbout), events: events.filter(isAbout) };
}

/** Why `acceptRelease` would refuse a version for its standing, as the end of a sentence. */
function withheldBecause(
  name: PluginName,
  { version, tier }: VersionRecord,
  { restrictions, events }: Standing,
): string | undefined {
  const quarantine = quarantineOf(restrictions, events, name, version);
  if (quarantine !== undefined) return `is quarantined: ${quote(quarantine.reason)}`;
  const granted = grantedTier(restrictions, events, name, version);
  return exceedsTier(tier, granted)
    ? `wants the tier ${tier}, where the registry has granted ${granted}`
    : undefined;
}

/**
 * The choices that a lock file which answers everything stands for, without resolving anything.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`, `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION`; `SHEAF_INDEX` when
 *   the registry now has another manifest under that version.
 */
export async function lockedChoices(
  lock: Lockfile,
  registries: readonly OpenRegistry[],
): Promise<Resolution> {
  const choices = lock.plugins.map(async (plugin): Promise<Choice> => {
    const registry = configured(registries, plugin.name, plugin.registry);
    const record = await registry.releases(plugin.name);
    if (record === undefined) {
      throw new SheafError(
        'SHEAF_UNKNOWN_PLUGIN',
        `Registry ${plugin.registry} has no plugin ${plugin.name}.`,
        {
          hint: 'sheaf.lock may belong to another registry; run `sheaf install` after removing the plugin.',
        },
      );
    }
    const version = record.versions.find((one) => one.version === plugin.version);
    if (version === undefined) {
      throw new SheafError(
        'SHEAF_UNKNOWN_VERSION',
        `Registry ${plugin.registry} has no ${plugin.name} ${plugin.version}.`,
        {
          hint: `Run: sheaf update ${plugin.name}.`,
        },
      );
    }
    if (version.manifest !== plugin.manifest) {
      throw new SheafError(
        'SHEAF_INDEX',
        `${plugin.name} ${plugin.version} is not the release that was locked.`,
        {
          hint: 'A release never changes: the lock file was edited, or the registry must not be trusted.',
          details: { locked: plugin.manifest, offered: version.manifest },
        },
      );
    }
    return { name: plugin.name, registry: plugin.registry, record, version, requiredBy: [] };
  });
  return { choices: await Promise.all(choices) };
}

function configured(registries: readonly OpenRegistry[], name: PluginName, id: string): OpenRegistry {
  const registry = registries.find((one) => one.id === id);
  if (registry !== undefined) return registry;
  throw new SheafError(
    'SHEAF_UNKNOWN_REGISTRY',
    `${name} is wanted from registry ${id}, which is not configured.`,
    { hint: 'Add it with: sheaf registry add URL.' },
  );
}
