import { SheafError } from '../core/errors.ts';
import type { PluginRecord, VersionRecord } from '../core/index/records.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { PluginSpec } from '../core/plugin-spec.ts';
import type { ClientPorts } from '../core/ports.ts';
import { satisfies, type Version } from '../core/version.ts';
import { nearestName } from './nearest-name.ts';
import { type OpenRegistry, openRegistries } from './open-registry.ts';
import { readProject } from './project-view.ts';

/** Everything a registry says of a plugin. */
export interface PluginInfo {
  readonly plugin: PluginRecord;
  /** Alias of the registry. */
  readonly registry: string;
  /** Newest first; only those in the range, when one was given. */
  readonly versions: readonly VersionRecord[];
  /** The version that is installed in this project. */
  readonly installed?: Version;
}

/**
 * Shows a plugin of the first configured registry that has it.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN` with the name that was probably meant, `SHEAF_UNKNOWN_VERSION`, and
 *   as `openRegistry`.
 */
export async function info(ports: ClientPorts, spec: PluginSpec): Promise<PluginInfo> {
  const registries = await openRegistries(ports, spec.alias === undefined ? [] : [spec.alias], {
    // Looking is no installing: what was known yesterday may still be shown when the network is away.
    allowStale: ports.offline,
  });
  const { registry, plugin, versions } = await find(registries, spec.name);
  const { range } = spec;
  const matching = versions.filter(({ version }) => range === undefined || satisfies(version, range));
  if (matching.length === 0) {
    throw new SheafError('SHEAF_UNKNOWN_VERSION', `${spec.name} has no version ${range ?? ''}.`, {
      hint: `There is: ${versions.map(({ version }) => version).join(', ')}.`,
    });
  }
  const { installed } = await readProject(ports);
  const here = installed?.plugins.find((one) => one.name === spec.name && one.registry === registry.id);
  return {
    plugin,
    registry: registry.alias,
    versions: matching,
    ...(here === undefined ? {} : { installed: here.version }),
  };
}

async function find(
  registries: readonly OpenRegistry[],
  name: PluginName,
): Promise<{ registry: OpenRegistry; plugin: PluginRecord; versions: readonly VersionRecord[] }> {
  for (const registry of registries) {
    const [plugin, releases] = await Promise.all([registry.plugin(name), registry.releases(name)]);
    if (plugin !== undefined && releases !== undefined)
      return { registry, plugin, versions: releases.versions };
  }
  const [only] = registries;
  const where =
    registries.length === 1 && only ? `Registry ${only.alias} has` : 'The configured registries have';
  const meant = await nearestName(registries, name);
  throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `${where} no plugin ${name}.`, {
    hint:
      registries.length === 0
        ? 'Add a registry with: sheaf registry add URL.'
        : meant === undefined
          ? 'Check the name, or run `sheaf sync` if it was published just now.'
          : `Did you mean ${meant}?`,
  });
}
