import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { ProcessSpec, Sandbox, SandboxedProcess } from './sandbox.ts';

/** Where a runner finds Node and itself, inside its sandbox. */
const NODE = '/sheaf/node';
const RUNNER = '/sheaf/runner';

/** Node's own threads; a runner starts nothing. */
const PROCESSES = 64;

/** How a pool is made. */
export interface RunnerPoolOptions {
  readonly sandbox: Sandbox;
  /** The directory that holds `runner.cjs`; {@link findRunner} knows it. */
  readonly runner: string;
  /** Blank runners kept ready; `LIMITS.warmRunners` when absent, 0 for none. */
  readonly size?: number;
}

/**
 * Blank runners that were started before anybody needed them: a Node process takes longer to start than most
 * plugins take to run. Each becomes one plugin, and ends with it.
 */
export interface RunnerPool {
  readonly sandbox: Sandbox;
  /**
   * Starts as many as the pool keeps. To be called when nobody waits: starting a process holds the host up, and
   * the one that starts takes a processor from the one that is waited for.
   */
  warm(): void;
  /** A blank runner that now belongs to the caller. @param cpuSeconds a bound of its own: it is started for it. */
  take(cpuSeconds?: number): SandboxedProcess;
  /** Says that a runner that was taken is no longer waited for. With the last of them, the pool fills up again. */
  settle(): void;
  /** Ends all that are still blank. Settles when they are gone. */
  dispose(): Promise<void>;
}

export function createRunnerPool(options: RunnerPoolOptions): RunnerPool {
  const { sandbox, size = LIMITS.warmRunners } = options;
  const blank = new Set<SandboxedProcess>();
  let isDisposed = false;
  let awaited = 0;
  const start = (cpuSeconds?: number): SandboxedProcess => {
    return sandbox.spawn(specOf(options.runner, cpuSeconds));
  };
  const warm = (): void => {
    if (isDisposed) return;
    while (blank.size < size) {
      const runner = start();
      blank.add(runner);
      void runner.ended.then(() => blank.delete(runner));
    }
  };
  return {
    sandbox,
    warm,
    take(cpuSeconds) {
      if (isDisposed) throw new SheafError('SHEAF_STATE', 'The host has been closed.');
      awaited += 1;
      if (cpuSeconds !== undefined) return start(cpuSeconds);
      const [ready] = blank;
      if (ready !== undefined) blank.delete(ready);
      return ready ?? start();
    },
    settle() {
      awaited -= 1;
      if (awaited === 0) warm();
    },
    async dispose() {
      isDisposed = true;
      const runners = [...blank];
      for (const runner of runners) runner.kill();
      await Promise.all(runners.map((runner) => runner.ended));
    },
  };
}

/**
 * The directory of the built runner, beside the bundled command or below the compiled library.
 *
 * @throws SheafError `SHEAF_TOOL` when sheaf was not built.
 */
export function findRunner(): string {
  const places = ['runner/', '../bin/runner/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = places.find((place) => existsSync(`${place}runner.cjs`));
  if (found !== undefined) return found.replace(/[/\\]$/, '');
  throw new SheafError('SHEAF_TOOL', 'The program that runs plugins is missing from this installation.', {
    hint: 'Install sheaf again; in its repository, run `npm run build`.',
  });
}

function specOf(runner: string, cpuSeconds: number | undefined): ProcessSpec {
  return {
    // Guests live in wasm memory; what is left for Node's own heap is lines of protocol 1.
    command: [NODE, '--max-old-space-size=96', '--disable-proto=delete', `${RUNNER}/runner.cjs`],
    readOnly: [
      { from: process.execPath, to: NODE },
      { from: runner, to: RUNNER },
    ],
    environment: {},
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    processes: PROCESSES,
    workdirBytes: 0,
    network: false,
  };
}
