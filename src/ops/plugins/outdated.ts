import { advisoriesAffecting } from '../../core/advisories/affects.ts';
import { entriesOf } from '../../core/formats/lock-entries.ts';
import type { VersionRecord } from '../../core/index/records.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { compareVersions, isPrerelease, satisfies, type Version } from '../../core/version.ts';
import { openRegistries } from '../registries/open-registry.ts';
import { refresh } from '../registries/refresh.ts';
import { createPolicyJudge } from './policy-judge.ts';
import { floorsOf, readProject } from './project-view.ts';
import { rulesOf } from './rules.ts';

/** An installed plugin of which there is something newer. */
export interface OutdatedPlugin {
  readonly name: PluginName;
  readonly installed: Version;
  /** Newest version that sheaf.toml, the other installed plugins and the policy allow. */
  readonly allowed: Version;
  /** Newest version there is. */
  readonly newest: Version;
  readonly registry: string;
  /** Why the installed version was withdrawn. */
  readonly yanked?: string;
  /** Ids of advisories that affect the installed version; absent where there are none. */
  readonly advisories?: readonly string[];
}

/**
 * The installed plugins that have newer versions, or whose version was withdrawn or is affected by an advisory,
 * by name, as the registries say now, or said last when they cannot be reached. Local plugins have no other versions.
 *
 * @throws SheafError as `openRegistry`.
 */
export async function outdated(
  ports: ClientPorts,
  options: { readonly prereleases: boolean },
): Promise<readonly OutdatedPlugin[]> {
  const view = await readProject(ports);
  const { file, installed, lock } = view;
  const { policy } = await rulesOf(ports, view);
  const locked = new Map((installed?.plugins ?? []).map((plugin) => [plugin.name, plugin]));
  const judge = createPolicyJudge(policy, (name) => locked.get(name), ports.clock.now());
  await refresh(ports, floorsOf(lock));
  const registries = await openRegistries(ports, [], { allowStale: ports.offline, floors: floorsOf(lock) });
  const entries = entriesOf(installed);
  const found: OutdatedPlugin[] = [];
  for (const plugin of entries) {
    const registry = registries.find(({ id }) => id === plugin.registry);
    const record = await registry?.releases(plugin.name);
    const versions = record?.versions ?? [];
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
    const fitting = usable.filter(({ version }) =>
      ranges.every((range) => satisfies(version, range, options)),
    );
    if (registry !== undefined && record !== undefined) await judge.learn(registry, record, fitting);
    const allowed = newestOf(
      fitting.filter((version) => judge.reasonAgainst(plugin.registry, name, version) === undefined),
      current,
    );
    const yanked = versions.find(({ version }) => version === current)?.yanked;
    const advisories = advisoriesAffecting((await registry?.advisories()) ?? [], plugin).map(({ id }) => id);
    if (newest === current && yanked === undefined && advisories.length === 0) continue;
    found.push({
      name,
      installed: current,
      allowed,
      newest,
      registry: plugin.registry,
      ...(yanked === undefined ? {} : { yanked }),
      ...(advisories.length === 0 ? {} : { advisories }),
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
