import { commandShims } from '../../core/command-shims.ts';
import { SheafError } from '../../core/errors.ts';
import type { HostList } from '../../core/formats/host-list.ts';
import { localArtifact } from '../../core/formats/lock-entries.ts';
import { type Lockfile, writeLockfile } from '../../core/formats/lockfile.ts';
import type { Manifest, ReleaseManifest } from '../../core/formats/manifest.ts';
import type { BuiltFile, ClientPorts, Staging } from '../../core/ports.ts';
import type { Plan } from '../../core/resolution/plan.ts';
import { artifactFor, fetchArtifacts, mirrorsOf, urlsOf } from './fetch-artifacts.ts';
import type { LocalRelease } from './local-releases.ts';
import { judgeConfig } from './plugin-config.ts';
import { rememberReleases } from './remember-releases.ts';
import type { VerifiedRelease } from './verify-set.ts';

/** A plan with all that is needed to execute it. */
export interface PreparedPlan {
  readonly plan: Plan;
  /** Every release of the next set. */
  readonly set: readonly VerifiedRelease[];
  /** Plugins of the next set that come from folders and files. */
  readonly locals: readonly LocalRelease[];
  readonly lock: Lockfile;
  /** The text of sheaf.toml afterwards. */
  readonly text: string;
  /** What the application of the project is told; undefined when it does not ask. */
  readonly hostList: HostList | undefined;
  /** Manifests whose configuration is judged before anything changes. */
  readonly configured: readonly Manifest[];
}

/**
 * Executes a plan: fetches what comes in, builds the next generation beside the current one, and switches.
 * Returns its number. Whatever fails before the switch leaves everything as it was; what was downloaded stays
 * in the cache.
 *
 * @throws SheafError as `Downloader.fetch`, `Staging.add`, `SourceBuilder.build`, `commandShims` and `judgeConfig`; `SHEAF_INTERRUPTED`.
 */
export async function carryOut(
  ports: Omit<ClientPorts, 'prompt' | 'openSource'>,
  { plan, set, locals, lock, text, hostList, configured }: PreparedPlan,
): Promise<number> {
  const incoming = new Set([...plan.add, ...plan.update].map(({ name }) => name));
  const manifests = [
    ...set.map(({ release }) => release.manifest),
    ...locals.map(({ manifest }) => manifest),
  ];
  const shims = commandShims(manifests);
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
          build: artifact.kind === 'source' ? buildStep(ports, release.manifest) : undefined,
        };
      }),
  );
  const paths = await fetchArtifacts(ports, arriving);

  const staging = await ports.project.stage();
  try {
    for (const { plugin, artifact, manifest, build } of arriving) {
      const path = paths.get(plugin);
      if (path === undefined) throw new SheafError('SHEAF_INTERNAL', `${plugin} was not fetched.`);
      await staging.add(plugin, artifact, path, manifest, build);
    }
    for (const release of locals) {
      if (incoming.has(release.locked.name)) await addLocal(ports, staging, release);
    }
    for (const { name } of plan.keep) await staging.keep(name);
    await judgeConfig(ports, configured, text, (...file) => staging.read(...file));
    const files = {
      lock: writeLockfile(lock),
      manifest: new TextEncoder().encode(text),
      shims,
      ...(hostList === undefined ? {} : { hostList }),
    };
    // Before the switch: a set must never be current whose owners and consents this machine could forget.
    await rememberReleases(ports, set, plan.capabilities);
    // The last moment at which an interrupt leaves everything as it was; from here on the change is made.
    ports.signal.throwIfAborted();
    const { generation } = await staging.commit(files);
    return generation;
  } catch (error) {
    await staging.discard();
    throw error;
  }
}

/** Builds what was unpacked, by the recipe of its manifest. */
function buildStep(
  { builder, reporter }: Pick<ClientPorts, 'builder' | 'reporter'>,
  { name, version, build, requires }: ReleaseManifest,
): (directory: string) => Promise<BuiltFile> {
  const [program, ...words] = build?.command ?? [];
  if (build === undefined || program === undefined) {
    throw new SheafError('SHEAF_INTERNAL', `${name} is source without a recipe.`);
  }
  return async (directory) => {
    reporter.note(`Building ${name} ${version} from source…`);
    const bytes = await builder.build({
      plugin: name,
      directory,
      command: [program, ...words],
      output: build.output,
      requires: Object.keys(requires),
    });
    return { path: build.output, bytes };
  };
}

async function addLocal(
  { store }: Pick<ClientPorts, 'store'>,
  staging: Staging,
  { locked, bytes }: LocalRelease,
): Promise<void> {
  const path = await store.locate(locked);
  if (path === undefined) {
    throw new SheafError(
      'SHEAF_PATH',
      `What ${locked.name} was installed from is not in the cache any more.`,
      {
        hint: `Read it again: sheaf install ${locked.path} --allow-local.`,
      },
    );
  }
  await staging.add(locked.name, localArtifact(locked), path, bytes);
}
