import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { localArtifact } from '../../core/formats/lock-entries.ts';
import type { LockedLocal, LockedPlugin, Lockfile } from '../../core/formats/lockfile.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { barredBecause, standingOf } from '../../core/trust/standing.ts';
import type { Version } from '../../core/version.ts';
import { configuredRegistries } from '../registries/configured-registries.ts';
import { type OpenRegistry, openRegistry } from '../registries/open-registry.ts';
import { artifactFor, fetchArtifacts, mirrorsOf, urlsOf } from './fetch-artifacts.ts';
import { ageOf, type KnowledgeAge } from './knowledge-age.ts';
import { floorsOf, type ProjectView, readProject } from './project-view.ts';
import { requireInstalled } from './update.ts';

/** What was found out about one installed plugin. */
export interface VerifiedPlugin {
  readonly name: PluginName;
  readonly version: Version;
  /** One sentence for each thing that is not as it was signed; empty when all is well. */
  readonly faults: readonly string[];
}

/** What was found out about a set. */
export interface Verified {
  /** By name. */
  readonly plugins: readonly VerifiedPlugin[];
  /** How old the knowledge is against which they were checked. */
  readonly registries: readonly KnowledgeAge[];
}

/**
 * Checks installed plugins from the ground up: whether they may be used at all, signatures of owner and release
 * under the newest trusted root, the manifest beside each plugin, digest of the artifact, and every installed file
 * against the artifact. An artifact that is no longer in the cache is fetched again, unless nothing may be fetched.
 *
 * Faults are returned, not thrown, so that all of them are seen.
 *
 * @param names which plugins; all when empty.
 * @throws SheafError `SHEAF_NOT_INSTALLED`.
 */
export async function verify(ports: ClientPorts, names: readonly PluginName[]): Promise<Verified> {
  const view = await readProject(ports);
  for (const name of names) requireInstalled({ ...view, lock: undefined }, name);
  const { installed } = view;
  if (installed === undefined) return { plugins: [], registries: [] };
  const isAsked = ({ name }: { readonly name: PluginName }): boolean =>
    names.length === 0 || names.includes(name);
  const asked = installed.plugins.filter(isAsked);
  const opened = await openInstalled(ports, view, installed, asked);
  const verified = await Promise.all([
    ...asked.map(async (plugin): Promise<VerifiedPlugin> => {
      const { name, version } = plugin;
      const registry = opened.get(plugin.registry);
      return { name, version, faults: await faultsOf(ports, plugin, installed, registry) };
    }),
    ...(installed.local ?? []).filter(isAsked).map(async (local): Promise<VerifiedPlugin> => {
      const { name, version } = local;
      return { name, version, faults: await faultsOfLocal(ports, local) };
    }),
  ]);
  const now = ports.clock.now();
  return {
    plugins: verified.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))),
    registries: [...opened.values()].flatMap((one) => (typeof one === 'string' ? [] : [ageOf(one, now)])),
  };
}

/** The registries that plugins come from, by id; in the place of one that cannot be read, why not. */
async function openInstalled(
  ports: ClientPorts,
  { lock }: ProjectView,
  installed: Lockfile,
  asked: readonly LockedPlugin[],
): Promise<ReadonlyMap<string, OpenRegistry | string>> {
  const configured = await configuredRegistries(ports);
  const floors = floorsOf(lock);
  const opened = new Map<string, OpenRegistry | string>();
  for (const { id } of installed.registries) {
    if (!asked.some(({ registry }) => registry === id)) continue;
    const registry = configured.find((one) => one.id === id);
    if (registry === undefined) {
      opened.set(id, `Its registry ${id} is not configured any more.`);
      continue;
    }
    try {
      opened.set(id, await openRegistry(ports, registry, { allowStale: true, floors }));
    } catch (error) {
      opened.set(id, sentenceOf(error));
    }
  }
  return opened;
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
  registry: OpenRegistry | string | undefined,
): Promise<readonly string[]> {
  if (registry === undefined || typeof registry === 'string')
    return [registry ?? 'Its registry is not known.'];
  const { name, version, owner } = plugin;
  const lockedAt = installed.registries.find(({ id }) => id === plugin.registry)?.checkpoint;
  const bars = standingOf({ name, version, key: owner.key, lockedAt }, registry.state);
  const bytes = await ports.project.installedManifest(name);
  const isManifest = bytes !== undefined && sha256(bytes) === plugin.manifest;
  const faults = [
    ...bars.map((bar) => `It ${barredBecause(bar)}.`),
    ...(isManifest ? [] : ['The manifest beside it is not the one that was installed.']),
  ];
  let manifest: ReleaseManifest | undefined;
  try {
    const release = await registry.release(name, version, { lockedAt, lockedOwner: owner.name });
    if (sha256(release.bytes) === plugin.manifest) manifest = release.manifest;
    else faults.push(`The registry has another release as ${name} ${version} than what was installed.`);
  } catch (error) {
    // What bars it was said above; its files are looked at all the same.
    if (!(error instanceof SheafError) || error.code !== 'SHEAF_REVOKED' || bars.length === 0)
      faults.push(sentenceOf(error));
    if (isManifest) manifest = valueOf(readReleaseManifest(bytes, `${version}.toml`));
  }
  return manifest === undefined ? faults : [...faults, ...(await faultsOfFiles(ports, registry, manifest))];
}

/** What is different on the disk from what was signed. */
async function faultsOfFiles(
  ports: ClientPorts,
  registry: OpenRegistry,
  manifest: ReleaseManifest,
): Promise<readonly string[]> {
  const { name, version } = manifest;
  try {
    const artifact = artifactFor(manifest, ports.platform);
    const urls = urlsOf(artifact, await mirrorsOf(registry));
    const wanted = { plugin: name, artifact, label: `${name} ${version}`, urls };
    const paths = await fetchArtifacts(ports, [wanted]);
    const built = artifact.kind === 'source' ? manifest.build?.output : undefined;
    return await ports.project.verifyPlugin(name, artifact, paths.get(name) ?? '', built);
  } catch (error) {
    return [sentenceOf(error)];
  }
}

/** What a refusal says; anything else is a fault of sheaf and no finding. */
function sentenceOf(error: unknown): string {
  if (error instanceof SheafError) return error.message;
  throw error;
}
