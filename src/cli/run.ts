import { SheafError } from '../core/errors.ts';
import { sheafVersion } from '../wiring/version.ts';
import { updateLines } from './announce-updates.ts';
import type { GlobalOptions, Outcome } from './call.ts';
import { loadCommand } from './command-modules.ts';
import type { CommandName } from './command-spec.ts';
import { findCommand } from './command-table.ts';
import { type CommandLine, createCall, globalOptions } from './create-call.ts';
import { EXIT_OK, EXIT_STATUS } from './exit-codes.ts';
import { toRefusal } from './failure.ts';
import { unlessInterrupted } from './interrupt.ts';
import { commandOf, type ParsedLine, parseCommandLine } from './parse.ts';
import { wantsAnimation, wantsColours } from './render/colours.ts';
import { failureLines } from './render/failure.ts';
import { failureDocument, successDocument } from './render/json.ts';
import { type Line, renderLine } from './render/line.ts';
import { type Conversation, createConversation } from './render/progress.ts';
import type { Stdio } from './stdio.ts';

/**
 * Runs one command line, without the program's own name, and prints its result: one JSON document or text on
 * standard output, the conversation on standard error.
 *
 * @param signal aborted when the person interrupts.
 * @returns the exit status.
 */
export async function runCommandLine(
  argv: readonly string[],
  stdio: Stdio,
  signal: AbortSignal,
): Promise<number> {
  const global = readGlobalOptions(argv);
  const colours = (stream: Stdio['stdout']): boolean =>
    wantsColours({ terminal: stream.terminal, environment: stdio.environment }, global.noColor);
  const conversation = createConversation(stdio.stderr, {
    colours: colours(stdio.stderr),
    animated: wantsAnimation({ terminal: stdio.stderr.terminal, environment: stdio.environment }),
    silent: global.json,
  });
  try {
    const line = parseCommandLine(argv);
    const work = runParsedLine(line, stdio, conversation, signal);
    const outcome = await unlessInterrupted(work, signal);
    conversation.finish();
    if (global.json) stdio.stdout.write(successDocument(outcome.data, conversation.warnings));
    else print(stdio.stdout, outcome.lines(), colours(stdio.stdout));
    if (line.kind === 'command') {
      const notice = updateLines(line, stdio, conversation, signal);
      print(stdio.stderr, await notice, colours(stdio.stderr));
    }
    return outcome.exitStatus ?? EXIT_OK;
  } catch (thrown) {
    conversation.finish();
    const error = toRefusal(thrown, signal);
    if (global.json) stdio.stdout.write(failureDocument(error, conversation.warnings, global.debug));
    else print(stdio.stderr, failureLines(error, global.debug), colours(stdio.stderr));
    return error.code === 'SHEAF_USAGE'
      ? (commandOf(argv)?.usageStatus ?? EXIT_STATUS.SHEAF_USAGE)
      : EXIT_STATUS[error.code];
  }
}

async function runParsedLine(
  line: ParsedLine,
  stdio: Stdio,
  conversation: Conversation,
  signal: AbortSignal,
): Promise<Outcome> {
  if (line.kind === 'version') {
    const version = sheafVersion();
    return { data: { version }, lines: () => [version] };
  }
  const parsed = line.kind === 'help' ? helpLine(line.topic) : line;
  const module = await loadCommand(parsed.command.name);
  return module.run(createCall(parsed, stdio, conversation, signal));
}

function helpLine(topic: readonly string[]): CommandLine {
  const command = findCommand('help' satisfies CommandName);
  if (command === undefined) throw new SheafError('SHEAF_INTERNAL', 'The command table has no help.');
  return { kind: 'command', command, arguments: topic, flags: new Set(), values: new Map() };
}

/** The flags that decide how even a line that is not understood is answered. */
function readGlobalOptions(argv: readonly string[]): GlobalOptions {
  const end = argv.indexOf('--');
  const tokens = end === -1 ? argv : argv.slice(0, end);
  return globalOptions((name) => tokens.includes(`--${name}`), undefined);
}

function print(stream: Stdio['stdout'], lines: readonly Line[], colours: boolean): void {
  if (lines.length > 0) stream.write(lines.map((line) => renderLine(line, colours)).join(''));
}
