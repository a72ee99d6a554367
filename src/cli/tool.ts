import { runProgram } from './program.ts';

/**
 * Runs the command line's program with these words in front of the arguments of this process: what the programs of
 * `tools/` are, so that a tool and its command never differ.
 */
export function runAs(...words: readonly string[]): Promise<void> {
  return runProgram([...words, ...process.argv.slice(2)]);
}
