import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LIMITS } from '../core/limits.ts';
import type { ProcessEnd, SandboxedProcess } from './sandbox.ts';

/** A process that ends takes its children along; one that is killed cannot. */
const running = new Set<SandboxedProcess>();

/**
 * Holds on to a child that was started with `detached` and three pipes: kills its whole process group on demand and
 * when the host ends, and tells when it is gone.
 *
 * @param after runs when it is gone, before that is told.
 */
export function supervise(child: ChildProcess, after: () => void = () => {}): SandboxedProcess {
  const { pid, stdin, stdout, stderr } = child as PipedChild;
  // A pipe that breaks is the end of the process, which is reported as such.
  stdin.on('error', () => {});
  const supervised: SandboxedProcess = {
    pid,
    stdin,
    stdout,
    stderr,
    kill: () => {
      if (child.exitCode === null && child.signalCode === null) signalGroup(child);
    },
    ended: endOf(child as PipedChild).finally(after),
  };
  void endWithHost(supervised);
  return supervised;
}

type PipedChild = ChildProcess & {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
};

async function endWithHost(supervised: SandboxedProcess): Promise<void> {
  if (running.size === 0) process.on('exit', endAll);
  running.add(supervised);
  await supervised.ended;
  running.delete(supervised);
  if (running.size === 0) process.off('exit', endAll);
}

function endAll(): void {
  for (const supervised of running) supervised.kill();
}

function signalGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: all of them have ended.
  }
}

function endOf(child: PipedChild): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, error }));
    child.once('exit', (exitCode, signal) => {
      // What it started may outlive it, and hold its pipes.
      signalGroup(child);
      const patience = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, LIMITS.shutdownTime);
      child.once('close', () => {
        clearTimeout(patience);
        resolve({ exitCode, signal });
      });
    });
  });
}
