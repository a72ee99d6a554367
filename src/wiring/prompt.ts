import type { Prompt } from '../core/ports.ts';
import { createPrompt } from '../io/prompt.ts';

/**
 * Questions to the person at this process's terminal.
 *
 * @param options.noInput nothing may be asked.
 */
export function connectPrompt(options: { readonly noInput: boolean; readonly signal?: AbortSignal }): Prompt {
  return createPrompt({ ...options, input: process.stdin, output: process.stderr });
}
