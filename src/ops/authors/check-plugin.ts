import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import type { PluginFolders } from '../../core/authoring/ports.ts';
import { checkPlugin } from '../../core/checking/check-plugin.ts';
import { SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { readManifest } from '../../core/formats/manifest.ts';
import type { NamedFiles } from '../../core/ports.ts';
import { type AuthorPlugin, type BuiltEntry, findEntry, pathOf, requireManifest } from './author-plugin.ts';
import { readSuite } from './read-suite.ts';

/** What is wrong with a plugin. */
export interface CheckedPlugin {
  /** Undefined when its manifest cannot be read. */
  readonly name?: string;
  readonly version?: string;
  readonly findings: readonly Finding[];
  /** Whether no finding is an error. */
  readonly passed: boolean;
}

/**
 * Everything that would keep a plugin out of a registry and can be seen on its author's machine.
 *
 * @throws SheafError `SHEAF_PATH` when there is no manifest, and as `PluginFolders.read`.
 */
export async function checkAuthorPlugin(
  ports: { readonly folders: PluginFolders; readonly files: NamedFiles },
  path: string,
): Promise<CheckedPlugin> {
  const files = await ports.folders.read(path);
  const { bytes: manifestBytes } = requireManifest(files, path);
  const { value: manifest, findings } = readManifest(manifestBytes, pathOf(path, AUTHOR_MANIFEST));
  if (manifest === undefined) return { findings, passed: false };
  const plugin: AuthorPlugin = { path, manifest, manifestBytes, files };
  const [tests, bench] = [readSuite(plugin, 'tests'), readSuite(plugin, 'bench')];
  const found = checkPlugin(
    {
      ...plugin,
      entry: await entryIfBuilt(ports.files, plugin),
      suites: { findings: [...tests.findings, ...bench.findings], tests: tests.value.length },
    },
    (file) => pathOf(path, file),
  );
  const all = [...findings, ...found];
  return {
    name: manifest.name,
    version: manifest.version,
    findings: all,
    passed: all.every(({ severity }) => severity !== 'error'),
  };
}

/** A plugin without source has nothing that could be built; a rule says so. */
async function entryIfBuilt(files: NamedFiles, plugin: AuthorPlugin): Promise<BuiltEntry | undefined> {
  try {
    return await findEntry(files, plugin);
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_PATH') return undefined;
    throw error;
  }
}
