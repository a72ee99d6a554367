import { parseArgs } from 'node:util';
import { SheafError } from '../core/errors.ts';
import { EXIT_STATUS } from './exit-codes.ts';
import { toRefusal } from './failure.ts';
import { watchInterrupts } from './interrupt.ts';
import { failureLines } from './render/failure.ts';
import { renderLine } from './render/line.ts';

/** What a program of `tools/` is given. */
export interface ToolCall {
  readonly positionals: readonly string[];
  /** Options by name; absent ones are not in it. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What a program of `tools/` takes. */
export interface ToolUsage {
  /** `review-router SUBMISSIONS --registry DIR`: shown when the command line is not understood. */
  readonly usage: string;
  /** Names of the positionals, all required. */
  readonly positionals: readonly string[];
  /** Names of the options; each takes a value. */
  readonly options: readonly string[];
}

/**
 * Runs a program of `tools/` as this process: prints what it returns, and a refusal as one sentence with the exit
 * status that it has for `sheaf`, too.
 */
export async function runTool(
  usage: ToolUsage,
  main: (call: ToolCall) => Promise<string | Uint8Array>,
): Promise<void> {
  const signal = watchInterrupts(process, EXIT_STATUS.SHEAF_INTERRUPTED);
  try {
    const call = { ...parseTool(usage, process.argv.slice(2)), environment: process.env, signal };
    process.stdout.write(await main(call));
  } catch (thrown) {
    const refusal = toRefusal(thrown, signal);
    const lines = failureLines(refusal, process.env['SHEAF_DEBUG'] === '1');
    process.stderr.write(lines.map((line) => renderLine(line, false)).join(''));
    process.exitCode = EXIT_STATUS[refusal.code];
  }
}

function parseTool(
  { usage, positionals: names, options }: ToolUsage,
  argv: string[],
): Pick<ToolCall, 'positionals' | 'values'> {
  const hint = `Usage: ${usage}`;
  const types = Object.fromEntries(options.map((name) => [name, { type: 'string' as const }]));
  try {
    const { positionals, values } = parseArgs({ args: argv, options: types, allowPositionals: true });
    if (positionals.length === names.length) {
      return { positionals, values };
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new SheafError('SHEAF_USAGE', error.message.split('\n')[0] ?? '', { hint, cause: error });
  }
  throw new SheafError('SHEAF_USAGE', `Give ${names.join(', ')}.`, { hint });
}
