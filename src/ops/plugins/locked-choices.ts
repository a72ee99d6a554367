import { SheafError } from '../../core/errors.ts';
import type { Lockfile } from '../../core/formats/lockfile.ts';
import type { Choice, Resolution } from '../../core/resolution/resolve.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';
import { requireOpen, requireOrigins } from './origins.ts';

/**
 * The choices that a lock file which answers everything stands for, without resolving anything.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`, `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION`; `SHEAF_INDEX` when
 *   the registry now has another manifest under that version, `SHEAF_LOCK_INVALID` when a dependency comes from
 *   elsewhere than it may.
 */
export async function lockedChoices(
  lock: Lockfile,
  registries: readonly OpenRegistry[],
): Promise<Resolution> {
  const choices = lock.plugins.map(async (plugin): Promise<Choice> => {
    const registry = requireOpen(registries, plugin.name, plugin.registry);
    const record = await registry.releases(plugin.name);
    if (record === undefined) {
      throw new SheafError(
        'SHEAF_UNKNOWN_PLUGIN',
        `Registry ${plugin.registry} has no plugin ${plugin.name}.`,
        {
          hint: 'sheaf.lock may belong to another registry; run `sheaf install` after removing the plugin.',
        },
      );
    }
    const version = record.versions.find((one) => one.version === plugin.version);
    if (version === undefined) {
      throw new SheafError(
        'SHEAF_UNKNOWN_VERSION',
        `Registry ${plugin.registry} has no ${plugin.name} ${plugin.version}.`,
        {
          hint: `Run: sheaf update ${plugin.name}.`,
        },
      );
    }
    if (version.manifest !== plugin.manifest) {
      throw new SheafError(
        'SHEAF_INDEX',
        `${plugin.name} ${plugin.version} is not the release that was locked.`,
        {
          hint: 'A release never changes: the lock file was edited, or the registry must not be trusted.',
          details: { locked: plugin.manifest, offered: version.manifest },
        },
      );
    }
    const { absentIn } = plugin;
    return {
      name: plugin.name,
      registry: plugin.registry,
      record,
      version,
      ...(absentIn === undefined ? {} : { absentIn }),
      requiredBy: [],
    };
  });
  const all = await Promise.all(choices);
  requireOrigins(all);
  return { choices: all };
}
