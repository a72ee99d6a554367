import type { Lockfile } from '../../core/formats/lockfile.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { type Bar, standingOf } from '../../core/trust/standing.ts';
import type { Version } from '../../core/version.ts';
import { configuredRegistries, knownTrust } from '../registries/configured-registries.ts';
import { readProject } from './project-view.ts';

/** A plugin that must not be loaded, or must be stopped where it runs. */
export interface BarredPlugin {
  readonly name: PluginName;
  readonly version: Version;
  /** Id of its registry. */
  readonly registry: string;
  /** At least one; the gravest first. */
  readonly bars: readonly Bar[];
}

/**
 * The plugins of a set that must not run: malware, quarantined, or signed by a key that is revoked, as this
 * machine remembers it. Reads the trust state alone, no index and no network, so that a host can ask before it
 * loads a plugin and again every few minutes; the answer changes with the next `sync` of anybody on the machine.
 *
 * @param lock of the installed set: its checkpoints tell which revocations came later. Local plugins are never
 *   barred: nobody can name them.
 */
export async function checkStanding(
  ports: Pick<ClientPorts, 'user'>,
  lock: Lockfile,
): Promise<readonly BarredPlugin[]> {
  const registries = await configuredRegistries(ports);
  const barred: BarredPlugin[] = [];
  for (const { id, checkpoint } of lock.registries) {
    const registry = registries.find((one) => one.id === id);
    const known = registry === undefined ? undefined : await knownTrust(ports, registry);
    if (known === undefined) continue;
    for (const { name, version, registry: from, owner } of lock.plugins) {
      if (from !== id) continue;
      const bars = standingOf({ name, version, key: owner.key, lockedAt: checkpoint }, known);
      if (bars.length > 0) barred.push({ name, version, registry: id, bars });
    }
  }
  return barred;
}

/** {@link checkStanding} of the set that is installed now; nothing is barred where nothing is installed. */
export async function checkInstalled(
  ports: Pick<ClientPorts, 'user' | 'project'>,
): Promise<readonly BarredPlugin[]> {
  const { installed } = await readProject(ports);
  return installed === undefined ? [] : checkStanding(ports, installed);
}
