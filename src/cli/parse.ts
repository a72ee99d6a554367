import { cac } from 'cac';
import { closest } from '../core/did-you-mean.ts';
import { SheafError } from '../core/errors.ts';
import { quote } from '../core/text.ts';
import { checkArguments, checkValues } from './check-values.ts';
import type { CommandSpec, OptionSpec } from './command-spec.ts';
import { COMMAND_TABLE, commandsOf, commandWords, findCommand, optionsOf } from './command-table.ts';
import { GLOBAL_OPTIONS } from './table/global-options.ts';

/** A command line that was understood. Values are the exact text that was typed. */
export type ParsedLine =
  | {
      readonly kind: 'command';
      readonly command: CommandSpec;
      readonly arguments: readonly string[];
      readonly flags: ReadonlySet<string>;
      readonly values: ReadonlyMap<string, readonly string[]>;
    }
  | { readonly kind: 'help'; readonly topic: readonly string[] }
  | { readonly kind: 'version' };

/**
 * Reads a command line, without the program's own name, against the command table.
 *
 * @throws SheafError `SHEAF_USAGE`, with what was probably meant in the hint.
 */
export function parseCommandLine(argv: readonly string[]): ParsedLine {
  const { words, rest } = splitCommand(argv);
  const dashes = rest.indexOf('--');
  const before = dashes === -1 ? rest : rest.slice(0, dashes);
  if (before.some((token) => token === '--help' || token === '-h')) return { kind: 'help', topic: words };
  if (before.some((token) => token === '--version' || token === '-V')) return { kind: 'version' };
  const command = requireCommand(words);
  if (command === undefined) {
    readOptions(before, GLOBAL_OPTIONS, 'sheaf');
    return { kind: 'help', topic: [] };
  }
  const parsed = readOptions(before, optionsOf(command), `sheaf ${command.name}`);
  const after = dashes === -1 ? [] : rest.slice(dashes + 1);
  const line = { kind: 'command', command, ...parsed, arguments: [...parsed.arguments, ...after] } as const;
  checkArguments(command, line.arguments);
  checkValues(command, optionsOf(command), line.values);
  return line;
}

/** The command that a line names, also when the rest of it is not understood. */
export function commandOf(argv: readonly string[]): CommandSpec | undefined {
  const { words } = splitCommand(argv);
  return findCommand(words.join(' ')) ?? findCommand(words[0] ?? '');
}

/**
 * Takes the words of the command out of the line: the first token that is no option, and a further one as long as
 * they are a group such as `registry` or `registry trust`. Options before it must be global, or flags.
 */
function splitCommand(argv: readonly string[]): { words: string[]; rest: string[] } {
  const words: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const token = argv[index] ?? '';
    const complete = words.length > 0 && commandsOf(words.join(' ')).length === 0;
    if (complete || isArgument(words.join(' '), token) || token === '--') {
      rest.push(...argv.slice(index));
      break;
    }
    if (!token.startsWith('-')) {
      words.push(token);
      continue;
    }
    rest.push(token);
    const option = GLOBAL_OPTIONS.find((candidate) => token === `--${candidate.name}`);
    const value = argv[index + 1];
    if (option?.value !== undefined && value !== undefined) {
      rest.push(value);
      index++;
    }
  }
  return { words, rest };
}

/** Whether a token behind a group that is a command, too, is no further word of it: `sheaf mirror URL DIR`. */
function isArgument(typed: string, token: string): boolean {
  if (token.startsWith('-') || findCommand(typed) === undefined) return false;
  const longer = `${typed} ${token}`;
  return findCommand(longer) === undefined && commandsOf(longer).length === 0;
}

function requireCommand(words: readonly string[]): CommandSpec | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  const typed = words.join(' ');
  const command = findCommand(typed) ?? findCommand(first);
  if (command !== undefined) return command;
  const group = commandsOf(typed);
  if (group.length > 0) {
    throw new SheafError('SHEAF_USAGE', `"sheaf ${typed}" needs one more word.`, {
      hint: oneOf(group),
    });
  }
  const siblings = commandsOf(first);
  const meant =
    siblings.length > 0
      ? closest(typed, commandWords())
      : closest(first, new Set(commandWords().map((name) => name.split(' ')[0] ?? name)));
  const all = siblings.length > 0 ? oneOf(siblings) : 'sheaf help lists all commands.';
  throw new SheafError('SHEAF_USAGE', `There is no command ${quote(typed)}.`, {
    hint: meant === undefined ? all : `Did you mean "sheaf ${meant}"?`,
  });
}

function oneOf(commands: readonly CommandSpec[]): string {
  return `Write one of: ${commands.map(({ name }) => `sheaf ${name}`).join(', ')}.`;
}

/** No argument of a process can contain it (POSIX exec, Win32 CreateProcess), so it marks values safely. */
const MARK = '\0';

/**
 * Reads options and positionals with cac, held so that none of its traps can bite. Its parser turns whatever
 * looks like a number into one (`1.10` into 1.1, `007` into 7, a digest of digits into a float), reads `true`
 * and `false` after a flag as its value, takes the next word for `--key=`, and knows neither unknown options
 * nor empty values; a marked value never looks like a number, a boolean or nothing. Option names are checked
 * against the table first, so no name that cac would interpret (`--no-x`, `--a.b`, `--__proto__`) reaches it.
 */
function readOptions(
  tokens: readonly string[],
  options: readonly OptionSpec[],
  command: string,
): { arguments: readonly string[]; flags: Set<string>; values: Map<string, readonly string[]> } {
  const marked = tokens.flatMap((token) => markToken(token, options, command));
  const parser = cac('sheaf');
  const line = parser.command('');
  for (const option of options) {
    line.option(option.value === undefined ? `--${option.name}` : `--${option.name} <value>`, option.summary);
  }
  const parsed = parser.parse(['node', 'sheaf', ...marked], { run: false });
  const flags = new Set<string>();
  const values = new Map<string, readonly string[]>();
  for (const option of options) {
    const negated = option.name.startsWith('no-');
    const found: unknown = parsed.options[camelCase(negated ? option.name.slice('no-'.length) : option.name)];
    const given = Array.isArray(found) ? found : [found];
    if (option.value === undefined) {
      if (given.includes(!negated)) flags.add(option.name);
    } else if (found !== undefined) {
      values.set(option.name, readValues(option, given));
    }
  }
  return { arguments: parsed.args.map(unmark), flags, values };
}

function readValues(option: OptionSpec, given: readonly unknown[]): readonly string[] {
  if (given.length > 1 && option.repeat !== true) {
    throw new SheafError('SHEAF_USAGE', `--${option.name} is given ${given.length} times.`, {
      hint: 'Give it once.',
    });
  }
  return given.map((value) => {
    if (typeof value === 'string') return unmark(value);
    throw new SheafError('SHEAF_USAGE', `--${option.name} needs a value.`, {
      hint: `Write --${option.name} ${option.value?.name}; a value that starts with a dash is written --${option.name}=VALUE.`,
    });
  });
}

/** One token as cac may see it: options by their long names, everything else marked. */
function markToken(token: string, options: readonly OptionSpec[], command: string): string[] {
  if (!token.startsWith('-') || token === '-') return [MARK + token];
  const equals = token.indexOf('=');
  const names = equals === -1 ? token : token.slice(0, equals);
  const found = names.startsWith('--')
    ? [requireOption(names, options, command)]
    : Array.from(names.slice(1), (letter) => requireOption(`-${letter}`, options, command));
  const long = found.map((option) => `--${keyOf(option)}`);
  if (equals === -1) return long;
  const last = found.at(-1);
  if (last?.value === undefined) {
    throw new SheafError('SHEAF_USAGE', `${quote(names)} is a flag and takes no value.`, {
      hint: `Write ${last === undefined ? 'it' : `--${last.name}`} without "=".`,
    });
  }
  return [...long.slice(0, -1), `--${keyOf(last)}=${MARK}${token.slice(equals + 1)}`];
}

function requireOption(name: string, options: readonly OptionSpec[], command: string): OptionSpec {
  const option = options.find(
    (candidate) => name === `--${candidate.name}` || name === `-${candidate.short ?? ''}`,
  );
  if (option !== undefined) return option;
  const meant = name.startsWith('--')
    ? closest(
        name.slice(2),
        options.map((candidate) => candidate.name),
      )
    : undefined;
  const elsewhere = COMMAND_TABLE.find((other) =>
    optionsOf(other).some((known) => name === `--${known.name}`),
  );
  throw new SheafError('SHEAF_USAGE', `"${command}" has no option ${quote(name)}.`, {
    hint:
      meant === undefined
        ? `${elsewhere === undefined ? '' : `"sheaf ${elsewhere.name}" has it. `}${command} --help lists its options.`
        : `Did you mean --${meant}?`,
  });
}

function unmark(text: string): string {
  if (text.startsWith(MARK)) return text.slice(MARK.length);
  throw new SheafError('SHEAF_INTERNAL', 'The command line parser changed a value.');
}

/**
 * An option as cac must be told it: under the key by which it keeps the declaration, or a flag such as
 * `--allow-stale` is not known to be one and takes the next word.
 */
function keyOf({ name }: OptionSpec): string {
  return name.startsWith('no-') ? `no-${camelCase(name.slice('no-'.length))}` : camelCase(name);
}

/** The key under which cac returns an option. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
