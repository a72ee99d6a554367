import { SheafError } from '../core/errors.ts';
import { valueOf } from '../core/finding.ts';
import { type ClientPolicy, forbiddenBecause, stricterPolicy } from '../core/formats/client-policy.ts';
import { readConfig } from '../core/formats/config-file.ts';
import type { Instant } from '../core/instant.ts';
import type { ClientPorts } from '../core/ports.ts';
import { lockFault } from '../core/resolution/lock-status.ts';
import type { Resolution } from '../core/resolution/resolve.ts';
import type { Version } from '../core/version.ts';
import type { Change, ChangeOptions } from './change.ts';
import { chooseVersions, lockedChoices } from './choose-versions.ts';
import { type OpenRegistry, openRegistries } from './open-registry.ts';
import { floorsOf, type ProjectView } from './project-view.ts';
import { refresh } from './refresh.ts';

/** The versions that make up the next set. */
export interface ChosenSet {
  readonly registries: readonly OpenRegistry[];
  readonly resolution: Resolution;
  /** Whether the lock file answered, so that nothing was resolved. */
  readonly isLocked: boolean;
}

/** The versions of everything that is wanted: from the lock file where it answers that, else by resolution. */
export async function chooseSet(
  ports: ClientPorts,
  view: ProjectView,
  change: Change,
  options: ChangeOptions,
  now: Instant,
): Promise<ChosenSet> {
  const { engines, policy } = await rulesOf(ports, view);
  const floors = floorsOf(view.lock);
  const isUpdate = change.update === 'all' || change.update.size > 0;
  const fault = isUpdate ? undefined : lockFault(change.wanted, view.lock);
  if (options.locked && fault !== undefined) {
    throw new SheafError('SHEAF_LOCK_OUTDATED', `sheaf.lock is out of date: ${fault}`, {
      hint: 'Run `sheaf install` without --locked, and commit sheaf.lock.',
    });
  }
  const isLocked = !isUpdate && fault === undefined;
  if (!isLocked) await refresh(ports, floors, { allowStale: options.allowStale });
  const registries = await openRegistries(ports, [], { allowStale: isLocked || options.allowStale, floors });
  if (registries.length === 0 && change.wanted.length > 0) throw noRegistry(view);
  if (isLocked && view.lock !== undefined) {
    const resolution = await lockedChoices(view.lock, registries);
    requirePolicy(resolution, policy, now);
    return { registries, resolution, isLocked };
  }
  const { wanted, update } = change;
  const { platform } = ports;
  const { prereleases } = options;
  const resolution = await chooseVersions({
    wanted,
    update,
    registries,
    lock: view.lock,
    engines,
    platform,
    prereleases,
    policy,
    now,
  });
  return { registries, resolution, isLocked };
}

/** What a host and its people admit. */
export interface Rules {
  readonly engines: Readonly<Record<string, Version>>;
  readonly policy: ClientPolicy;
}

/** The rules of the user and of the project together. */
export async function rulesOf({ user }: Pick<ClientPorts, 'user'>, { file }: ProjectView): Promise<Rules> {
  const config = valueOf(readConfig((await user.readConfig()) ?? new Uint8Array(), user.configPath));
  return {
    engines: { ...config.engines, ...file.engines },
    policy: stricterPolicy(config.policy, file.policy),
  };
}

function noRegistry({ file }: ProjectView): SheafError {
  const [proposed] = file.registries;
  const pin = proposed?.root === undefined ? '' : ` --root sha256:${proposed.root}`;
  return new SheafError('SHEAF_UNKNOWN_REGISTRY', 'No registry is configured.', {
    hint:
      proposed === undefined
        ? 'Add one with: sheaf registry add URL.'
        : `This project proposes: sheaf registry add ${proposed.urls[0]}${pin}.`,
  });
}

/** What is locked was old enough once; everything else of the policy holds for it, too. */
function requirePolicy(resolution: Resolution, policy: ClientPolicy, now: Instant): void {
  for (const { name, version } of resolution.choices) {
    const reason = forbiddenBecause({ ...policy, minimumReleaseAge: 0 }, version, now);
    if (reason !== undefined) throw new SheafError('SHEAF_POLICY', `${name} ${version.version} ${reason}.`);
  }
}
