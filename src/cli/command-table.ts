import type { CommandGroup, CommandSpec, OptionSpec } from './command-spec.ts';
import { AUTHOR_COMMANDS } from './table/authors.ts';
import { DRY_RUN, GLOBAL_OPTIONS } from './table/global-options.ts';
import { IMPORT_COMMANDS } from './table/imports.ts';
import { OPERATOR_COMMANDS } from './table/operators.ts';
import { OWNER_COMMANDS } from './table/owners.ts';
import { PIPELINE_COMMANDS } from './table/pipeline.ts';
import { PUBLISHING_COMMANDS } from './table/publishing.ts';
import { REGISTRY_COMMANDS } from './table/registries.ts';
import { REVIEWING_COMMANDS } from './table/reviewing.ts';
import { SELF_COMMANDS } from './table/self.ts';
import { SUBMISSION_COMMANDS } from './table/submissions.ts';
import { USE_COMMANDS } from './table/use.ts';

/** The one table of commands, in the order in which the help lists them. */
export const COMMAND_TABLE: readonly CommandSpec[] = [
  ...USE_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...AUTHOR_COMMANDS,
  ...PUBLISHING_COMMANDS,
  ...OWNER_COMMANDS,
  ...OPERATOR_COMMANDS,
  ...REVIEWING_COMMANDS,
  ...SUBMISSION_COMMANDS,
  ...PIPELINE_COMMANDS,
  ...IMPORT_COMMANDS,
  ...SELF_COMMANDS,
];

/** Headings of the groups, in order. */
export const GROUP_TITLES: Readonly<Record<CommandGroup, string>> = {
  use: 'Use plugins',
  registries: 'Registries',
  authors: 'Make and sign plugins',
  operators: 'Publish a registry',
  pipeline: 'Workflows of a registry',
  self: 'sheaf itself',
};

/** The command that these words name, by its name or an alias. */
export function findCommand(words: string): CommandSpec | undefined {
  return COMMAND_TABLE.find((command) => command.name === words || command.aliases.includes(words));
}

/** The commands that start with this word and need a second: `registry` has `registry add` and others. */
export function commandsOf(word: string): readonly CommandSpec[] {
  return COMMAND_TABLE.filter((command) => command.name.startsWith(`${word} `));
}

/** Every name and alias, for hints and completion. */
export function commandWords(): readonly string[] {
  return COMMAND_TABLE.flatMap(({ name, aliases }) => [[name], aliases].flat());
}

/** All options a command takes: its own, `--dry-run` where it has one, and the global ones. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...(command.dryRun === true ? [DRY_RUN] : []), ...GLOBAL_OPTIONS];
}

/** `registry add URL`, `sign FILE...`, `rollback [GENERATION]`: a command with its arguments. */
export function usageOf(command: CommandSpec): string {
  const words = command.arguments.map((argument) => {
    const name = argument.required ? argument.name : `[${argument.name}]`;
    return argument.repeat === true ? `${name}...` : name;
  });
  return [command.name, ...words].join(' ');
}
