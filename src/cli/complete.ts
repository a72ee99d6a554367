import { ERROR_MEANINGS } from '../core/errors.ts';
import type { KnownNames } from '../ops/plugins/known-names.ts';
import type { CommandSpec, OptionSpec, ValueKind } from './command-spec.ts';
import { COMMAND_TABLE, commandsOf, findCommand, optionsOf } from './command-table.ts';
import { GLOBAL_OPTIONS } from './table/global-options.ts';

/** A word that could stand at the end of a line. */
export interface Candidate {
  readonly word: string;
  readonly meaning?: string;
}

/** What could stand there: these words, or paths, which the shell knows better. */
export interface Completion {
  readonly kind: 'words' | 'files' | 'directories';
  readonly candidates: readonly Candidate[];
}

/** A value that is being typed. */
interface Slot {
  readonly kind: ValueKind;
  readonly choices?: readonly string[] | undefined;
}

/**
 * Completes a command line against the command table.
 *
 * @param words after the program's name; the last one is being completed.
 */
export async function complete(words: readonly string[], names: KnownNames): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const before = readWords(words.slice(0, -1));
  const { command, pending } = before;
  if (pending !== undefined) return valuesOf(pending, current, before.values, names);
  if (!before.isEnded && current.startsWith('-')) return optionsFor(current, before, names);
  if (command === undefined) {
    return wordsOf(before.values.length > 0 ? [] : commandWordsAfter(before.group, current));
  }
  const argument = command.arguments[before.values.length] ?? lastRepeating(command);
  if (argument === undefined) return wordsOf([]);
  const takesPaths = command.name === 'install' && /^(\.|~|\/)/.test(current);
  if (takesPaths) return { kind: 'files', candidates: [] };
  return valuesOf(argument, current, before.values, names);
}

function wordsOf(candidates: readonly Candidate[]): Completion {
  return { kind: 'words', candidates };
}

/** What the words before the last one amount to. */
interface WordsBefore {
  readonly command: CommandSpec | undefined;
  /** First word of a command that needs a second, or the first two of one that needs a third. */
  readonly group: string | undefined;
  /** Positional arguments. */
  readonly values: readonly string[];
  /** Options by their long names. */
  readonly given: readonly string[];
  /** The option whose value is next. */
  readonly pending: Slot | undefined;
  /** `--` was there. */
  readonly isEnded: boolean;
}

function readWords(words: readonly string[]): WordsBefore {
  let command: CommandSpec | undefined;
  let group: string | undefined;
  let pending: Slot | undefined;
  let isEnded = false;
  const values: string[] = [];
  const given: string[] = [];
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (!isEnded && word === '--') {
      isEnded = true;
    } else if (!isEnded && word.startsWith('-') && word !== '-') {
      const option = findOption(word.split('=')[0] ?? word, command);
      if (option !== undefined) given.push(option.name);
      if (!word.includes('=')) pending = option?.value;
    } else if (command === undefined && group === undefined) {
      command = findCommand(word);
      group = word;
    } else if (command === undefined && values.length === 0) {
      const words = `${group} ${word}`;
      command = findCommand(words);
      if (command !== undefined) continue;
      if (commandsOf(words).length > 0) group = words;
      else values.push(word);
    } else {
      values.push(word);
    }
  }
  return { command, group, values, given, pending, isEnded };
}

function findOption(word: string, command: CommandSpec | undefined): OptionSpec | undefined {
  return optionsAt(command).find(({ name, short }) => word === `--${name}` || word === `-${short ?? ''}`);
}

function optionsAt(command: CommandSpec | undefined): readonly OptionSpec[] {
  return command === undefined ? GLOBAL_OPTIONS : optionsOf(command);
}

function lastRepeating(command: CommandSpec): CommandSpec['arguments'][number] | undefined {
  const last = command.arguments.at(-1);
  return last?.repeat === true ? last : undefined;
}

/** The next word of every name and alias that continues what is there. */
function commandWordsAfter(group: string | undefined, current: string): readonly Candidate[] {
  const found = new Map<string, string>();
  const among = group === undefined ? COMMAND_TABLE : commandsOf(group);
  const start = group === undefined ? '' : `${group} `;
  for (const { name, aliases, summary } of among) {
    for (const words of [name, ...aliases]) {
      const [word = '', more] = words.slice(start.length).split(' ');
      if (!words.startsWith(start) || !word.startsWith(current) || found.has(word)) continue;
      found.set(word, more === undefined ? summary : groupMeaning(`${start}${word}`));
    }
  }
  return [...found].map(([word, meaning]) => ({ word, meaning }));
}

function groupMeaning(group: string): string {
  return commandsOf(group)
    .map(({ name }) => name.slice(group.length + 1))
    .join(', ');
}

async function optionsFor(current: string, before: WordsBefore, names: KnownNames): Promise<Completion> {
  const options = optionsAt(before.command);
  const equals = current.indexOf('=');
  if (equals !== -1) {
    const value = findOption(current.slice(0, equals), before.command)?.value;
    if (value === undefined) return wordsOf([]);
    const { kind, candidates } = await valuesOf(value, current.slice(equals + 1), before.values, names);
    const lead = current.slice(0, equals + 1);
    return { kind, candidates: candidates.map((one) => ({ ...one, word: lead + one.word })) };
  }
  return wordsOf(
    options
      .filter(({ name, repeat }) => repeat === true || !before.given.includes(name))
      .filter(({ name }) => `--${name}`.startsWith(current))
      .map(({ name, summary }) => ({ word: `--${name}`, meaning: summary })),
  );
}

/** What may stand in a place; nothing where only the person can know it. */
async function valuesOf(
  { kind, choices }: Slot,
  current: string,
  others: readonly string[],
  names: KnownNames,
): Promise<Completion> {
  if (kind === 'file') return { kind: 'files', candidates: [] };
  if (kind === 'directory') return { kind: 'directories', candidates: [] };
  const known = choices?.map((word) => ({ word })) ?? (await candidatesOf(kind, current, names));
  return wordsOf(known.filter(({ word }) => word.startsWith(current) && !others.includes(word)));
}

async function candidatesOf(
  kind: ValueKind,
  current: string,
  names: KnownNames,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'plugin':
      return pluginsFor(current, names);
    case 'installed':
      return plain(await names.installed());
    case 'registry':
      return plain(await names.registries());
    case 'category':
      return plain(await names.categories());
    case 'command':
      return COMMAND_TABLE.map(({ name, summary }) => ({ word: name, meaning: summary }));
    case 'error-code':
      return Object.entries(ERROR_MEANINGS).map(([word, meaning]) => ({ word, meaning }));
    case 'text':
    case 'file':
    case 'directory':
    case 'url':
    case 'digest':
    case 'duration':
    case 'count':
    case 'principal':
    case 'namespace':
      break;
  }
  return [];
}

/** `ALIAS/NAME` completes the names of that registry; a range behind `@` is the person's own. */
async function pluginsFor(current: string, names: KnownNames): Promise<readonly Candidate[]> {
  if (current.includes('@')) return [];
  const slash = current.indexOf('/');
  if (slash === -1) return plain(await names.plugins(current));
  const alias = current.slice(0, slash);
  const found = await names.plugins(current.slice(slash + 1), alias);
  return found.map((name) => ({ word: `${alias}/${name}` }));
}

function plain(words: readonly string[]): readonly Candidate[] {
  return words.map((word) => ({ word }));
}
