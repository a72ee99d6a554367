import { SheafError } from '../core/errors.ts';
import type { Call, GlobalOptions } from './call.ts';
import type { ParsedLine } from './parse.ts';
import { readInput } from './read-input.ts';
import type { Conversation } from './render/progress.ts';
import type { Stdio } from './stdio.ts';

/** A line that names a command. */
export type CommandLine = Extract<ParsedLine, { kind: 'command' }>;

/** Everything that a command module may use, from a parsed line and what surrounds the process. */
export function createCall(
  line: CommandLine,
  stdio: Stdio,
  reporter: Conversation,
  signal: AbortSignal,
): Call {
  const values = (name: string): readonly string[] => line.values.get(name) ?? [];
  const global = globalOptions((name) => line.flags.has(name), values('project')[0]);
  const { environment } = stdio;
  return {
    command: line.command,
    arguments: line.arguments,
    global,
    reporter,
    signal,
    environment,
    columns: stdio.stdout.columns,
    flag: (name) => line.flags.has(name),
    value: (name) => values(name)[0],
    values,
    required(name) {
      const [value] = values(name);
      if (value !== undefined) return value;
      throw new SheafError('SHEAF_INTERNAL', `"sheaf ${line.command.name}" ran without --${name}.`);
    },
    readInput: (maxBytes) => readInput(stdio.stdin, maxBytes, signal),
    async client(options) {
      const [{ connectClient }, { connectPrompt }] = await Promise.all([
        import('../wiring/client.ts'),
        import('../wiring/prompt.ts'),
      ]);
      return connectClient({
        project: global.project ?? '.',
        global: global.global,
        offline: global.offline || options?.offline === true,
        command: line.command.name,
        environment,
        prompt: connectPrompt({ ...global, signal }),
        reporter,
        signal,
      });
    },
  };
}

/** The options of every command, from a way to ask for a flag. */
export function globalOptions(has: (name: string) => boolean, project: string | undefined): GlobalOptions {
  return {
    json: has('json'),
    yes: has('yes'),
    noInput: has('no-input'),
    offline: has('offline'),
    noColor: has('no-color'),
    debug: has('debug'),
    global: has('global'),
    project,
  };
}
