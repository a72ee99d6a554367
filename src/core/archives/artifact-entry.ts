import type { Artifact, Manifest } from '../formats/manifest.ts';
import type { PluginName } from '../plugin-name.ts';

/**
 * The file of an installed plugin that a host loads, relative to the plugin's directory: a wasm module and a
 * binary are one file, which gets a name of its own where the manifest gives none; an archive names it, or has
 * nothing to load; source becomes what its build leaves.
 */
export function entryOf(
  artifact: Pick<Artifact, 'kind' | 'platform' | 'entry'>,
  plugin: PluginName,
  build?: Manifest['build'],
): string | undefined {
  if (artifact.kind === 'source') return build?.output;
  if (artifact.entry !== undefined) return artifact.entry;
  if (artifact.kind === 'wasm') return 'plugin.wasm';
  if (artifact.kind !== 'binary') return undefined;
  return artifact.platform.startsWith('win32-') ? `${plugin}.exe` : plugin;
}
