import { SheafError } from '../../core/errors.ts';
import {
  addLocalPlugin,
  addPlugin,
  type LocalPlugin,
  type ProjectFile,
} from '../../core/formats/project-file.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { PluginSpec } from '../../core/plugin-spec.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Choice, Requirement } from '../../core/resolution/resolve.ts';
import { quote } from '../../core/text.ts';
import { isPrerelease, type VersionRange } from '../../core/version.ts';
import { configuredRegistries, namedRegistries } from '../registries/configured-registries.ts';
import type { ChangeOptions } from './change.ts';
import { type Changed, changePlugins } from './change-plugins.ts';
import { notAllowed, readLocal } from './local-releases.ts';

/** What is to be installed; without plugins, everything that sheaf.toml wants. */
export interface InstallOptions extends ChangeOptions {
  readonly plugins: readonly PluginSpec[];
  /** Folders and files to install from, as a person typed their paths. */
  readonly paths?: readonly string[];
  /** Unpack again what is there. */
  readonly force: boolean;
}

/**
 * Installs plugins and what they need, and lists them in sheaf.toml. Those that are there already stay as they
 * are. A plugin named without a range is listed with `^` and the version that was chosen.
 *
 * @throws SheafError `SHEAF_USAGE` when plugins are named although the lock file must not change, `SHEAF_POLICY`
 *   when one comes from a path and that is not allowed, and as `changePlugins`.
 */
export async function install(ports: ClientPorts, options: InstallOptions): Promise<Changed> {
  const { plugins, paths = [], force } = options;
  if (options.locked && plugins.length + paths.length > 0) {
    throw new SheafError(
      'SHEAF_USAGE',
      'A locked install takes no plugin names: it installs what sheaf.lock says.',
      {
        hint: 'Leave out the names, or --locked and --frozen.',
      },
    );
  }
  const registries = await configuredRegistries(ports);
  const named = plugins.map((spec) => ({
    ...spec,
    registry: spec.alias === undefined ? undefined : namedRegistries(registries, [spec.alias])[0]?.id,
  }));
  const local = await localPlugins(ports, paths, options.allowLocal === true);
  const isNamed = ({ name }: { readonly name: PluginName }): boolean =>
    [...named, ...local].some((one) => one.name === name);
  return changePlugins(
    ports,
    ({ file }) => ({
      local: [...file.local.filter((one) => !isNamed(one)), ...local],
      wanted: [
        ...file.plugins.filter((one) => !isNamed(one)),
        ...named.map(({ name, range, registry }): Requirement => {
          const listed = listedIn(file, name);
          const source = registry ?? listed?.registry;
          return {
            name,
            range: range ?? listed?.range ?? ('*' as VersionRange),
            ...(source === undefined ? {} : { registry: source }),
          };
        }),
      ],
      update: new Set(),
      rewrite: (text, choices) =>
        named.reduce(
          (edited, { name, range, registry }) => {
            const chosen = choices.find((choice) => choice.name === name);
            const listed = range ?? listedIn(file, name)?.range ?? (chosen && defaultRange(chosen));
            if (listed === undefined) return edited;
            return addPlugin(edited, {
              name,
              range: listed,
              ...(registry === undefined ? {} : { registry }),
            });
          },
          local.reduce(addLocalPlugin, text),
        ),
      without: new Set(),
      reinstall: force,
      agreesToAdditions: named.length + local.length > 0,
    }),
    options,
  );
}

/** The plugins at these paths, under the names that their manifests give them. */
async function localPlugins(
  ports: ClientPorts,
  paths: readonly string[],
  allowLocal: boolean,
): Promise<readonly LocalPlugin[]> {
  const found: LocalPlugin[] = [];
  for (const typed of paths) {
    const path = ports.local.fromProject(typed);
    if (!allowLocal) throw notAllowed(typed);
    const { name } = (await readLocal(ports, { path })).locked;
    const other = found.find((one) => one.name === name);
    if (other === undefined) found.push({ name, path });
    else if (other.path !== path) throw namedTwice(name, other.path, path);
  }
  return found;
}

function namedTwice(name: PluginName, ...paths: readonly string[]): SheafError {
  return new SheafError('SHEAF_USAGE', `${name} lies in both ${paths.map(quote).join(' and ')}.`, {
    hint: 'Name one of the two.',
  });
}

function listedIn(file: ProjectFile, name: string): ProjectFile['plugins'][number] | undefined {
  return file.plugins.find((plugin) => plugin.name === name);
}

/** Compatible versions by SemVer; a pre-release is listed as it is, because what follows it may break. */
function defaultRange({ version: { version } }: Choice): VersionRange {
  const range: string = isPrerelease(version) ? version : `^${version}`;
  return range as VersionRange;
}
