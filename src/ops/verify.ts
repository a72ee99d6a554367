import { SheafError } from '../core/errors.ts';
import type { LockedPlugin, Lockfile } from '../core/lockfile.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { Version } from '../core/version.ts';
import { artifactFor, fetchArtifacts, mirrorsOf, urlsOf } from './fetch-artifacts.ts';
import { type OpenRegistry, openRegistries } from './open-registry.ts';
import { floorsOf, readProject } from './project-view.ts';
import { requireInstalled } from './update.ts';

/** What was found out about one installed plugin. */
export interface VerifiedPlugin {
  readonly name: PluginName;
  readonly version: Version;
  /** One sentence for each thing that is not as it was signed; empty when all is well. */
  readonly faults: readonly string[];
}

/**
 * Checks installed plugins from the ground up: signatures of owner and release under the newest trusted root,
 * quarantine and revocation, digest of the artifact, and every installed file against the artifact. An artifact
 * that is no longer in the cache is fetched again.
 *
 * Faults are returned, not thrown, so that all of them are seen.
 *
 * @param names which plugins; all when empty.
 * @throws SheafError `SHEAF_NOT_INSTALLED`, and as `openRegistry`.
 */
export async function verify(
  ports: ClientPorts,
  names: readonly PluginName[],
): Promise<readonly VerifiedPlugin[]> {
  const view = await readProject(ports);
  for (const name of names) requireInstalled({ ...view, lock: undefined }, name);
  const registries = await openRegistries(ports, [], { allowStale: true, floors: floorsOf(view.lock) });
  const { installed } = view;
  if (installed === undefined) return [];
  const plugins = installed.plugins.filter(({ name }) => names.length === 0 || names.includes(name));
  return Promise.all(
    plugins.map(async (plugin): Promise<VerifiedPlugin> => {
      const { name, version } = plugin;
      return { name, version, faults: await faultsOf(ports, plugin, installed, registries) };
    }),
  );
}

async function faultsOf(
  ports: ClientPorts,
  plugin: LockedPlugin,
  installed: Lockfile,
  registries: readonly OpenRegistry[],
): Promise<readonly string[]> {
  try {
    const registry = registries.find(({ id }) => id === plugin.registry);
    if (registry === undefined) return [`Its registry ${plugin.registry} is not configured any more.`];
    const lockedAt = installed.registries.find(({ id }) => id === plugin.registry)?.checkpoint;
    const { manifest } = await registry.release(plugin.name, plugin.version, { lockedAt });
    const artifact = artifactFor(manifest, ports.platform);
    const label = `${plugin.name} ${plugin.version}`;
    const urls = urlsOf(artifact, await mirrorsOf(registry));
    const paths = await fetchArtifacts(ports, [{ plugin: plugin.name, artifact, label, urls }]);
    return await ports.project.verifyPlugin(plugin.name, artifact, paths.get(plugin.name) ?? '');
  } catch (error) {
    if (error instanceof SheafError) return [error.message];
    throw error;
  }
}
