import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { isEmptyPlan, type Plan } from '../../core/resolution/plan.ts';
import { quote } from '../../core/text.ts';
import { carryOut } from './carry-out.ts';
import type { Change, ChangeOptions } from './change.ts';
import { judgeConfig } from './plugin-config.ts';
import { type PreparedChange, prepareChange } from './prepare-change.ts';
import { type ProjectView, readProject } from './project-view.ts';
import { recordChange } from './record-change.ts';
import { requireConsent } from './require-consent.ts';
import { requireIsolatedBuilds, requirePrograms } from './require-programs.ts';

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
    const prepared = await prepareChange(ports, view, change, options);
    const { plan, configured, text, isUnchanged } = prepared;
    await requireMachine(ports, prepared, options);
    if (options.dryRun || isUnchanged) {
      const { project } = ports;
      if (isEmptyPlan(plan))
        await judgeConfig(ports, configured, text, (...file) => project.readInstalled(...file));
      return { plan, ...(view.generation === undefined ? {} : { generation: view.generation }), notes: [] };
    }
    warnOfLocals(ports, prepared);
    await requireConsent(ports, plan, change, options);
    const generation = await carryOut(ports, prepared);
    await recordChange(ports, { before: view.installed, after: prepared.lock, generation });
    return { plan, generation, notes: notesOf(prepared) };
  });
}

/** Before anything is fetched: what cannot be built or run here is not even a plan. */
async function requireMachine(
  ports: ClientPorts,
  prepared: PreparedChange,
  { allowUnisolatedBuild = false }: ChangeOptions,
): Promise<void> {
  const incoming = incomingOf(prepared);
  const signed = prepared.set.map(({ release }) => release.manifest).filter(({ name }) => incoming.has(name));
  const locals = prepared.locals.map(({ manifest }) => manifest).filter(({ name }) => incoming.has(name));
  await requirePrograms(ports, [...signed, ...locals]);
  await requireIsolatedBuilds(ports, signed, allowUnisolatedBuild);
}

function incomingOf({ plan }: PreparedChange): ReadonlySet<PluginName> {
  return new Set([...plan.add, ...plan.update].map(({ name }) => name));
}

function warnOfLocals({ reporter }: Pick<ClientPorts, 'reporter'>, prepared: PreparedChange): void {
  const incoming = incomingOf(prepared);
  for (const { locked } of prepared.locals) {
    if (!incoming.has(locked.name)) continue;
    reporter.warn(`${locked.name} from ${quote(locked.path)} is unverified: no registry signed it.`);
  }
}

function notesOf(prepared: PreparedChange): Changed['notes'] {
  const incoming = incomingOf(prepared);
  const manifests = [
    ...prepared.set.map(({ release }) => release.manifest),
    ...prepared.locals.map(({ manifest }) => manifest),
  ];
  return manifests.flatMap(({ name, notes }) =>
    notes !== undefined && incoming.has(name) ? [{ plugin: name, text: notes }] : [],
  );
}
