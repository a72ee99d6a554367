import { SheafError } from '../../core/errors.ts';
import type { PluginFile } from '../../core/formats/plugin-file.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Version } from '../../core/version.ts';
import {
  type ReviseOptions,
  type RevisePorts,
  type Revision,
  requireVersion,
  revisePlugin,
} from './revise-plugin.ts';

/** What `sheaf deprecate` was asked for. */
export interface DeprecateOptions extends ReviseOptions {
  /** The whole plugin when absent. */
  readonly version?: Version;
  /** Why, and what to use instead, in one line. Absent to take it back. */
  readonly reason?: string;
}

/**
 * Proposes to advise against a plugin, or against one version, which is then chosen only when nothing else fits; or to
 * take that back.
 *
 * @throws SheafError as `revisePlugin`, and `SHEAF_UNKNOWN_VERSION`.
 */
export function deprecate(ports: RevisePorts, options: DeprecateOptions): Promise<Revision> {
  const { plugin, version, reason } = options;
  return revisePlugin(ports, options, (file, versions) => {
    const what = version === undefined ? plugin : `${plugin} ${version}`;
    const title = `${reason === undefined ? 'Take back the deprecation of' : 'Deprecate'} ${what}`;
    if (version !== undefined) requireVersion(plugin, version, versions);
    const next = version === undefined ? wholePlugin(file, reason) : oneVersion(file, version, reason);
    return { file: next, title, reason: reason ?? 'it is recommended again' };
  });
}

function wholePlugin({ deprecated, ...file }: PluginFile, reason: string | undefined): PluginFile {
  if (reason !== undefined) return { ...file, deprecated: reason };
  if (deprecated === undefined) throw notDeprecated(file.name);
  return file;
}

function oneVersion(file: PluginFile, version: Version, reason: string | undefined): PluginFile {
  const { [version]: before, ...others } = file.deprecatedVersions;
  if (reason !== undefined) return { ...file, deprecatedVersions: { ...others, [version]: reason } };
  if (before === undefined) throw notDeprecated(file.name, version);
  return { ...file, deprecatedVersions: others };
}

function notDeprecated(plugin: PluginName, version?: Version): SheafError {
  return new SheafError(
    'SHEAF_USAGE',
    `${plugin}${version === undefined ? '' : ` ${version}`} is not deprecated.`,
    { hint: 'To deprecate it, write --reason in place of --undo.' },
  );
}
