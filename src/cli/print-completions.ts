import { escapeForTerminal } from '../core/text.ts';
import type { KnownNames } from '../ops/plugins/known-names.ts';
import { complete } from './complete.ts';

/** More than this nobody reads, and shells ask before they show them. */
const MOST = 1000;

/**
 * Prints what may stand at the end of a command line, for the scripts of `sheaf completion`: one word a line, a
 * tab and its meaning where it has one; the last line says `:words`, `:files` or `:directories`, so that the shell
 * completes paths itself. Whatever goes wrong, nothing is printed: an error would land in the person's line.
 *
 * @param words after `sheaf`; the last one is being completed, and empty where a new one begins.
 */
export async function printCompletions(words: readonly string[]): Promise<void> {
  try {
    const { kind, candidates } = await complete(words, namesWhenAsked(words));
    const lines = candidates.slice(0, MOST).map(({ word, meaning }) => {
      const text = escapeForTerminal(word);
      return meaning === undefined ? text : `${text}\t${escapeForTerminal(meaning)}`;
    });
    process.stdout.write([...lines, `:${kind}`, ''].join('\n'));
  } catch {
    process.exitCode = 1;
  }
}

/** Commands and options are most of what is completed, and need nothing but their table. */
function namesWhenAsked(words: readonly string[]): KnownNames {
  let connected: Promise<KnownNames> | undefined;
  const names = (): Promise<KnownNames> => (connected ??= connect(words));
  return {
    plugins: async (prefix, alias) => (await names()).plugins(prefix, alias),
    installed: async () => (await names()).installed(),
    registries: async () => (await names()).registries(),
    categories: async () => (await names()).categories(),
  };
}

async function connect(words: readonly string[]): Promise<KnownNames> {
  const [{ connectKnownNames }, { knownNames }] = await Promise.all([
    import('../wiring/known-names.ts'),
    import('../ops/plugins/known-names.ts'),
  ]);
  const project = words.includes('--project') ? words[words.indexOf('--project') + 1] : undefined;
  const ports = connectKnownNames(process.env, {
    project: project === undefined || project === '' ? '.' : project,
    global: words.includes('--global') || words.includes('-g'),
  });
  return knownNames(ports);
}
