import { SheafError } from '../../core/errors.ts';
import type { ClientPolicy } from '../../core/formats/client-policy.ts';
import type { Instant } from '../../core/instant.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { lockFault } from '../../core/resolution/lock-status.ts';
import type { Resolution } from '../../core/resolution/resolve.ts';
import { type OpenRegistry, openRegistries } from '../registries/open-registry.ts';
import { decideOnProposals } from '../registries/proposed-registries.ts';
import { refresh } from '../registries/refresh.ts';
import type { Change, ChangeOptions } from './change.ts';
import { chooseVersions } from './choose-versions.ts';
import { lockedChoices } from './locked-choices.ts';
import { createPolicyJudge, type PolicyJudge } from './policy-judge.ts';
import { floorsOf, type ProjectView } from './project-view.ts';
import { type Rules, rulesOf } from './rules.ts';
import { warnOfTakenNames } from './taken-names.ts';

/** The versions that make up the next set. */
export interface ChosenSet {
  readonly registries: readonly OpenRegistry[];
  readonly resolution: Resolution;
  /** Whether the lock file answered, so that nothing was resolved. */
  readonly isLocked: boolean;
  /** The policy that it keeps to. */
  readonly policy: ClientPolicy;
}

/** The versions of everything that is wanted: from the lock file where it answers that, else by resolution. */
export async function chooseSet(
  ports: ClientPorts,
  view: ProjectView,
  change: Change,
  options: ChangeOptions,
  now: Instant,
): Promise<ChosenSet> {
  const onlyRemoves = change.onlyRemoves === true;
  if (!onlyRemoves) await decideOnProposals(ports, view.file, options);
  const { engines, policy, ...rules } = await rulesOf(ports, view);
  const route: Rules['route'] = onlyRemoves ? () => undefined : rules.route;
  const floors = floorsOf(view.lock);
  const isUpdate = change.update === 'all' || change.update.size > 0;
  const fault = isUpdate ? undefined : lockFault(change.wanted, view.lock, route);
  if (options.locked && fault !== undefined) {
    throw new SheafError('SHEAF_LOCK_OUTDATED', `sheaf.lock is out of date: ${fault}`, {
      hint: 'Run `sheaf install` without --locked, and commit sheaf.lock.',
    });
  }
  const isLocked = !isUpdate && fault === undefined;
  if (!isLocked) await refresh(ports, floors, { allowStale: options.allowStale });
  const registries = await openRegistries(ports, [], { allowStale: isLocked || options.allowStale, floors });
  if (registries.length === 0 && change.wanted.length > 0) throw noRegistry();
  if (isLocked && view.lock !== undefined) {
    const resolution = await lockedChoices(view.lock, registries);
    const locked = new Map(view.lock.plugins.map((plugin) => [plugin.name, plugin]));
    const judge = createPolicyJudge(policy, (name) => locked.get(name), now);
    if (!onlyRemoves) await requirePolicy(resolution, registries, judge);
    if (!onlyRemoves)
      await warnOfTakenNames(ports, { ...resolution, wanted: change.wanted, registries, route });
    return { registries, resolution, isLocked, policy };
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
    route,
    keepsLocked: onlyRemoves,
    now,
  });
  if (!onlyRemoves) await warnOfTakenNames(ports, { ...resolution, wanted, registries, route });
  return { registries, resolution, isLocked, policy };
}

function noRegistry(): SheafError {
  return new SheafError('SHEAF_UNKNOWN_REGISTRY', 'No registry is configured.', {
    hint: 'Add one with: sheaf registry add URL.',
  });
}

/**
 * A lock file that answers is not resolved anew, so the policy can only refuse it: another version is for a person
 * to choose.
 */
async function requirePolicy(
  { choices }: Resolution,
  registries: readonly OpenRegistry[],
  judge: PolicyJudge,
): Promise<void> {
  for (const { name, registry: id, record, version } of choices) {
    const registry = registries.find((one) => one.id === id);
    if (registry !== undefined) await judge.learn(registry, record, [version]);
    const reason = judge.reasonAgainst(id, name, version);
    if (reason === undefined) continue;
    throw new SheafError('SHEAF_POLICY', `${name} ${version.version} ${reason}.`, {
      hint: `Choose another version with sheaf update ${name}, or do without: sheaf remove ${name}.`,
      details: { name, version: version.version, registry: id },
    });
  }
}
