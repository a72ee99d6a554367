import { entriesOf } from '../../core/formats/lock-entries.ts';
import type { Tier } from '../../core/formats/manifest.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { dependencyTree, type TreeNode, wishesOf } from '../../core/resolution/dependency-graph.ts';
import type { Version } from '../../core/version.ts';
import { readProject } from './project-view.ts';

/** A plugin of the current generation. */
export interface InstalledPlugin {
  readonly name: PluginName;
  readonly version: Version;
  /** Id of its registry; `path:` and where it lies for a local one. */
  readonly registry: string;
  /** Whether its owner signed it; one from a folder or file of this machine is not. */
  readonly verified: boolean;
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
  /** By name. */
  readonly plugins: readonly InstalledPlugin[];
  /** The same from what sheaf.toml asks for, each below what needs it. */
  readonly tree: readonly TreeNode[];
}

/** The plugins that are installed in a project, by name. Asks no registry. */
export async function listInstalled(ports: Pick<ClientPorts, 'project'>): Promise<Installed> {
  const { file, installed, generation } = await readProject(ports);
  const wanted = new Set([...file.plugins, ...file.local].map((plugin) => plugin.name));
  const entries = entriesOf(installed);
  const plugins = entries.map(async (plugin): Promise<InstalledPlugin> => {
    const { name, version, registry, verified, tier, capabilities } = plugin;
    const path = (await ports.project.pluginDirectory(name)) ?? '';
    return { name, version, registry, verified, tier, capabilities, path, wanted: wanted.has(name) };
  });
  return {
    ...(generation === undefined ? {} : { generation }),
    plugins: await Promise.all(plugins),
    tree: dependencyTree(wishesOf(file), entries),
  };
}
