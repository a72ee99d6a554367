#!/usr/bin/env node
import { sheafVersion } from '../wiring/version.ts';

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Answered before anything else is loaded: shells and scripts ask this often.
  process.stdout.write(`${sheafVersion()}\n`);
} else if (argv[0] === '__complete') {
  // What the scripts of `sheaf completion` ask with every key; a person waits for the answer.
  const { printCompletions } = await import('./print-completions.ts');
  await printCompletions(argv.slice(1));
} else {
  const { runProcess } = await import('./run-process.ts');
  await runProcess(argv);
}
