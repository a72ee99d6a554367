import { interrupted } from './failure.ts';

/** How long an interrupted command may take to undo what it had begun, in milliseconds. */
const GRACE = 2000;

/** The part of a process that delivers signals and ends. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(status: number): unknown;
}

/**
 * Turns SIGINT and SIGTERM into an abort, so that the command unwinds: releases its locks and discards what it
 * had staged. A second signal ends the process at once. It listens as long as the process lives.
 */
export function watchInterrupts(source: SignalSource, exitStatus: number): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) source.exit(exitStatus);
    else controller.abort();
  };
  source.on('SIGINT', onSignal);
  source.on('SIGTERM', onSignal);
  return controller.signal;
}

/**
 * The result of the work, unless it was interrupted and has not ended by itself when the grace time is over.
 * Work that ends in time is believed: what it did before the interrupt reached it is done.
 *
 * @throws SheafError `SHEAF_INTERRUPTED`, or what the work throws.
 */
export function unlessInterrupted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  grace: number = GRACE,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let deadline: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      deadline = setTimeout(() => reject(interrupted()), grace);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(deadline);
      signal.removeEventListener('abort', onAbort);
    };
    work.finally(settle).then(resolve, reject);
  });
}
