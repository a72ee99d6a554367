import { SheafError } from '../core/errors.ts';
import type { PluginSpec } from '../core/plugin-spec.ts';
import type { ClientPorts } from '../core/ports.ts';
import { addPlugin, type ProjectFile } from '../core/project-file.ts';
import type { Choice, Requirement } from '../core/resolve.ts';
import { isPrerelease, type VersionRange } from '../core/version.ts';
import type { ChangeOptions } from './change.ts';
import { type Changed, changePlugins } from './change-plugins.ts';
import { configuredRegistries, namedRegistries } from './configured-registries.ts';

/** What is to be installed; without plugins, everything that sheaf.toml wants. */
export interface InstallOptions extends ChangeOptions {
  readonly plugins: readonly PluginSpec[];
  /** Unpack again what is there. */
  readonly force: boolean;
}

/**
 * Installs plugins and what they need, and lists them in sheaf.toml. Those that are there already stay as they
 * are. A plugin named without a range is listed with `^` and the version that was chosen.
 *
 * @throws SheafError `SHEAF_USAGE` when plugins are named although the lock file must not change, and as
 *   `changePlugins`.
 */
export async function install(ports: ClientPorts, options: InstallOptions): Promise<Changed> {
  const { plugins, force } = options;
  if (options.locked && plugins.length > 0) {
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
  return changePlugins(
    ports,
    ({ file }) => ({
      wanted: [
        ...file.plugins.filter(({ name }) => !named.some((one) => one.name === name)),
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
        named.reduce((edited, { name, range, registry }) => {
          const chosen = choices.find((choice) => choice.name === name);
          const listed = range ?? listedIn(file, name)?.range ?? (chosen && defaultRange(chosen));
          if (listed === undefined) return edited;
          return addPlugin(edited, { name, range: listed, ...(registry === undefined ? {} : { registry }) });
        }, text),
      without: new Set(),
      reinstall: force,
      agreesToAdditions: named.length > 0,
    }),
    options,
  );
}

function listedIn(file: ProjectFile, name: string): ProjectFile['plugins'][number] | undefined {
  return file.plugins.find((plugin) => plugin.name === name);
}

/** Compatible versions by SemVer; a pre-release is listed as it is, because what follows it may break. */
function defaultRange({ version: { version } }: Choice): VersionRange {
  const range: string = isPrerelease(version) ? version : `^${version}`;
  return range as VersionRange;
}
