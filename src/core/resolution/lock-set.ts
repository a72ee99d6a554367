import {
  type LockedLocal,
  type LockedPlugin,
  type LockedRegistry,
  type Lockfile,
  writeLockfile,
} from '../formats/lockfile.ts';
import type { PluginName } from '../plugin-name.ts';
import type { TrustedRelease } from '../trust/release-trust.ts';
import type { Choice } from './resolve.ts';

/** A version that was chosen, with the signed release behind it. */
export interface ChosenRelease {
  readonly choice: Choice;
  readonly release: TrustedRelease;
}

/**
 * The lock file of a set.
 *
 * @param before the lock file until now. When it says the same of every plugin it is returned as it is: a newer
 *   checkpoint alone is no reason to change a file that people review.
 * @param registries those that are open; only the ones something comes from are recorded.
 * @param locals plugins from folders and files.
 */
export function lockSet(
  chosen: readonly ChosenRelease[],
  registries: readonly LockedRegistry[],
  before: Lockfile | undefined,
  locals: readonly LockedLocal[] = [],
): Lockfile {
  const plugins = chosen.map(lockedPlugin);
  const used = registries.filter(({ id }) => plugins.some(({ registry }) => registry === id));
  const local = locals.length === 0 ? {} : { local: locals };
  if (before === undefined) return { registries: used, plugins, ...local };
  const isSame = textOf({ registries: before.registries, plugins, ...local }) === textOf(before);
  return isSame ? before : { registries: used, plugins, ...local };
}

function lockedPlugin({ choice, release }: ChosenRelease): LockedPlugin {
  const { name, registry, version, absentIn = [] } = choice;
  const required = Object.entries(version.dependencies).filter(([, { optional }]) => !optional);
  return {
    name,
    version: version.version,
    registry,
    ...(absentIn.length === 0 ? {} : { absentIn }),
    manifest: version.manifest,
    owner: release.owner,
    tier: version.tier,
    capabilities: version.capabilities.map(({ id }) => id).toSorted(),
    dependencies: Object.fromEntries(required.map(([needed, { range }]) => [needed as PluginName, range])),
    platforms: Object.fromEntries(
      release.manifest.artifacts.map(({ platform, url, sha256, size }) => [
        platform,
        { url, sha256, ...(size === undefined ? {} : { size }) },
      ]),
    ),
  };
}

function textOf(lock: Lockfile): string {
  return new TextDecoder().decode(writeLockfile(lock));
}
