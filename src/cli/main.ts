#!/usr/bin/env node
import { sheafVersion } from '../wiring/version.ts';
import type * as program from './program.ts';

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered before anything else is loaded: shells and scripts ask this often.
  process.stdout.write(`${sheafVersion()}\n`);
} else {
  void load(argv);
}

async function load(argv: readonly string[]): Promise<void> {
  const { programLoader } = await import('../wiring/program.ts');
  const loader = programLoader(kindOf(argv));
  const { runProgram } = loader.load('program.js') as typeof program;
  process.once('exit', (status) => {
    // A word that is no command must not leave anything behind.
    if (status === 0) loader.keep();
  });
  await runProgram(argv);
}

/** The command, under which its code is kept. */
function kindOf([first = '']: readonly string[]): string {
  return /^[a-z_]+$/.test(first) ? first : 'other';
}
