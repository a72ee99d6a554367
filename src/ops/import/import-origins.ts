import type { Finding } from '../../core/finding.ts';
import { readManifest } from '../../core/formats/manifest.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import { IMPORT_OWNER } from '../../core/import/import-owner.ts';
import type { SourceEntry } from '../../core/index/source-inventory.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import { quote } from '../../core/text.ts';
import type { ImportTarget } from './import-target.ts';

/** A plugin that an earlier import brought in. */
interface Origin {
  /** Its name in the list. */
  readonly id: string;
  /** Its plugin.toml. */
  readonly path: string;
}

/** What earlier imports of a list brought in, by its name in the registry. */
export type Origins = ReadonlyMap<PluginName, Origin>;

/**
 * Finds the plugins of the owner `imported` whose releases bear a mark.
 *
 * @param mark the table below `[metadata]`; its key `id` is the name in the list, where that differs.
 */
export async function originsOf(target: ImportTarget, mark: string): Promise<Origins> {
  const origins = new Map<PluginName, Origin>();
  for (const [name, entries] of target.inventory.plugins) {
    const origin = await originOf(target, mark, name, entries);
    if (origin !== undefined) origins.set(name, origin);
  }
  return origins;
}

async function originOf(
  { tree }: ImportTarget,
  mark: string,
  name: PluginName,
  entries: readonly SourceEntry[],
): Promise<Origin | undefined> {
  const plugin = entries.find(({ file }) => file.kind === 'plugin');
  const release = entries.find(({ file }) => file.kind === 'release');
  if (plugin === undefined || release === undefined) return undefined;
  const file = readPluginFile((await tree.read(plugin.path)) ?? new Uint8Array(), plugin.path).value;
  if (file?.owner !== IMPORT_OWNER) return undefined;
  const manifest = readManifest((await tree.read(release.path)) ?? new Uint8Array(), release.path).value;
  if (manifest === undefined || !Object.hasOwn(manifest.metadata, mark)) return undefined;
  const { id } = manifest.metadata[mark] as { readonly id?: unknown };
  return { id: typeof id === 'string' ? id : name, path: plugin.path };
}

/**
 * A warning for each of them that the list does not have any more. A list may drop a plugin without a word why;
 * only people can tell what follows.
 *
 * @param removed name to the reason, where the list gives one.
 */
export function goneFrom(
  origins: Origins,
  listed: ReadonlySet<string>,
  removed: ReadonlyMap<PluginName, string>,
): readonly Finding[] {
  return [...origins].flatMap(([name, { id, path }]) => {
    if (listed.has(id)) return [];
    const reason = removed.get(name);
    return [
      {
        rule: 'gone',
        severity: 'warning' as const,
        place: { file: path },
        message: `${name} was imported earlier and is not in the list any more${reason === undefined ? '' : `: ${quote(reason)}`}.`,
        fix:
          reason === undefined
            ? 'Find out why it was removed; yank its versions, or quarantine it if it does harm.'
            : 'Yank its versions, or quarantine it if it does harm.',
      },
    ];
  });
}
