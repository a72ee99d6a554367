import { closest } from '../core/did-you-mean.ts';
import { parseDigest } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import { parseDuration } from '../core/instant.ts';
import { lowerFirst, quote } from '../core/text.ts';
import type { CommandSpec, OptionSpec, ValueKind } from './command-spec.ts';
import { usageOf } from './command-table.ts';

/**
 * Checks number and kind of positional arguments against the table.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function checkArguments(command: CommandSpec, given: readonly string[]): void {
  const hint = `Usage: sheaf ${usageOf(command)}`;
  const missing = command.arguments.filter((argument) => argument.required)[given.length];
  if (missing !== undefined) {
    throw new SheafError('SHEAF_USAGE', `"sheaf ${command.name}" needs ${missing.name}.`, { hint });
  }
  const last = command.arguments.at(-1);
  const surplus = last?.repeat === true ? undefined : given[command.arguments.length];
  if (surplus !== undefined) {
    throw new SheafError('SHEAF_USAGE', `"sheaf ${command.name}" has no use for ${quote(surplus)}.`, {
      hint,
    });
  }
  for (const [index, text] of given.entries()) {
    const argument = command.arguments[index] ?? last;
    if (argument === undefined) continue;
    checkValue(argument.name, argument.kind, text);
    checkChoice(argument.name, argument.choices, text);
  }
}

/**
 * Checks that required options are there and that every value has its kind.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function checkValues(
  command: CommandSpec,
  options: readonly OptionSpec[],
  values: ReadonlyMap<string, readonly string[]>,
): void {
  for (const option of options) {
    if (option.required === true && !values.has(option.name)) {
      throw new SheafError('SHEAF_USAGE', `"sheaf ${command.name}" needs --${option.name}.`, {
        hint: `Add --${option.name} ${option.value?.name ?? ''}: ${lowerFirst(option.summary)}.`,
      });
    }
    for (const text of values.get(option.name) ?? []) {
      if (option.value !== undefined) checkValue(`--${option.name}`, option.value.kind, text);
      checkChoice(`--${option.name}`, option.value?.choices, text);
    }
  }
}

function checkChoice(name: string, choices: readonly string[] | undefined, text: string): void {
  if (choices === undefined || choices.includes(text)) return;
  const meant = closest(text, choices);
  throw new SheafError('SHEAF_USAGE', `${name} cannot be ${quote(text)}.`, {
    hint: meant === undefined ? `Write one of: ${choices.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

/** What every value of a kind must look like; kinds without a form of their own only must not be empty. */
function checkValue(name: string, kind: ValueKind, text: string): void {
  if (text === '' && kind !== 'text') {
    throw new SheafError('SHEAF_USAGE', `${name} is empty.`, { hint: `Give ${name} a value.` });
  }
  if (kind === 'digest') parseDigest(text);
  if (kind === 'count' && !/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new SheafError('SHEAF_USAGE', `${name} must be a whole number from 1, not ${quote(text)}.`, {
      hint: 'Write digits only.',
    });
  }
  if (kind === 'duration' && parseDuration(text) === undefined) {
    throw new SheafError('SHEAF_USAGE', `${name} must be a duration, not ${quote(text)}.`, {
      hint: 'Write a number and its unit: 7d, 12h, 90m or 30s.',
    });
  }
}
