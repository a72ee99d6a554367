import { SheafError } from '../core/errors.ts';
import { lockSet } from '../core/lock-set.ts';
import type { LockedRegistry } from '../core/lockfile.ts';
import { isEmptyPlan, type Plan, type PlannedChange, planFor } from '../core/plan.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import { carryOut } from './carry-out.ts';
import type { Change, ChangeOptions } from './change.ts';
import { chooseSet } from './choose-set.ts';
import { artifactFor } from './fetch-artifacts.ts';
import type { OpenRegistry } from './open-registry.ts';
import { type ProjectView, readProject } from './project-view.ts';
import { rememberReleases } from './remember-releases.ts';
import { type VerifiedRelease, verifySet } from './verify-set.ts';

/** What was done, or with `dryRun` would be. */
export interface Changed {
  readonly plan: Plan;
  /** The generation that is current; absent where nothing has been installed yet. */
  readonly generation?: number;
  /** What plugins that came in ask the person to do next. */
  readonly notes: readonly { readonly plugin: PluginName; readonly text: string }[];
}

/**
 * The one way in which an installed set changes: choose versions, verify every signature, plan, ask for new
 * powers, fetch, build the next generation beside the current one, switch. Until the switch nothing that was
 * there is touched; everything before it can be interrupted or repeated.
 *
 * @param decide makes the change from the project as it is once no other sheaf can alter it.
 * @throws SheafError of whichever step refuses; the project is then as it was.
 */
export async function changePlugins(
  ports: ClientPorts,
  decide: (view: ProjectView) => Change,
  options: ChangeOptions,
): Promise<Changed> {
  return ports.project.exclusively(async () => {
    const view = await readProject(ports);
    const change = decide(view);
    const chosen = await chooseSet(ports, view, change, options, ports.clock.now());
    const verified = await verifySet(ports, chosen, view.lock);
    const set = verified.filter(({ choice }) => !change.without.has(choice.name));
    const choices = set.map(({ choice }) => choice);

    const plan = planFor({
      current: change.reinstall ? undefined : view.installed,
      resolution: { choices },
      consents: new Map(
        set.map(({ choice: { name }, registry }) => [name, registry.state.consents.get(name) ?? []]),
      ),
      sizes: await missingBytes(ports, set),
    });
    const text = change.rewrite(view.text, choices);
    const lock = lockSet(set, chosen.registries.map(lockedAt), view.lock);
    const isUnchanged = isEmptyPlan(plan) && text === view.text && lock === view.lock;
    if (options.dryRun || isUnchanged) return { plan, ...current(view), notes: [] };

    await requireConsent(ports, plan, change, options);
    const generation = await carryOut(ports, { plan, set, lock, text });
    await rememberReleases(ports, set);
    return { plan, generation, notes: notesOf([...plan.add, ...plan.update], set) };
  });
}

function current({ generation }: ProjectView): { generation?: number } {
  return generation === undefined ? {} : { generation };
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

/** Naming a plugin on the command line agrees to what it and its dependencies may do; an update never agrees. */
async function requireConsent(
  { reporter, prompt }: ClientPorts,
  plan: Plan,
  change: Change,
  options: ChangeOptions,
): Promise<void> {
  const changes = change.agreesToAdditions ? plan.update : [...plan.add, ...plan.update];
  const open = changes.filter(({ newCapabilities }) => newCapabilities.length > 0);
  if (open.length === 0 || options.acceptCapabilities) return;
  const wishes = open.map(
    ({ name, version, newCapabilities }) => `${name} ${version}: ${newCapabilities.join(', ')}`,
  );
  for (const wish of wishes) reporter.note(`New capabilities for ${wish}`);
  const agreed = await prompt
    .confirm('Give these capabilities?', '--accept-capabilities')
    .catch((error: unknown) => {
      if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') return false;
      throw error;
    });
  if (agreed) return;
  throw new SheafError(
    'SHEAF_CAPABILITIES',
    `Nobody agreed to the new capabilities of ${wishes.join('; ')}.`,
    {
      hint: 'Agree with --accept-capabilities, or keep the versions that are installed.',
      details: { plugins: open.map(({ name, newCapabilities }) => ({ name, newCapabilities })) },
    },
  );
}

function notesOf(changes: readonly PlannedChange[], set: readonly VerifiedRelease[]): Changed['notes'] {
  return changes.flatMap(({ name }) => {
    const text = set.find(({ choice }) => choice.name === name)?.release.manifest.notes;
    return text === undefined ? [] : [{ plugin: name, text }];
  });
}
