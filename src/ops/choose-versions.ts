import { type ClientPolicy, forbiddenBecause } from '../core/client-policy.ts';
import { SheafError } from '../core/errors.ts';
import type { Instant } from '../core/instant.ts';
import type { Lockfile } from '../core/lockfile.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ReleasesRecord, VersionRecord } from '../core/records.ts';
import {
  type Choice,
  type Offer,
  type Resolution,
  type ResolutionProblem,
  resolve,
} from '../core/resolve.ts';
import { nearestName } from './nearest-name.ts';
import type { OpenRegistry } from './open-registry.ts';

/** Everything that decides which versions are taken. */
export interface ChoiceBasis extends Omit<ResolutionProblem, 'offer' | 'locked'> {
  /** In the order in which a plugin without a registry is looked up. */
  readonly registries: readonly OpenRegistry[];
  readonly lock: Lockfile | undefined;
  readonly policy: ClientPolicy;
  readonly now: Instant;
}

/**
 * Resolves what is wanted. Versions that the policy forbids are not there for the solver; when that leaves no
 * answer, the refusal says which ones it was.
 *
 * @throws SheafError as `resolve`; `SHEAF_UNKNOWN_REGISTRY` when a registry is named that is not configured.
 */
export async function chooseVersions(basis: ChoiceBasis): Promise<Resolution> {
  const { registries, lock, policy, now, ...problem } = basis;
  const locked = new Map((lock?.plugins ?? []).map((plugin) => [plugin.name, plugin.version]));
  const forbidden = new Set<string>();

  const allowed = (record: ReleasesRecord, version: VersionRecord): boolean => {
    // What is locked was old enough once; a clock that was set back must not take it away.
    const rules = locked.get(record.name) === version.version ? { ...policy, minimumReleaseAge: 0 } : policy;
    const reason = forbiddenBecause(rules, version, now);
    if (reason !== undefined) forbidden.add(`${record.name} ${version.version} ${reason}`);
    return reason === undefined;
  };
  const offer = async (name: PluginName, id: string | undefined): Promise<Offer | undefined> => {
    for (const registry of candidates(registries, name, id)) {
      const record = await registry.releases(name);
      if (record === undefined) continue;
      const versions = record.versions.filter((version) => allowed(record, version));
      return { registry: registry.id, record: { ...record, versions } };
    }
    return undefined;
  };

  try {
    return await resolve({ ...problem, locked, offer });
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    if (error.code === 'SHEAF_UNKNOWN_PLUGIN') throw await withNearestName(error, registries);
    if (forbidden.size === 0) throw error;
    throw new SheafError(error.code, error.message, {
      hint: `The policy left out: ${[...forbidden].toSorted().join('; ')}.`,
      details: { ...error.details, forbidden: [...forbidden].toSorted() },
      cause: error,
    });
  }
}

/** The refusal of a name that no registry has, with the name that was probably meant. */
async function withNearestName(error: SheafError, registries: readonly OpenRegistry[]): Promise<SheafError> {
  const { name, registry } = error.details;
  const asked = registries.filter(({ id }) => registry === undefined || id === registry);
  const meant = typeof name === 'string' ? await nearestName(asked, name) : undefined;
  if (meant === undefined) return error;
  return new SheafError(error.code, error.message, {
    hint: `Did you mean ${meant}?`,
    details: { ...error.details, meant },
    cause: error,
  });
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
    const [registry] = candidates(registries, plugin.name, plugin.registry);
    const record = await registry?.releases(plugin.name);
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

function candidates(
  registries: readonly OpenRegistry[],
  name: PluginName,
  id: string | undefined,
): readonly OpenRegistry[] {
  if (id === undefined) return registries;
  const named = registries.filter((registry) => registry.id === id);
  if (named.length > 0) return named;
  throw new SheafError(
    'SHEAF_UNKNOWN_REGISTRY',
    `${name} is wanted from registry ${id}, which is not configured.`,
    {
      hint: 'Add it with: sheaf registry add URL.',
    },
  );
}
