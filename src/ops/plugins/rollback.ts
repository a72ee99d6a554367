import { SheafError } from '../../core/errors.ts';
import type { ClientPolicy } from '../../core/formats/client-policy.ts';
import { entriesOf, type LockedEntry } from '../../core/formats/lock-entries.ts';
import { type Lockfile, lockfileOf, readLockfile } from '../../core/formats/lockfile.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { forbiddenBecause, withoutVouching } from '../../core/resolution/policy-verdict.ts';
import { barredBecause, wayOut } from '../../core/trust/standing.ts';
import type { Version } from '../../core/version.ts';
import { checkStanding } from './check-standing.ts';
import { type RecordPorts, recordChange } from './record-change.ts';
import { rulesOf } from './rules.ts';

/** Which set to go back to. */
export interface RollbackOptions {
  /** Number of the generation; the newest one before the current when absent. */
  readonly generation?: number;
  readonly dryRun: boolean;
}

/** A plugin whose version differs between two sets; absent on the side where it is not installed. */
export interface VersionChange {
  readonly name: PluginName;
  readonly from?: Version;
  readonly to?: Version;
}

/** What going back changed, or with `dryRun` would change. */
export interface RolledBack {
  readonly from: number;
  readonly generation: number;
  readonly changes: readonly VersionChange[];
  /** Capabilities of every plugin afterwards. */
  readonly capabilities: Readonly<Record<PluginName, readonly string[]>>;
}

/**
 * Makes an earlier installed set current again, with its sheaf.toml and sheaf.lock. Nothing is fetched: the set
 * lies complete on disk. The set that was current stays too, so going forward again is the same command. What the
 * policy forbids by now comes back with a warning: going back is how one gets out of trouble.
 *
 * @throws SheafError `SHEAF_NO_GENERATION`; `SHEAF_REVOKED` when that set holds what must not run any more.
 */
export async function rollback(ports: RecordPorts, options: RollbackOptions): Promise<RolledBack> {
  return ports.project.exclusively(async () => {
    const generations = await ports.project.generations();
    const current = generations.find((one) => one.current);
    const target =
      options.generation === undefined
        ? generations.findLast((one) => current !== undefined && one.number < current.number)
        : generations.find((one) => one.number === options.generation);
    if (current === undefined || target === undefined) {
      const kept = generations.map((one) => one.number);
      const message =
        options.generation === undefined
          ? 'There is no earlier set to go back to.'
          : `There is no set ${options.generation}.`;
      throw new SheafError('SHEAF_NO_GENERATION', message, {
        hint:
          kept.length === 0 ? 'Nothing has been installed here.' : `These sets are kept: ${kept.join(', ')}.`,
        details: { kept },
      });
    }
    const [before, after] = [lockOf(current.lock), lockOf(target.lock)];
    await requireUnbarred(ports, after, target.number);
    const next = entriesOf(after);
    const changes = differences(entriesOf(before), next);
    for (const warning of await forbiddenIn(ports, next)) ports.reporter.warn(warning);
    if (!options.dryRun) {
      await ports.project.activate(target.number);
      await recordChange(ports, { before, after, generation: target.number }, 'rollback');
    }
    const capabilities = Object.fromEntries(next.map((plugin) => [plugin.name, plugin.capabilities]));
    return { from: current.number, generation: target.number, changes, capabilities };
  });
}

/** What was harmless when it was installed need not be now; a set from before must not bring it back. */
async function requireUnbarred(
  ports: Pick<ClientPorts, 'user'>,
  lock: Lockfile,
  generation: number,
): Promise<void> {
  const [barred] = await checkStanding(ports, lock);
  const bar = barred?.bars[0];
  if (barred === undefined || bar === undefined) return;
  const { name, version } = barred;
  throw new SheafError(
    'SHEAF_REVOKED',
    `Set ${generation} has ${name} ${version}, which ${barredBecause(bar)}.`,
    { hint: `Go back to another set, or install without it. ${wayOut(bar)}` },
  );
}

/** What a lock file alone tells of a plugin: its name, its tier and its capabilities. */
async function forbiddenIn(
  ports: Pick<ClientPorts, 'user'>,
  entries: readonly LockedEntry[],
): Promise<readonly string[]> {
  // The project's own policy goes back, too.
  const { policy } = await rulesOf(ports);
  const rules: ClientPolicy = { ...withoutVouching(policy), allowLicenses: undefined, denyLicenses: [] };
  return entries.flatMap(({ name, version, registry, tier, capabilities }) => {
    const needed = capabilities.map((id) => ({ id, optional: false }));
    const release = { registry, name, version: { tier, capabilities: needed }, mayBeYoung: true };
    const reason = forbiddenBecause(rules, release, 0);
    return reason === undefined ? [] : [`${name} ${version} ${reason}.`];
  });
}

function lockOf(bytes: Uint8Array): Lockfile {
  return lockfileOf(readLockfile(bytes, 'sheaf.lock'));
}

function differences(from: readonly LockedEntry[], to: readonly LockedEntry[]): readonly VersionChange[] {
  const before = new Map(from.map(({ name, version }) => [name, version]));
  const after = new Map(to.map(({ name, version }) => [name, version]));
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.flatMap((name) => {
    const [old, next] = [before.get(name), after.get(name)];
    if (old === next) return [];
    return [
      { name, ...(old === undefined ? {} : { from: old }), ...(next === undefined ? {} : { to: next }) },
    ];
  });
}
