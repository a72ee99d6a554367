/**
 * Everything that sheaf does beyond telling its version: a command, or the words that a shell may complete.
 * It is a bundle of its own, so that main.ts can load it with the code that an earlier process compiled.
 */
export async function runProgram(argv: readonly string[]): Promise<void> {
  if (argv[0] === '__complete') {
    // What the scripts of `sheaf completion` ask with every key; a person waits for the answer.
    const { printCompletions } = await import('./print-completions.ts');
    return printCompletions(argv.slice(1));
  }
  const { runProcess } = await import('./run-process.ts');
  return runProcess(argv);
}
