import { type ChildProcess, spawn } from 'node:child_process';

/** How a process ended and what it said. */
export interface Ended {
  /** As a shell reports it: 128 and the number of the signal for one that a signal ended. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A sheaf that runs in a process of its own. */
export interface SheafProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error has this text; rejects when the process ends without it. */
  says(text: string): Promise<void>;
}

const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15, SIGXFSZ: 25 };

/**
 * Starts the built command line.
 *
 * @param options.within words of a program that runs it, such as `setpriv …`.
 */
export function startSheaf(
  main: string,
  argv: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly within?: readonly string[];
  },
): SheafProcess {
  const [program = '', ...words] = [...(options.within ?? []), process.execPath, main, ...argv];
  const child = spawn(program, words, {
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) =>
      resolve({ status: status ?? 128 + (SIGNALS[signal ?? ''] ?? 0), ...said }),
    );
  });
  return {
    child,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (said.stderr.includes(text)) resolve();
        };
        look();
        child.stderr.on('data', look);
        child.once('close', () => reject(new Error(`It ended without "${text}": ${said.stderr}`)));
      }),
  };
}
