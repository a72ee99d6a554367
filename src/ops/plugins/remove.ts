import { SheafError } from '../../core/errors.ts';
import { entriesOf } from '../../core/formats/lock-entries.ts';
import type { Lockfile } from '../../core/formats/lockfile.ts';
import { removePlugin } from '../../core/formats/project-file.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { type Changed, changePlugins } from './change-plugins.ts';
import { requireInstalled } from './update.ts';

/** What is to be removed. */
export interface RemoveOptions {
  readonly plugins: readonly PluginName[];
  /** Remove plugins that others need. */
  readonly force: boolean;
  /** Delete the plugins' own data as well. */
  readonly purge: boolean;
  readonly dryRun: boolean;
}

/** What was removed. */
export interface Removed extends Changed {
  /** Plugins whose own data was deleted. */
  readonly purged: readonly PluginName[];
}

/**
 * Removes plugins from sheaf.toml and from the installed set, and with them what only they needed. Works without
 * a network and on an expired checkpoint: nothing new comes in.
 *
 * @throws SheafError `SHEAF_NOT_INSTALLED`, `SHEAF_IN_USE` when something that stays needs one of them, and as
 *   `changePlugins`.
 */
export async function remove(ports: ClientPorts, options: RemoveOptions): Promise<Removed> {
  const names = new Set(options.plugins);
  const changed = await changePlugins(
    { ...ports, offline: true },
    (view) => {
      for (const name of names) requireInstalled(view, name);
      const needed = neededByOthers(view.lock ?? view.installed, names);
      if (!options.force) requireUnused(needed);
      return {
        wanted: view.file.plugins.filter(({ name }) => !names.has(name)),
        local: view.file.local.filter(({ name }) => !names.has(name)),
        update: new Set(),
        rewrite: (text) => options.plugins.reduce(removePlugin, text),
        without: new Set(needed.keys()),
        onlyRemoves: true,
        reinstall: false,
        agreesToAdditions: false,
      };
    },
    {
      dryRun: options.dryRun,
      locked: false,
      acceptCapabilities: false,
      allowStale: true,
      prereleases: false,
    },
  );
  const purged: PluginName[] = [];
  if (options.purge && !options.dryRun) {
    for (const name of names) if (await ports.user.purgePluginData(name)) purged.push(name);
  }
  return { ...changed, purged };
}

/** Those of `names` that a plugin which is not among them needs, with who needs them. */
function neededByOthers(
  lock: Lockfile | undefined,
  names: ReadonlySet<PluginName>,
): ReadonlyMap<PluginName, readonly PluginName[]> {
  const staying = entriesOf(lock).filter((plugin) => !names.has(plugin.name));
  const needed = new Map<PluginName, readonly PluginName[]>();
  for (const name of names) {
    const by = staying
      .filter((plugin) => Object.hasOwn(plugin.dependencies, name))
      .map((plugin) => plugin.name);
    if (by.length > 0) needed.set(name, by);
  }
  return needed;
}

function requireUnused(needed: ReadonlyMap<PluginName, readonly PluginName[]>): void {
  if (needed.size === 0) return;
  const sentences = [...needed].map(([name, by]) => `${name} is needed by ${by.join(' and ')}`);
  throw new SheafError('SHEAF_IN_USE', `${sentences.join('; ')}.`, {
    hint: 'Remove those first, or remove it all the same with --force.',
    details: { needed: Object.fromEntries(needed) },
  });
}
