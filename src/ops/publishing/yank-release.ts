import { SheafError } from '../../core/errors.ts';
import type { PluginFile } from '../../core/formats/plugin-file.ts';
import type { Version } from '../../core/version.ts';
import {
  type ReviseOptions,
  type RevisePorts,
  type Revision,
  requireVersion,
  revisePlugin,
} from './revise-plugin.ts';

/** What `sheaf yank` was asked for. */
export interface YankOptions extends ReviseOptions {
  readonly version: Version;
  /** Why, in one line; what users read. Absent to take a yank back. */
  readonly reason?: string;
}

/**
 * Proposes that a release is not chosen any more by anybody who has not locked it; or that it is again.
 *
 * @throws SheafError as `revisePlugin`, and `SHEAF_UNKNOWN_VERSION`.
 */
export function yankRelease(ports: RevisePorts, options: YankOptions): Promise<Revision> {
  const { plugin, version, reason } = options;
  return revisePlugin(ports, options, (file, versions) => {
    requireVersion(plugin, version, versions);
    const { [version]: _, ...others } = file.yanked;
    const yanked: PluginFile['yanked'] = reason === undefined ? others : { ...others, [version]: reason };
    const title = `${reason === undefined ? 'Take back the yank of' : 'Yank'} ${plugin} ${version}`;
    if (reason === undefined && file.yanked[version] === undefined) throw notYanked(plugin, version);
    return { file: { ...file, yanked }, title, reason: reason ?? 'it may be chosen again' };
  });
}

function notYanked(plugin: string, version: string): SheafError {
  return new SheafError('SHEAF_USAGE', `${plugin} ${version} is not yanked.`, {
    hint: 'To yank it, write --reason in place of --undo.',
  });
}
