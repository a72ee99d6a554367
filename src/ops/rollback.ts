import { SheafError } from '../core/errors.ts';
import { entriesOf, type LockedEntry } from '../core/formats/lock-entries.ts';
import { type Lockfile, lockfileOf, readLockfile } from '../core/formats/lockfile.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { Version } from '../core/version.ts';

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
 * lies complete on disk. The set that was current stays too, so going forward again is the same command.
 *
 * @throws SheafError `SHEAF_NO_GENERATION`.
 */
export async function rollback(
  ports: Pick<ClientPorts, 'project'>,
  options: RollbackOptions,
): Promise<RolledBack> {
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
    const next = entriesOf(lockOf(target.lock));
    const changes = differences(entriesOf(lockOf(current.lock)), next);
    if (!options.dryRun) await ports.project.activate(target.number);
    const capabilities = Object.fromEntries(next.map((plugin) => [plugin.name, plugin.capabilities]));
    return { from: current.number, generation: target.number, changes, capabilities };
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
