import { readFile, stat } from 'node:fs/promises';
import { closest } from '../core/did-you-mean.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { quote } from '../core/text.ts';
import type { ManagedPlugin, PluginInstance } from './plugin-instance.ts';
import type { Executed } from './running-plugin.ts';

/** What surrounds one execution of code. */
export interface ExecutionContext {
  /** Gives the execution up. */
  readonly signal?: AbortSignal;
  /** Any JSON value that the code may read; what that means is the language's. */
  readonly input?: unknown;
}

/** Runs code in the languages of one plugin. */
export interface Executor {
  /** The plugin behind it. */
  readonly plugin: PluginInstance;
  supportedLanguages(): readonly string[];
  /** @throws SheafError `SHEAF_LANGUAGE`; and as `PluginInstance.execute`. */
  execute(context: ExecutionContext, language: string, code: string): Promise<Executed>;
  /** The same with the code in a file, in the language that the executor was asked for. @throws also `SHEAF_PATH`. */
  executeFile(context: ExecutionContext, path: string): Promise<Executed>;
}

/** The command by which a plugin runs code: `{language, code, input}`. */
const COMMAND = 'execute';

/** The languages of plugins, sorted. */
export function languagesOf(plugins: readonly ManagedPlugin[]): readonly string[] {
  return [...new Set(plugins.flatMap(provided))].toSorted();
}

/**
 * The executor of a language: of the plugin that is preferred for it, otherwise of the first that provides it.
 *
 * @throws SheafError `SHEAF_LANGUAGE`.
 */
export function executorFor(
  language: string,
  plugins: readonly ManagedPlugin[],
  preferred: Readonly<Record<string, string>>,
): Executor {
  const able = plugins.filter((plugin) => provided(plugin).includes(language));
  const wish = Object.hasOwn(preferred, language) ? preferred[language] : undefined;
  const plugin = wish === undefined ? able[0] : able.find(({ id }) => id === wish);
  if (plugin === undefined) throw unknownLanguage(language, languagesOf(plugins), wish);
  const execute = async (context: ExecutionContext, language: string, code: string): Promise<Executed> => {
    if (!provided(plugin).includes(language)) throw unknownLanguage(language, provided(plugin), plugin.id);
    const { signal, input = null } = context;
    return plugin.execute(COMMAND, { language, code, input }, signal === undefined ? {} : { signal });
  };
  return {
    plugin,
    supportedLanguages: () => provided(plugin),
    execute,
    executeFile: async (context, path) => execute(context, language, await readCode(path)),
  };
}

function provided(plugin: ManagedPlugin): readonly string[] {
  return plugin.found.manifest?.provides.languages ?? [];
}

async function readCode(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LIMITS.protocolLineBytes) {
      throw new SheafError('SHEAF_SIZE', `${quote(path)} is longer than ${LIMITS.protocolLineBytes} bytes.`);
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SheafError) throw cause;
    throw new SheafError('SHEAF_PATH', `${quote(path)} cannot be read.`, { cause });
  }
}

function unknownLanguage(language: string, known: readonly string[], plugin: string | undefined): SheafError {
  const near = closest(language, known);
  const who = plugin === undefined ? 'No plugin here' : `The plugin ${plugin}`;
  const verb = plugin === undefined ? 'executes' : 'does not execute';
  return new SheafError('SHEAF_LANGUAGE', `${who} ${verb} ${quote(language)}.`, {
    hint:
      near === undefined
        ? `Install one that does: sheaf search --language ${quote(language)}.`
        : `Did you mean ${quote(near)}?`,
    details: { language, languages: known },
  });
}
