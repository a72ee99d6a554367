import { entryOf } from '../../core/archives/artifact-entry.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { localEntry } from '../../core/formats/lock-entries.ts';
import type { LockedLocal } from '../../core/formats/lockfile.ts';
import { type Manifest, readManifest } from '../../core/formats/manifest.ts';
import type { LocalPlugin } from '../../core/formats/project-file.ts';
import type { VersionRecord } from '../../core/index/records.ts';
import { ANY_PLATFORM } from '../../core/platform.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts, LocalContent } from '../../core/ports.ts';
import { misfitOf } from '../../core/resolution/host-fit.ts';
import {
  forbiddenBecause,
  type JudgedRelease,
  withoutVouching,
} from '../../core/resolution/policy-verdict.ts';
import type { Choice, Requirement } from '../../core/resolution/resolve.ts';
import { quote } from '../../core/text.ts';
import { satisfies } from '../../core/version.ts';
import type { ProjectView } from './project-view.ts';
import { type Rules, rulesOf } from './rules.ts';

/** A plugin from a folder or a file of this machine, as it is to be installed. Nobody signed it. */
export interface LocalRelease {
  readonly locked: LockedLocal;
  readonly manifest: Manifest;
  /** The exact bytes of its manifest. */
  readonly bytes: Uint8Array;
}

type LocalPorts = Pick<ClientPorts, 'local' | 'store' | 'project' | 'user'>;

/**
 * The local plugins of the next set. With `allowLocal` each is read where it lies, and what is there now is what
 * will be installed; without, those that are installed stay as they were read then, and nothing new comes in. With
 * `onlyRemoves`, what is installed stays whatever the policy says.
 *
 * @throws SheafError `SHEAF_POLICY` for one that is not installed and not allowed, or that the policy or the
 *   engines exclude; `SHEAF_INVALID_FILE` for a bad manifest; and as `LocalPlugins.read`.
 */
export async function localReleases(
  ports: LocalPorts,
  wanted: readonly LocalPlugin[],
  view: ProjectView,
  options: { readonly allowLocal?: boolean; readonly onlyRemoves?: boolean },
): Promise<readonly LocalRelease[]> {
  if (wanted.length === 0) return [];
  const { allowLocal = false, onlyRemoves = false } = options;
  const rules = await rulesOf(ports, view);
  const releases: LocalRelease[] = [];
  for (const plugin of wanted) {
    const release = allowLocal ? await readLocal(ports, plugin) : await installedLocal(ports, plugin, view);
    if (!onlyRemoves) requireAllowed(release, rules);
    releases.push(release);
  }
  return releases;
}

/**
 * Reads the plugin at a path of sheaf.toml and keeps what is to be unpacked in the store.
 *
 * @param plugin.name when it must be that one.
 */
export async function readLocal(
  { local, store }: Pick<ClientPorts, 'local' | 'store'>,
  { path, name }: { readonly path: string; readonly name?: PluginName },
): Promise<LocalRelease> {
  const content = await local.read(path);
  const manifest = valueOf(readManifest(content.manifest, `${path}/sheaf.plugin.toml`));
  if (name !== undefined && manifest.name !== name) {
    throw new SheafError('SHEAF_INVALID_FILE', `In ${quote(path)} lies ${manifest.name}, not ${name}.`, {
      hint: `Run: sheaf remove ${name}, then sheaf install ${path} --allow-local.`,
    });
  }
  const { sha256, size } = await store.write(content.bytes);
  const { kind } = content;
  const entry = loadedFile(manifest, content);
  const required = Object.entries(manifest.dependencies).filter(([, { optional }]) => !optional);
  const locked: LockedLocal = {
    name: manifest.name,
    version: manifest.version,
    path,
    kind,
    sha256,
    size,
    ...(entry === undefined ? {} : { entry }),
    tier: manifest.security.tier,
    capabilities: manifest.security.capabilities.map(({ id }) => id).toSorted(),
    dependencies: Object.fromEntries(required.map(([needed, { range }]) => [needed, range])),
  };
  return { locked, manifest, bytes: content.manifest };
}

/** The file of a local plugin that a host loads: what the build makes; without a recipe, the only module at the top. */
export function loadedFile(manifest: Manifest, { kind, files }: LocalContent): string | undefined {
  if (kind === 'wasm') return entryOf({ kind, platform: ANY_PLATFORM }, manifest.name);
  const output = manifest.build?.output;
  if (output !== undefined && files.includes(output)) return output;
  const modules = files.filter((file) => /^[^/]+\.wasm$/.test(file));
  if (modules.length > 0) return modules.length === 1 ? modules[0] : undefined;
  return [`${manifest.name}.mjs`, `${manifest.name}.js`].find((file) => files.includes(file));
}

async function installedLocal(
  { project }: Pick<ClientPorts, 'project'>,
  { name, path }: LocalPlugin,
  { installed }: ProjectView,
): Promise<LocalRelease> {
  const locked = installed?.local?.find((one) => one.name === name && one.path === path);
  const bytes = locked === undefined ? undefined : await project.installedManifest(name);
  if (locked !== undefined && bytes !== undefined) {
    return { locked, bytes, manifest: valueOf(readManifest(bytes, `${path}/sheaf.plugin.toml`)) };
  }
  throw notAllowed(path, name);
}

/** The refusal of a plugin that nobody vouches for and nobody agreed to. */
export function notAllowed(path: string, name?: PluginName): SheafError {
  const what = name === undefined ? 'The plugin' : name;
  return new SheafError('SHEAF_POLICY', `${what} in ${quote(path)} is unverified: no registry signed it.`, {
    hint: 'Add --allow-local to `sheaf install` when you trust what lies there.',
    details: { path, ...(name === undefined ? {} : { name }) },
  });
}

/** What only a registry and an owner's signature could say of a plugin is not judged: --allow-local does without. */
function requireAllowed({ locked, manifest }: LocalRelease, { engines, policy }: Rules): void {
  const record = versionOf(locked, manifest);
  const misfit = misfitOf(record, { engines, platform: ANY_PLATFORM });
  const reason =
    forbiddenBecause(withoutVouching(policy), localRelease(locked, manifest), 0) ??
    (misfit && `needs ${misfit.name} ${misfit.demand} where ${misfit.present} is present`);
  if (reason === undefined) return;
  throw new SheafError(
    'SHEAF_POLICY',
    `${locked.name} ${locked.version} in ${quote(locked.path)} ${reason}.`,
  );
}

function localRelease(locked: LockedLocal, manifest: Manifest): JudgedRelease {
  const { name, license } = manifest;
  const { registry } = localEntry(locked);
  return { registry, name, version: versionOf(locked, manifest), signed: { license }, mayBeYoung: true };
}

/** A local plugin as a choice, so that one plan tells of all. */
export function localChoice({ locked, manifest }: LocalRelease): Choice {
  const version = versionOf(locked, manifest);
  const record = { name: locked.name, owner: '', bundles: [], versions: [version] };
  return { name: locked.name, registry: localEntry(locked).registry, record, version, requiredBy: [''] };
}

function versionOf(locked: LockedLocal, manifest: Manifest): VersionRecord {
  return {
    version: locked.version,
    manifest: locked.sha256,
    bundle: 0,
    tier: locked.tier,
    capabilities: manifest.security.capabilities,
    platforms: [ANY_PLATFORM],
    engines: manifest.engines,
    dependencies: manifest.dependencies,
  };
}

/**
 * What local plugins need of registries. A registry that sheaf.toml names for a plugin holds for them, too.
 *
 * @throws SheafError `SHEAF_RESOLUTION` when one needs another in a version that does not lie there.
 */
export function requirementsOf(
  releases: readonly LocalRelease[],
  wanted: readonly Requirement[],
): readonly Requirement[] {
  const here = new Map(releases.map(({ locked }) => [locked.name, locked]));
  return releases.flatMap(({ locked: by, manifest }) =>
    Object.entries(manifest.dependencies).flatMap(([key, { range, registry, optional }]): Requirement[] => {
      const name = key as PluginName;
      const local = here.get(name);
      if (local === undefined) {
        const source = registry ?? wanted.find((one) => one.name === name)?.registry;
        return [{ name, range, optional, ...(source === undefined ? {} : { registry: source }) }];
      }
      if (satisfies(local.version, range, { prereleases: true })) return [];
      throw new SheafError(
        'SHEAF_RESOLUTION',
        `${by.name} needs ${name} ${range}, but ${local.version} lies in ${quote(local.path)}.`,
        { hint: `Change the one or the other, or remove ${name} so that a registry brings it.` },
      );
    }),
  );
}

/**
 * Refuses a set in which a name stands for two plugins: a signed plugin must not silently get an unsigned one in
 * place of what it needs.
 *
 * @throws SheafError `SHEAF_RESOLUTION`.
 */
export function requireDistinct(releases: readonly LocalRelease[], choices: readonly Choice[]): void {
  for (const { locked } of releases) {
    const other = choices.find(({ name }) => name === locked.name);
    if (other === undefined) continue;
    const by = choices.filter(({ version }) => Object.hasOwn(version.dependencies, locked.name));
    const needing = by.map(({ name }) => name).join(' and ') || 'sheaf.toml';
    throw new SheafError(
      'SHEAF_RESOLUTION',
      `${locked.name} lies in ${quote(locked.path)}, but ${needing} needs the one of registry ${other.registry}.`,
      { hint: `Remove one of the two: sheaf remove ${locked.name}.` },
    );
  }
}

/** Why a lock file does not answer for these local plugins, as a sentence; undefined when it does. */
export function localFault(
  releases: readonly LocalRelease[],
  locked: readonly LockedLocal[],
): string | undefined {
  for (const { locked: now } of releases) {
    const before = locked.find(({ name }) => name === now.name);
    if (before === undefined) return `${now.name} from ${quote(now.path)} is not locked.`;
    if (before.sha256 !== now.sha256) return `${now.name} in ${quote(now.path)} changed since it was locked.`;
  }
  const gone = locked.find(({ name }) => !releases.some((release) => release.locked.name === name));
  return gone === undefined ? undefined : `${gone.name} is locked, but nothing needs it any more.`;
}
