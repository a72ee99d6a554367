import { SheafError } from './errors.ts';
import type { PluginName } from './plugin-name.ts';
import type { GenerationFiles } from './ports.ts';
import { quote } from './text.ts';

// Becomes a file name and stands in scripts for two shells, so it holds nothing that either could interpret.
const COMMAND = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const FILE = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*(\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)*$/;

/**
 * The commands that a set of plugins puts on the user's PATH, from their `[bin]` tables.
 *
 * @throws SheafError `SHEAF_EXISTS` when two plugins claim one command, `SHEAF_INVALID_FILE` for a name or a
 *   file that cannot stand in a shell script.
 */
export function commandShims(
  plugins: readonly { readonly name: PluginName; readonly bin: Readonly<Record<string, string>> }[],
): GenerationFiles['shims'] {
  const shims: Record<string, { readonly plugin: PluginName; readonly file: string }> = {};
  for (const { name: plugin, bin } of plugins) {
    for (const [command, file] of Object.entries(bin)) {
      requireShim(command, plugin, file);
      const other = Object.hasOwn(shims, command) ? shims[command] : undefined;
      if (other !== undefined) {
        throw new SheafError(
          'SHEAF_EXISTS',
          `${other.plugin} and ${plugin} both provide the command ${command}.`,
          {
            hint: 'Install only one of them.',
            details: { command, plugins: [other.plugin, plugin] },
          },
        );
      }
      shims[command] = { plugin, file };
    }
  }
  return shims;
}

/** @throws SheafError `SHEAF_INVALID_FILE` when a command or its file cannot stand in a shell script. */
export function requireShim(command: string, plugin: PluginName, file: string): void {
  if (!COMMAND.test(command)) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${plugin} provides a command named ${quote(command)}, which is not allowed.`,
      {
        hint: 'A command has up to 64 lower-case letters, digits, dots, hyphens and underscores.',
      },
    );
  }
  if (!FILE.test(file)) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `The command ${command} of ${plugin} runs ${quote(file)}, which is not allowed.`,
      {
        hint: 'Name a file inside the plugin by letters, digits and . _ @ + - with forward slashes.',
      },
    );
  }
}
