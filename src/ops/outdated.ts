import { entriesOf } from '../core/formats/lock-entries.ts';
import type { VersionRecord } from '../core/index/records.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { ClientPorts } from '../core/ports.ts';
import { compareVersions, isPrerelease, satisfies, type Version } from '../core/version.ts';
import { openRegistries } from './open-registry.ts';
import { floorsOf, readProject } from './project-view.ts';
import { refresh } from './refresh.ts';

/** An installed plugin of which there is something newer. */
export interface OutdatedPlugin {
  readonly name: PluginName;
  readonly installed: Version;
  /** Newest version that sheaf.toml and the other installed plugins allow. */
  readonly allowed: Version;
  /** Newest version there is. */
  readonly newest: Version;
  readonly registry: string;
  /** Why the installed version was withdrawn. */
  readonly yanked?: string;
}

/**
 * The installed plugins that have newer versions, or whose version was withdrawn, by name, as the registries
 * say now, or said last when they cannot be reached. Local plugins have no other versions.
 *
 * @throws SheafError as `openRegistry`.
 */
export async function outdated(
  ports: ClientPorts,
  options: { readonly prereleases: boolean },
): Promise<readonly OutdatedPlugin[]> {
  const { file, installed, lock } = await readProject(ports);
  await refresh(ports, floorsOf(lock));
  const registries = await openRegistries(ports, [], { allowStale: ports.offline, floors: floorsOf(lock) });
  const entries = entriesOf(installed);
  const found: OutdatedPlugin[] = [];
  for (const plugin of entries) {
    const registry = registries.find(({ id }) => id === plugin.registry);
    const versions = (await registry?.releases(plugin.name))?.versions ?? [];
    const { name, version: current } = plugin;
    const usable = versions.filter(
      ({ version, yanked }) =>
        yanked === undefined && (options.prereleases || !isPrerelease(version) || isPrerelease(current)),
    );
    const ranges = [
      file.plugins.find((wanted) => wanted.name === name)?.range,
      ...entries.map(({ dependencies }) => dependencies[name]),
    ].filter((range) => range !== undefined);
    const newest = newestOf(usable, current);
    const allowed = newestOf(
      usable.filter(({ version }) => ranges.every((range) => satisfies(version, range, options))),
      current,
    );
    const yanked = versions.find(({ version }) => version === current)?.yanked;
    if (newest === current && yanked === undefined) continue;
    found.push({
      name,
      installed: current,
      allowed,
      newest,
      registry: plugin.registry,
      ...(yanked === undefined ? {} : { yanked }),
    });
  }
  return found;
}

function newestOf(versions: readonly VersionRecord[], atLeast: Version): Version {
  return versions.reduce(
    (newest, { version }) => (compareVersions(version, newest) > 0 ? version : newest),
    atLeast,
  );
}
