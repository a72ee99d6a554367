import { SheafError } from '../../core/errors.ts';
import { entriesOf } from '../../core/formats/lock-entries.ts';
import { setRange } from '../../core/formats/project-file.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { isVersion, type Version, type VersionRange } from '../../core/version.ts';
import { type ProjectView, readProject } from './project-view.ts';
import { requireInstalled } from './update.ts';

/** Which plugins to hold, or to let go again. */
export interface PinOptions {
  readonly plugins: readonly PluginName[];
  readonly dryRun: boolean;
}

/** The range of one plugin in sheaf.toml before and after; equal where nothing had to change. */
export interface RangeChange {
  readonly name: PluginName;
  readonly from: VersionRange;
  readonly to: VersionRange;
}

/**
 * Holds plugins at the versions that are installed: their ranges in sheaf.toml become these versions. Comments
 * and order of the file stay, and so does everything that is installed.
 *
 * @throws SheafError `SHEAF_NOT_INSTALLED`; `SHEAF_USAGE` for one that sheaf.toml does not list with a range.
 */
export function pin(
  ports: Pick<ClientPorts, 'project'>,
  options: PinOptions,
): Promise<readonly RangeChange[]> {
  return changeRanges(ports, options, (_range, version) => version);
}

/**
 * Lets pinned plugins move again: `1.2.0` becomes `^1.2.0`, everything that is compatible by SemVer. A range that
 * is no single version stays as it is.
 *
 * @throws SheafError as {@link pin}.
 */
export function unpin(
  ports: Pick<ClientPorts, 'project'>,
  options: PinOptions,
): Promise<readonly RangeChange[]> {
  return changeRanges(ports, options, (range) => {
    const exact = range.replace(/^=\s*/, '');
    return isVersion(exact) ? `^${exact}` : range;
  });
}

async function changeRanges(
  { project }: Pick<ClientPorts, 'project'>,
  { plugins, dryRun }: PinOptions,
  next: (range: VersionRange, version: Version) => string,
): Promise<readonly RangeChange[]> {
  return project.exclusively(async () => {
    const view = await readProject({ project });
    const changes = plugins.map((name): RangeChange => {
      const { range, version } = requireListed(view, name);
      return { name, from: range, to: next(range, version) as VersionRange };
    });
    const text = changes.reduce((edited, { name, to }) => setRange(edited, name, to), view.text);
    if (!dryRun && text !== view.text) await project.writeManifest(new TextEncoder().encode(text));
    return changes;
  });
}

function requireListed(
  view: ProjectView,
  name: PluginName,
): { readonly range: VersionRange; readonly version: Version } {
  const { file, installed } = view;
  requireInstalled({ ...view, lock: undefined }, name);
  const range = file.plugins.find((plugin) => plugin.name === name)?.range;
  const version = entriesOf(installed).find((plugin) => plugin.name === name)?.version;
  if (range !== undefined && version !== undefined) return { range, version };
  const local = file.local.find((plugin) => plugin.name === name);
  throw new SheafError(
    'SHEAF_USAGE',
    local === undefined
      ? `${name} is not listed in sheaf.toml: other plugins need it.`
      : `${name} comes from a path, so it has no range of versions.`,
    {
      hint:
        local === undefined
          ? `List it with: sheaf install ${name}@${version ?? 'VERSION'}.`
          : 'It changes only when what lies there does.',
    },
  );
}
