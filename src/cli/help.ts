import type { CommandGroup, CommandSpec, OptionSpec } from './command-spec.ts';
import { COMMAND_TABLE, GROUP_TITLES, optionsOf, usageOf } from './command-table.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { bold, cyan, dim, type Line } from './render/line.ts';
import { definitionLines, wrap } from './render/table.ts';
import { GLOBAL_OPTIONS } from './table/global-options.ts';

/** The help of sheaf itself: every command with its summary, the global options and the exit statuses. */
export function overview(columns: number): readonly Line[] {
  const groups = Object.entries(GROUP_TITLES) as [CommandGroup, string][];
  return [
    [bold('sheaf'), ': a plugin ecosystem without a server'],
    '',
    ['Usage: ', cyan('sheaf COMMAND [ARGUMENTS] [OPTIONS]')],
    ...groups.flatMap(([group, title]) => section(title, commandLines(commandsOfGroup(group), columns))),
    ...section('Options of every command', optionLines(GLOBAL_OPTIONS, columns)),
    ...section(
      'Exit status',
      Object.entries(EXIT_MEANINGS).map(([status, meaning]) => `  ${status.padStart(3)}  ${meaning}`),
    ),
    '',
    [dim('"sheaf help COMMAND" shows options and examples of a command.')],
  ];
}

/** The help of a word that needs a second: `sheaf help registry`. */
export function groupHelp(word: string, group: readonly CommandSpec[], columns: number): readonly Line[] {
  return [['Usage: ', cyan(`sheaf ${word} COMMAND`)], '', ...commandLines(group, columns)];
}

/** The help of one command. */
export function commandHelp(command: CommandSpec, columns: number): readonly Line[] {
  const own = optionsOf(command).filter((option) => !GLOBAL_OPTIONS.includes(option));
  return [
    [bold(`sheaf ${command.name}`), `: ${command.summary}`],
    '',
    ['Usage: ', cyan(`sheaf ${usageOf(command)}${own.length > 0 ? ' [OPTIONS]' : ''}`)],
    ...(command.aliases.length > 0
      ? [`Also: ${command.aliases.map((alias) => `sheaf ${alias}`).join(', ')}`]
      : []),
    ...(command.description ?? []).flatMap((paragraph) => ['', wrap(paragraph, columns)].flat()),
    ...section(
      'Arguments',
      definitionLines(
        command.arguments.map((argument) => [argument.name, argument.summary]),
        columns,
      ),
    ),
    ...section('Options', optionLines(own, columns)),
    ...section('Options of every command', optionLines(GLOBAL_OPTIONS, columns)),
    ...section(
      'Examples',
      command.examples.flatMap(({ line, does }): readonly Line[] => [
        ['  ', cyan(line)],
        [dim(`      ${does}`)],
      ]),
    ),
  ];
}

/** The same facts for programs, with --json. */
export function commandDocument(command: CommandSpec): Readonly<Record<string, unknown>> {
  const { name, aliases, summary, examples } = command;
  return {
    name,
    aliases,
    summary,
    usage: `sheaf ${usageOf(command)}`,
    arguments: command.arguments,
    options: optionsOf(command),
    examples,
    dryRun: command.dryRun ?? false,
  };
}

function section(title: string, lines: readonly Line[]): readonly Line[] {
  return lines.length === 0 ? [] : ['', [bold(title)], ...lines];
}

function commandsOfGroup(group: CommandGroup): readonly CommandSpec[] {
  return COMMAND_TABLE.filter((command) => command.group === group);
}

function commandLines(commands: readonly CommandSpec[], columns: number): readonly Line[] {
  return definitionLines(
    commands.map((command) => [[cyan(command.name)], command.summary]),
    columns,
  );
}

function optionLines(options: readonly OptionSpec[], columns: number): readonly Line[] {
  return definitionLines(
    options.map((option) => [optionName(option), optionMeaning(option)]),
    columns,
  );
}

function optionName({ name, short, value }: OptionSpec): Line {
  const dashes = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return value === undefined ? dashes : `${dashes} ${value.name}`;
}

function optionMeaning(option: OptionSpec): string {
  const notes = [
    ...(option.value?.choices === undefined ? [] : [option.value.choices.join(', ')]),
    ...(option.required === true ? ['required'] : []),
    ...(option.repeat === true ? ['may repeat'] : []),
  ];
  return notes.length === 0 ? option.summary : `${option.summary} (${notes.join('; ')})`;
}
