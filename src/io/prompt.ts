import { createInterface } from 'node:readline/promises';
import { SheafError } from '../core/errors.ts';
import type { Prompt } from '../core/ports.ts';
import { escapeForTerminal } from '../core/text.ts';

/** Where questions are asked, and what was said about them beforehand. */
export interface PromptOptions {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Standard error: standard output is the result. */
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** `--no-input`: nothing may be asked. */
  readonly noInput: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Asks on a terminal. The default answer is no: pressing Enter never agrees to anything. There is no answer for
 * all questions at once: an operation that can be told beforehand has an option for it and does not ask, so
 * that a --yes meant for one thing never gives a plugin new powers.
 */
export function createPrompt(options: PromptOptions): Prompt {
  return {
    async confirm(question, flag) {
      if (options.noInput || options.input.isTTY !== true || options.output.isTTY !== true) {
        throw new SheafError('SHEAF_CANCELLED', `Nobody can be asked: ${question}`, {
          hint: `Answer beforehand with ${flag}.`,
          details: { flag },
        });
      }
      return ask(question, options);
    },
  };
}

async function ask(question: string, { input, output, signal }: PromptOptions): Promise<boolean> {
  const lines = createInterface({ input, output, terminal: true });
  // Ctrl-C arrives here as a key press, and Ctrl-D closes the input: both mean that there is no answer.
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  lines.once('SIGINT', () => closed.abort());
  const stop = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
  try {
    const text = escapeForTerminal(question, { newlines: true });
    const answer = await lines.question(`${text} [y/N] `, { signal: stop });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!stop.aborted) throw error;
    output.write('\n');
    throw new SheafError('SHEAF_INTERRUPTED', 'The question was interrupted; nothing was changed.', {
      cause: error,
    });
  } finally {
    lines.close();
  }
}
