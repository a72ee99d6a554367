import { closest } from '../../core/did-you-mean.ts';
import { SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';
import type { Call, Outcome } from '../call.ts';
import { COMMAND_TABLE, commandsOf, commandWords, findCommand } from '../command-table.ts';
import { commandDocument, commandHelp, groupHelp, overview } from '../help.ts';

// Longer lines are hard to read, however wide the terminal is.
const MAX_COLUMNS = 100;

export function run(call: Call): Promise<Outcome> {
  const columns = Math.min(call.columns ?? MAX_COLUMNS, MAX_COLUMNS);
  const words = call.arguments.join(' ');
  if (words === '') {
    return answer({ commands: COMMAND_TABLE.map(commandDocument) }, () => overview(columns));
  }
  const command = findCommand(words) ?? findCommand(call.arguments[0] ?? '');
  if (command !== undefined) {
    return answer({ commands: [commandDocument(command)] }, () => commandHelp(command, columns));
  }
  const group = [words, call.arguments[0] ?? ''].map(commandsOf).find((members) => members.length > 0);
  if (group !== undefined) {
    return answer({ commands: group.map(commandDocument) }, () => groupHelp(words, group, columns));
  }
  const meant = closest(words, commandWords());
  throw new SheafError('SHEAF_USAGE', `There is no command ${quote(words)}.`, {
    hint: meant === undefined ? 'sheaf help lists all commands.' : `Did you mean "sheaf help ${meant}"?`,
  });
}

function answer(data: Outcome['data'], lines: Outcome['lines']): Promise<Outcome> {
  return Promise.resolve({ data, lines });
}
