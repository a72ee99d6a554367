import { setTomlValue, tomlString } from '../../core/documents/toml-edit.ts';
import { valueOf } from '../../core/finding.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { cleanLine } from '../../core/import/clean-text.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ImportTarget, SourceWrite } from './import-target.ts';

/**
 * Adds removed names to registry.toml, so that nobody can take them. Names of plugins that the registry has stay
 * theirs: what becomes of them is for its maintainers to say.
 *
 * @param removed name to the reason that the list gives.
 */
export async function removeNames(
  target: ImportTarget,
  removed: ReadonlyMap<PluginName, string>,
): Promise<{ readonly names: readonly PluginName[]; readonly writes: readonly SourceWrite[] }> {
  const path = sourcePath({ kind: 'registry' });
  const bytes = await target.tree.read(path);
  const names = [...removed.keys()].filter(
    (name) => !target.refused.has(name) && !target.inventory.plugins.has(name),
  );
  if (bytes === undefined || names.length === 0) return { names: [], writes: [] };
  let text = new TextDecoder().decode(bytes);
  for (const name of names) {
    const reason = cleanLine(removed.get(name) ?? '', 300, () => undefined);
    text = setTomlValue(
      text,
      ['registry', 'removed_names', name],
      tomlString(reason === '' ? 'removed' : reason),
    );
  }
  const edited = new TextEncoder().encode(text);
  valueOf(readRegistryFile(edited, path));
  return { names, writes: [{ path, bytes: edited, replace: true }] };
}
