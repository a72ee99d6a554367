import { isWasmModule } from '../../core/archives/wasm-section.ts';
import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import type { PluginFile, PluginFolders } from '../../core/authoring/ports.ts';
import { type Recipe, recipeOf } from '../../core/authoring/recipe.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type Manifest, readManifest } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import { quote } from '../../core/text.ts';

/** A plugin as it lies in its author's folder, or in an artifact. */
export interface AuthorPlugin {
  /** As a person typed it. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly files: readonly PluginFile[];
}

/** The file that is loaded. */
export interface BuiltEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the folder of a plugin.
 *
 * @throws SheafError `SHEAF_PATH` when it holds no manifest, `SHEAF_INVALID_FILE` when that has faults, and as
 *   `PluginFolders.read`.
 */
export async function readAuthorPlugin(
  folders: Pick<PluginFolders, 'read'>,
  path: string,
): Promise<AuthorPlugin> {
  const files = await folders.read(path);
  const manifestBytes = requireManifest(files, path).bytes;
  return {
    path,
    files,
    manifestBytes,
    manifest: valueOf(readManifest(manifestBytes, pathOf(path, AUTHOR_MANIFEST))),
  };
}

/** @throws SheafError `SHEAF_PATH` when there is none. */
export function requireManifest(files: readonly PluginFile[], path: string): PluginFile {
  const found = files.find((file) => file.path === AUTHOR_MANIFEST && file.kind === 'file');
  if (found !== undefined) return found;
  throw new SheafError('SHEAF_PATH', `${quote(path)} is no plugin: there is no ${AUTHOR_MANIFEST} in it.`, {
    hint: 'Name the folder of the plugin; sheaf create makes one.',
  });
}

/** A path below what a person typed, as messages show it. */
export function pathOf(path: string, file: string): string {
  const folder = path.replace(/[/\\]+$/, '');
  return folder === '.' || folder === '' ? file : `${folder}/${file}`;
}

/** How the plugin is built. @throws SheafError `SHEAF_PATH` when there is no source. */
export function recipeFor({ manifest, files }: AuthorPlugin): Recipe {
  return recipeOf(
    manifest,
    files.map(({ path }) => path),
  );
}

/** What the build of the plugin makes; undefined where the source is loaded as it is, or is missing. */
export function outputOf(plugin: AuthorPlugin): string | undefined {
  try {
    const { tool, output } = recipeFor(plugin);
    return tool === undefined ? undefined : output;
  } catch (error) {
    if (error instanceof SheafError) return undefined;
    throw error;
  }
}

/**
 * The file that the plugin's build left.
 *
 * @throws SheafError `SHEAF_PATH` when it has not been built.
 */
export async function readEntry(files: NamedFiles, plugin: AuthorPlugin): Promise<BuiltEntry> {
  const found = await findEntry(files, plugin);
  if (found !== undefined) return found;
  const { output } = recipeFor(plugin);
  throw new SheafError(
    'SHEAF_PATH',
    `${plugin.manifest.name} has not been built: there is no ${quote(output)}.`,
    {
      hint: `Run: sheaf build${plugin.path === '.' ? '' : ` ${plugin.path}`}`,
    },
  );
}

/** As {@link readEntry}; undefined when the plugin has not been built. */
export async function findEntry(files: NamedFiles, plugin: AuthorPlugin): Promise<BuiltEntry | undefined> {
  const { output } = recipeFor(plugin);
  const known = plugin.files.find(({ path, kind }) => path === output && kind === 'file');
  // The output of [build] may lie where nothing is looked for: in target/, in dist/.
  const bytes = known?.bytes ?? (await files.readIfExists(pathOf(plugin.path, output), LIMITS.artifactBytes));
  return bytes === undefined ? undefined : { path: output, bytes };
}

/**
 * What a host would start.
 *
 * @param directory absolute path of the folder: a native plugin finds its other files there.
 * @throws SheafError `SHEAF_ABI` for a file of the wasm tier that is neither a module nor JavaScript.
 */
export function codeOf({ manifest }: AuthorPlugin, entry: BuiltEntry, directory: string): PluginCode {
  if (manifest.security.tier === 'native') return { kind: 'native', directory, entry: entry.path };
  if (isWasmModule(entry.bytes)) return { kind: 'wasm', code: entry.bytes };
  if (/\.m?js$/.test(entry.path)) return { kind: 'javascript', code: entry.bytes };
  throw new SheafError('SHEAF_ABI', `${quote(entry.path)} is neither a WebAssembly module nor JavaScript.`, {
    hint: 'Build the plugin for wasm ABI 1, or ask for the tier "native".',
  });
}
