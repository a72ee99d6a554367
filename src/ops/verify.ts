import { SheafError } from '../core/errors.ts';
import { localArtifact } from '../core/formats/lock-entries.ts';
import type { LockedLocal, LockedPlugin, Lockfile } from '../core/formats/lockfile.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import { quote } from '../core/text.ts';
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
  const isAsked = ({ name }: { readonly name: PluginName }): boolean =>
    names.length === 0 || names.includes(name);
  const verified = await Promise.all([
    ...installed.plugins.filter(isAsked).map(async (plugin): Promise<VerifiedPlugin> => {
      const { name, version } = plugin;
      return { name, version, faults: await faultsOf(ports, plugin, installed, registries) };
    }),
    ...(installed.local ?? []).filter(isAsked).map(async (local): Promise<VerifiedPlugin> => {
      const { name, version } = local;
      return { name, version, faults: await faultsOfLocal(ports, local) };
    }),
  ]);
  return verified.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

/** What nobody signed cannot be as it was signed; whether it is as it was installed can be told while it is cached. */
async function faultsOfLocal(
  { project, store }: Pick<ClientPorts, 'project' | 'store'>,
  local: LockedLocal,
): Promise<readonly string[]> {
  const unsigned = `It cannot be verified: it was installed from ${quote(local.path)}, and nobody signed it.`;
  const path = await store.locate(local);
  if (path === undefined) return [unsigned];
  return [unsigned, ...(await project.verifyPlugin(local.name, localArtifact(local), path))];
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
