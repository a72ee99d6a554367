import { EXIT_STATUS } from './exit-codes.ts';
import { watchInterrupts } from './interrupt.ts';
import { runCommandLine } from './run.ts';
import { processStdio } from './stdio.ts';

/** Runs one command line in this process, and ends the process with its exit status. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  const interrupt = watchInterrupts(process, EXIT_STATUS.SHEAF_INTERRUPTED);
  const status = await runCommandLine(argv, processStdio(), interrupt);
  // What the command printed must get out. Whatever else would keep the process alive is of no use any more, and
  // a signal that comes now is too late: the listener stays, or the shell would hear of an interrupt after "Done".
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(status);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
