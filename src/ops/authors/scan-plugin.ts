import type { PluginFolders } from '../../core/authoring/ports.ts';
import { type ScanReport, scanPlugin } from '../../core/scanning/score.ts';
import { pathOf, readAuthorPlugin } from './author-plugin.ts';

/** What a scan says of a plugin. */
export interface ScannedPlugin extends ScanReport {
  readonly name: string;
  readonly version: string;
}

/**
 * Looks through the files of a plugin for what is dangerous or hidden, without running any of it.
 *
 * @param path a folder or an artifact.
 * @throws SheafError `SHEAF_PATH`, `SHEAF_INVALID_FILE`, `SHEAF_ARCHIVE`.
 */
export async function scanAuthorPlugin(
  { folders }: { readonly folders: PluginFolders },
  path: string,
): Promise<ScannedPlugin> {
  const { manifest, files } = await readAuthorPlugin(folders, path);
  const report = scanPlugin(manifest, files, (file) => pathOf(path, file));
  return { name: manifest.name, version: manifest.version, ...report };
}
