import { advisoriesAffecting } from '../../core/advisories/affects.ts';
import { SheafError } from '../../core/errors.ts';
import type { Advisory } from '../../core/formats/advisory.ts';
import type { Lockfile } from '../../core/formats/lockfile.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { ChosenRelease } from '../../core/resolution/lock-set.ts';
import type { Choice } from '../../core/resolution/resolve.ts';
import { quote } from '../../core/text.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import type { ChosenSet } from './choose-set.ts';
import type { OwnerQuestions } from './owner-questions.ts';

/** A verified release with the registry it comes from. */
export interface VerifiedRelease extends ChosenRelease {
  readonly registry: OpenRegistry;
}

/**
 * Verifies the signatures of every release of a set, those that are installed already included: a quarantine or
 * a revoked key stops them, too. Warns of what was withdrawn or deprecated and of advisories, and tells of new keys.
 *
 * @param lock what was locked before. Its checkpoint excuses a key that was revoked after it; its owners are pins
 *   on a machine that does not know the plugins yet.
 * @param agree asks a person about changes of owners and of their keys.
 * @throws SheafError as `acceptRelease`.
 */
export async function verifySet(
  { reporter }: Pick<ClientPorts, 'reporter'>,
  { resolution, registries, isLocked }: ChosenSet,
  lock: Lockfile | undefined,
  agree: OwnerQuestions,
): Promise<readonly VerifiedRelease[]> {
  const verified = await Promise.all(
    resolution.choices.map(async (choice): Promise<VerifiedRelease> => {
      const registry = registryOf(choice, registries);
      const before = lock?.plugins.find(({ name }) => name === choice.name);
      const isSame = isLocked && before?.manifest === choice.version.manifest;
      const lockedAt = isSame
        ? lock?.registries.find(({ id }) => id === choice.registry)?.checkpoint
        : undefined;
      const release = await registry.release(choice.name, choice.version.version, {
        lockedAt,
        lockedOwner: before?.registry === choice.registry ? before.owner.name : undefined,
        agree: (change) => agree(choice.registry, change),
      });
      return { choice, release, registry };
    }),
  );
  for (const one of verified) tell(reporter, one, await one.registry.advisories());
  return verified;
}

function registryOf(choice: Choice, registries: readonly OpenRegistry[]): OpenRegistry {
  const registry = registries.find(({ id }) => id === choice.registry);
  if (registry !== undefined) return registry;
  throw new SheafError('SHEAF_INTERNAL', `${choice.name} was chosen from a registry that is not open.`);
}

function tell(
  reporter: ClientPorts['reporter'],
  { choice, release }: VerifiedRelease,
  advisories: readonly Advisory[],
): void {
  const { name, registry, version } = choice;
  for (const { id, summary } of advisoriesAffecting(advisories, {
    registry,
    name,
    version: version.version,
  })) {
    const what = summary === undefined ? '' : `: ${quote(summary)}`;
    reporter.warn(`${name} ${version.version} is affected by ${id}${what}; sheaf audit says what to do.`);
  }
  if (version.yanked !== undefined)
    reporter.warn(`${name} ${version.version} was withdrawn: ${version.yanked}.`);
  if (version.deprecated !== undefined) {
    reporter.warn(`${name} ${version.version} is deprecated: ${version.deprecated}.`);
  }
  const { deprecated } = release.plugin;
  if (deprecated !== undefined) reporter.warn(`${name} is deprecated: ${deprecated}.`);
  if (release.keyChange?.by === 'owner') {
    reporter.note(`${release.plugin.owner} has new keys, signed with the ones before.`);
  }
}
