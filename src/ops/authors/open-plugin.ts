import type { PluginFolders } from '../../core/authoring/ports.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import { type AuthorPlugin, codeOf, readAuthorPlugin, readEntry } from './author-plugin.ts';

/** A version of a plugin, ready to be started. */
export interface OpenPlugin {
  readonly plugin: AuthorPlugin;
  readonly code: PluginCode;
}

/** What opens plugins. */
export interface OpenPorts {
  readonly folders: Pick<PluginFolders, 'read' | 'layOut'>;
  readonly files: NamedFiles;
}

/**
 * Makes a plugin ready to be started, for as long as `work` takes: a program of an artifact has to lie somewhere.
 *
 * @param path a folder or an artifact.
 * @throws SheafError `SHEAF_PATH` when it has not been built, `SHEAF_ABI`, and as `PluginFolders.read`.
 */
export async function withPlugin<T>(
  { folders, files }: OpenPorts,
  path: string,
  work: (open: OpenPlugin) => Promise<T>,
): Promise<T> {
  const plugin = await readAuthorPlugin(folders, path);
  const entry = await readEntry(files, plugin);
  if (plugin.manifest.security.tier !== 'native') return work({ plugin, code: codeOf(plugin, entry, path) });
  const laidOut = await folders.layOut(path);
  try {
    return await work({ plugin, code: codeOf(plugin, entry, laidOut.directory) });
  } finally {
    await laidOut.remove();
  }
}
