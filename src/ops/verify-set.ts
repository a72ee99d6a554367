import { SheafError } from '../core/errors.ts';
import type { Lockfile } from '../core/formats/lockfile.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { ChosenRelease } from '../core/resolution/lock-set.ts';
import type { Choice } from '../core/resolution/resolve.ts';
import type { ChosenSet } from './choose-set.ts';
import type { OpenRegistry } from './open-registry.ts';

/** A verified release with the registry it comes from. */
export interface VerifiedRelease extends ChosenRelease {
  readonly registry: OpenRegistry;
}

/**
 * Verifies the signatures of every release of a set, those that are installed already included: a quarantine or
 * a revoked key stops them, too. Warns of what was withdrawn or deprecated, and tells of new keys.
 *
 * @param lock what was locked before. Its checkpoint excuses a key that was revoked after it.
 * @throws SheafError as `acceptRelease`.
 */
export async function verifySet(
  { reporter }: Pick<ClientPorts, 'reporter'>,
  { resolution, registries, isLocked }: ChosenSet,
  lock: Lockfile | undefined,
): Promise<readonly VerifiedRelease[]> {
  const verified = await Promise.all(
    resolution.choices.map(async (choice): Promise<VerifiedRelease> => {
      const registry = registryOf(choice, registries);
      const before = lock?.plugins.find(({ name }) => name === choice.name);
      const isSame = isLocked && before?.manifest === choice.version.manifest;
      const lockedAt = isSame
        ? lock?.registries.find(({ id }) => id === choice.registry)?.checkpoint
        : undefined;
      const release = await registry.release(choice.name, choice.version.version, { lockedAt });
      return { choice, release, registry };
    }),
  );
  for (const one of verified) tell(reporter, one);
  return verified;
}

function registryOf(choice: Choice, registries: readonly OpenRegistry[]): OpenRegistry {
  const registry = registries.find(({ id }) => id === choice.registry);
  if (registry !== undefined) return registry;
  throw new SheafError('SHEAF_INTERNAL', `${choice.name} was chosen from a registry that is not open.`);
}

function tell(reporter: ClientPorts['reporter'], { choice, release }: VerifiedRelease): void {
  const { name, version } = choice;
  if (version.yanked !== undefined)
    reporter.warn(`${name} ${version.version} was withdrawn: ${version.yanked}.`);
  if (version.deprecated !== undefined) {
    reporter.warn(`${name} ${version.version} is deprecated: ${version.deprecated}.`);
  }
  const { deprecated } = release.plugin;
  if (deprecated !== undefined) reporter.warn(`${name} is deprecated: ${deprecated}.`);
  if (release.keyChange?.by === 'owner') {
    reporter.note(`${release.owner.name} has new keys, signed with the ones before.`);
  }
}
