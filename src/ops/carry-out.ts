import { commandShims } from '../core/command-shims.ts';
import { SheafError } from '../core/errors.ts';
import { type Lockfile, writeLockfile } from '../core/lockfile.ts';
import type { Plan } from '../core/plan.ts';
import type { ClientPorts } from '../core/ports.ts';
import { artifactFor, fetchArtifacts, mirrorsOf, urlsOf } from './fetch-artifacts.ts';
import type { VerifiedRelease } from './verify-set.ts';

/** A plan with all that is needed to execute it. */
export interface PreparedPlan {
  readonly plan: Plan;
  /** Every release of the next set. */
  readonly set: readonly VerifiedRelease[];
  readonly lock: Lockfile;
  /** The text of sheaf.toml afterwards. */
  readonly text: string;
}

/**
 * Executes a plan: fetches what comes in, builds the next generation beside the current one, and switches.
 * Returns its number. Whatever fails before the switch leaves everything as it was; what was downloaded stays
 * in the cache.
 *
 * @throws SheafError as `Downloader.fetch`, `Staging.add` and `commandShims`.
 */
export async function carryOut(
  ports: Pick<ClientPorts, 'downloader' | 'store' | 'reporter' | 'project' | 'platform' | 'signal'>,
  { plan, set, lock, text }: PreparedPlan,
): Promise<number> {
  const incoming = new Set([...plan.add, ...plan.update].map(({ name }) => name));
  const shims = commandShims(
    set.map(({ choice: { name }, release }) => ({ name, bin: release.manifest.bin })),
  );
  const arriving = await Promise.all(
    set
      .filter(({ choice }) => incoming.has(choice.name))
      .map(async ({ choice, release, registry }) => {
        const artifact = artifactFor(release.manifest, ports.platform);
        return {
          plugin: choice.name,
          artifact,
          label: `${choice.name} ${choice.version.version}`,
          urls: urlsOf(artifact, await mirrorsOf(registry)),
          manifest: release.bytes,
        };
      }),
  );
  const paths = await fetchArtifacts(ports, arriving);

  const staging = await ports.project.stage();
  try {
    for (const { plugin, artifact, manifest } of arriving) {
      const path = paths.get(plugin);
      if (path === undefined) throw new SheafError('SHEAF_INTERNAL', `${plugin} was not fetched.`);
      await staging.add(plugin, artifact, path, manifest);
    }
    for (const { name } of plan.keep) await staging.keep(name);
    const files = { lock: writeLockfile(lock), manifest: new TextEncoder().encode(text), shims };
    // The last moment at which an interrupt leaves everything as it was; from here on the change is made.
    ports.signal.throwIfAborted();
    const { generation } = await staging.commit(files);
    return generation;
  } catch (error) {
    await staging.discard();
    throw error;
  }
}
