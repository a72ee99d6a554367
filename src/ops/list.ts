import type { Tier } from '../core/manifest.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { Version } from '../core/version.ts';
import { readProject } from './project-view.ts';

/** A plugin of the current generation. */
export interface InstalledPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly registry: string;
  readonly tier: Tier;
  readonly capabilities: readonly string[];
  /** Directory it is in. */
  readonly path: string;
  /** Whether sheaf.toml asks for it; otherwise another plugin does. */
  readonly wanted: boolean;
}

/** What is installed. */
export interface Installed {
  readonly generation?: number;
  readonly plugins: readonly InstalledPlugin[];
}

/** The plugins that are installed in a project, by name. Asks no registry. */
export async function listInstalled(ports: Pick<ClientPorts, 'project'>): Promise<Installed> {
  const { file, installed, generation } = await readProject(ports);
  const wanted = new Set(file.plugins.map((plugin) => plugin.name));
  const plugins = (installed?.plugins ?? []).map(async (plugin): Promise<InstalledPlugin> => {
    const { name, version, registry, tier, capabilities } = plugin;
    const path = (await ports.project.pluginDirectory(name)) ?? '';
    return { name, version, registry, tier, capabilities, path, wanted: wanted.has(name) };
  });
  return { ...(generation === undefined ? {} : { generation }), plugins: await Promise.all(plugins) };
}
