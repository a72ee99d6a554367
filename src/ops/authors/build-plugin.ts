import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import type { PluginFolders, Toolchain } from '../../core/authoring/ports.ts';
import type { Recipe } from '../../core/authoring/recipe.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import type { NamedFiles, Reporter } from '../../core/ports.ts';
import { prepareWasm } from '../../core/runtime/prepare-wasm.ts';
import { judgeCapabilities } from '../../core/runtime/wasm-capabilities.ts';
import { quote } from '../../core/text.ts';
import {
  type AuthorPlugin,
  codeOf,
  pathOf,
  readAuthorPlugin,
  readEntry,
  recipeFor,
} from './author-plugin.ts';

/** A plugin that was built, and fits its manifest. */
export interface BuiltPlugin {
  readonly name: string;
  readonly version: string;
  /** What it is written in, or `[build]`. */
  readonly recipe: Recipe['title'];
  /** The file that is loaded, below the folder. */
  readonly output: string;
  readonly size: number;
  readonly sha256: Sha256;
  /** Of a wasm module: the commands that it exports and the capabilities that it imports. */
  readonly commands?: readonly string[];
  readonly capabilities?: readonly string[];
  /** Warnings: what is declared and not used. */
  readonly findings: readonly Finding[];
}

/** The ports that building needs. */
export interface BuildPorts {
  readonly folders: PluginFolders;
  readonly files: NamedFiles;
  readonly toolchain: Toolchain;
  readonly reporter: Pick<Reporter, 'note'>;
}

/**
 * Builds the plugin in a folder and compares what came out with its manifest.
 *
 * @throws SheafError `SHEAF_TOOL` when a compiler is missing or refuses the source; `SHEAF_ABI`,
 *   `SHEAF_CAPABILITY_UNDECLARED` and `SHEAF_MEMORY` when the module does not fit the manifest; `SHEAF_PATH`.
 */
export async function buildPlugin(ports: BuildPorts, path: string): Promise<BuiltPlugin> {
  const plugin = await readAuthorPlugin(ports.folders, path);
  const recipe = recipeFor(plugin);
  await runTool(ports, plugin, recipe);
  // Read again: the tool wrote into the folder.
  const entry = await readEntry(ports.files, { ...plugin, files: withoutOutput(plugin, recipe) });
  const { manifest } = plugin;
  const built = {
    name: manifest.name,
    version: manifest.version,
    recipe: recipe.title,
    output: entry.path,
    size: entry.bytes.byteLength,
    sha256: sha256(entry.bytes),
  };
  if (codeOf(plugin, entry, path).kind !== 'wasm') return { ...built, findings: [] };
  const { found } = prepareWasm(entry.bytes, manifest);
  const place = { file: pathOf(path, AUTHOR_MANIFEST) };
  return {
    ...built,
    commands: found.commands,
    capabilities: [...found.capabilities.keys()],
    findings: judgeCapabilities(found, manifest.security.capabilities, place),
  };
}

function withoutOutput({ files }: AuthorPlugin, { output, tool }: Recipe): AuthorPlugin['files'] {
  return tool === undefined ? files : files.filter((file) => file.path !== output);
}

async function runTool(
  { toolchain, reporter }: BuildPorts,
  { path, manifest }: AuthorPlugin,
  { title, tool }: Recipe,
): Promise<void> {
  if (tool === undefined) return;
  const result = await toolchain.run({ directory: path, ...tool });
  if (result.kind === 'missing') {
    const [name = ''] = result.names;
    throw new SheafError(
      'SHEAF_TOOL',
      `${manifest.name} needs ${quote(name)} to be built, and it is not here.`,
      {
        hint: tool.hint,
      },
    );
  }
  if (result.status === 0) return;
  for (const line of result.output.trimEnd().split('\n')) reporter.note(line);
  throw new SheafError(
    'SHEAF_TOOL',
    `${manifest.name} does not compile (${title}): ${result.program} ended with status ${result.status}.`,
    { hint: 'Correct what the compiler says.', details: { output: result.output } },
  );
}
