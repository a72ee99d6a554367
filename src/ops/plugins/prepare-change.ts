import { SheafError } from '../../core/errors.ts';
import { admitsCapability } from '../../core/formats/client-policy.ts';
import type { LockedRegistry } from '../../core/formats/lockfile.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { lockSet } from '../../core/resolution/lock-set.ts';
import { isEmptyPlan, type Plan, planFor } from '../../core/resolution/plan.ts';
import type { Choice } from '../../core/resolution/resolve.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import type { PreparedPlan } from './carry-out.ts';
import type { Change, ChangeOptions } from './change.ts';
import { chooseSet } from './choose-set.ts';
import { artifactFor } from './fetch-artifacts.ts';
import { hostListFor } from './host-list.ts';
import {
  type LocalRelease,
  localChoice,
  localFault,
  localReleases,
  requireDistinct,
  requirementsOf,
} from './local-releases.ts';
import { createOwnerQuestions } from './owner-questions.ts';
import type { ProjectView } from './project-view.ts';
import { type VerifiedRelease, verifySet } from './verify-set.ts';

/** A plan that only has to be agreed to and carried out. */
export interface PreparedChange extends PreparedPlan {
  /** Whether everything is already as it would be afterwards. */
  readonly isUnchanged: boolean;
}

/**
 * Turns a change into a plan: chooses the versions, verifies every signature, compares with what is installed,
 * and writes the next lock file and sheaf.toml. Nothing of the project is changed.
 *
 * @throws SheafError of whichever step refuses; `SHEAF_LOCK_OUTDATED` and `SHEAF_LOCK_INVALID` where the lock file
 *   has to be the answer and is none.
 */
export async function prepareChange(
  ports: ClientPorts,
  view: ProjectView,
  change: Change,
  options: ChangeOptions,
): Promise<PreparedChange> {
  const { allowLocal = false } = options;
  const { onlyRemoves = false } = change;
  const locals = await localReleases(ports, change.local, view, { allowLocal, onlyRemoves });
  if (options.locked) requireLocked(locals, view);
  const wanted = [...change.wanted, ...requirementsOf(locals, change.wanted)];
  const chosen = await chooseSet(ports, view, { ...change, wanted }, options, ports.clock.now());
  requireDistinct(locals, chosen.resolution.choices);
  const { policy } = chosen;
  const agree = createOwnerQuestions(ports, policy, options);
  const verified = await verifySet(ports, chosen, view.lock, agree);
  const set = verified.filter(({ choice }) => !change.without.has(choice.name));
  const choices = set.map(({ choice }) => choice);

  const plan = planFor({
    current: change.reinstall ? undefined : view.installed,
    resolution: { choices: [...choices, ...locals.map(localChoice)].toSorted(byName) },
    consents: consentsTo(set, view),
    admits: (capability) => admitsCapability(policy, capability),
    sizes: await missingBytes(ports, set),
  });
  const text = change.rewrite(view.text, choices);
  const lock = lockSet(
    set,
    chosen.registries.map(lockedAt),
    view.lock,
    locals.map(({ locked }) => locked),
  );
  // Where nothing is wanted, no lock file says the same as an empty one.
  const isLockSame = lock === view.lock || (view.lock === undefined && set.length + locals.length === 0);
  if (options.locked && !isLockSame) throw dishonestLock();
  const hostList = hostListFor(view.file, set, locals, ports.platform);
  const isListed = (await ports.project.hostList()) === hostList?.path;
  const isUnchanged = isEmptyPlan(plan) && text === view.text && isLockSame && isListed;
  const configured = manifestsToJudge(plan, set, locals, view);
  return { plan, set, locals, lock, text, hostList, configured, isUnchanged };
}

/** Every field of the lock file follows from signed bytes, so one that says anything else was edited. */
function dishonestLock(): SheafError {
  return new SheafError(
    'SHEAF_LOCK_INVALID',
    'sheaf.lock says something else about a plugin than its signed release.',
    {
      hint: 'Restore sheaf.lock from version control, or run `sheaf install` without --locked to write it anew.',
    },
  );
}

function byName(a: Choice, b: Choice): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function requireLocked(locals: readonly LocalRelease[], { lock }: ProjectView): void {
  const fault = localFault(locals, lock?.local ?? []);
  if (fault === undefined) return;
  throw new SheafError('SHEAF_LOCK_OUTDATED', `sheaf.lock is out of date: ${fault}`, {
    hint: 'Run `sheaf install --allow-local` without --locked, and commit sheaf.lock.',
  });
}

/** For signed plugins what this machine remembers; for local ones what it installed before. */
function consentsTo(
  set: readonly VerifiedRelease[],
  { installed }: ProjectView,
): ReadonlyMap<PluginName, readonly string[]> {
  return new Map([
    ...(installed?.local ?? []).map(({ name, capabilities }) => [name, capabilities] as const),
    ...set.map(({ choice: { name }, registry }) => [name, registry.state.consents.get(name) ?? []] as const),
  ]);
}

/** Those that come in, and those that sheaf.toml configures, whose table may have been edited since. */
function manifestsToJudge(
  plan: Plan,
  set: readonly VerifiedRelease[],
  locals: readonly LocalRelease[],
  { file }: ProjectView,
): readonly Manifest[] {
  const incoming = new Set([...plan.add, ...plan.update].map(({ name }) => name));
  const manifests = [
    ...set.map(({ release }) => release.manifest),
    ...locals.map(({ manifest }) => manifest),
  ];
  return manifests.filter(({ name }) => incoming.has(name) || Object.hasOwn(file.config, name));
}

/** The state of a registry that this resolution saw. */
function lockedAt({ id, urls: [url = ''], state, checkpoint }: OpenRegistry): LockedRegistry {
  const { epoch, version, sha256 } = checkpoint;
  return {
    id,
    url,
    root: { version: state.root.version, sha256: state.root.sha256 },
    checkpoint: { epoch, version, sha256 },
  };
}

/** Bytes still to be downloaded for each plugin. */
async function missingBytes(
  { store, platform }: ClientPorts,
  set: readonly VerifiedRelease[],
): Promise<ReadonlyMap<PluginName, number>> {
  const sizes = new Map<PluginName, number>();
  for (const { choice, release } of set) {
    const artifact = artifactFor(release.manifest, platform);
    if (artifact.size === undefined || (await store.locate(artifact)) !== undefined) continue;
    sizes.set(choice.name, artifact.size);
  }
  return sizes;
}
