import { entriesOf } from '../../core/formats/lock-entries.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { type Chain, chainsTo, wishesOf } from '../../core/resolution/dependency-graph.ts';
import type { Version } from '../../core/version.ts';
import { readProject } from './project-view.ts';
import { requireInstalled } from './update.ts';

/** Why a plugin is installed. */
export interface Reasons {
  readonly name: PluginName;
  readonly version: Version | undefined;
  /** One for sheaf.toml and for each plugin that needs it directly; none when nothing does any more. */
  readonly chains: readonly Chain[];
}

/**
 * Who needs an installed plugin, back to sheaf.toml. Asks no registry.
 *
 * @throws SheafError `SHEAF_NOT_INSTALLED`.
 */
export async function why(ports: Pick<ClientPorts, 'project'>, name: PluginName): Promise<Reasons> {
  const view = await readProject(ports);
  requireInstalled(view, name);
  const entries = entriesOf(view.installed ?? view.lock);
  return {
    name,
    version: entries.find((entry) => entry.name === name)?.version,
    chains: chainsTo(name, wishesOf(view.file), entries),
  };
}
