import { closest } from '../../core/did-you-mean.ts';
import { SheafError } from '../../core/errors.ts';
import { entriesOf } from '../../core/formats/lock-entries.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { ChangeOptions } from './change.ts';
import { type Changed, changePlugins } from './change-plugins.ts';
import type { ProjectView } from './project-view.ts';

/** What is to be updated; without names, every plugin. */
export interface UpdateOptions extends Omit<ChangeOptions, 'locked'> {
  readonly plugins: readonly PluginName[];
}

/**
 * Moves plugins to the newest versions that sheaf.toml and all other plugins allow. One that would get more
 * powers than somebody agreed to stops the whole update.
 *
 * @throws SheafError `SHEAF_NOT_INSTALLED`, `SHEAF_CAPABILITIES`, and as `changePlugins`.
 */
export async function update(ports: ClientPorts, { plugins, ...options }: UpdateOptions): Promise<Changed> {
  return changePlugins(
    ports,
    (view) => {
      for (const name of plugins) requireInstalled(view, name);
      return {
        wanted: view.file.plugins,
        local: view.file.local,
        update: plugins.length === 0 ? 'all' : new Set(plugins),
        rewrite: (text) => text,
        without: new Set(),
        reinstall: false,
        agreesToAdditions: false,
      };
    },
    { ...options, locked: false },
  );
}

/** @throws SheafError `SHEAF_NOT_INSTALLED`, with the name that was probably meant. */
export function requireInstalled({ lock, installed }: ProjectView, name: PluginName): void {
  const names = [...entriesOf(lock), ...entriesOf(installed)].map((plugin) => plugin.name);
  if (names.includes(name)) return;
  const meant = closest(name, names);
  throw new SheafError('SHEAF_NOT_INSTALLED', `${name} is not installed here.`, {
    hint: meant === undefined ? `Install it with: sheaf install ${name}.` : `Did you mean ${meant}?`,
  });
}
