import { EXIT_STATUS } from './exit-codes.ts';
import { watchInterrupts } from './interrupt.ts';
import { runCommandLine } from './run.ts';
import { processStdio } from './stdio.ts';

/** Runs one command line in this process and sets its exit status. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  const interrupts = watchInterrupts(process, EXIT_STATUS.SHEAF_INTERRUPTED);
  process.exitCode = await runCommandLine(argv, processStdio(), interrupts.signal);
  interrupts.dispose();
  if (!interrupts.signal.aborted) return;
  // What an interrupted command had begun may still keep the process alive; what it printed must get out.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
