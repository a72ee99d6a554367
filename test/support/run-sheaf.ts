import { runCommandLine } from '../../src/cli/run.ts';

/** What a command line gets besides its words; a plain pipe without environment unless said otherwise. */
export interface RunOptions {
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether both outputs are terminals. */
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
}

/** What it answered. */
export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with its own streams. */
export function runSheaf(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runWith(runCommandLine, argv, options);
}

/** Runs a command line by a build of the command, in this process. */
export async function runWith(
  runCommand: typeof runCommandLine,
  argv: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    terminal: options.terminal ?? false,
    columns: options.terminal === true ? 80 : undefined,
    write(text: string) {
      written[name] += text;
    },
  });
  const status = await runCommand(
    argv,
    {
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      stdin: inputOf(options.input ?? new Uint8Array()),
      environment: options.environment ?? {},
    },
    options.signal ?? new AbortController().signal,
  );
  return { status, ...written };
}

async function* inputOf(input: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (input instanceof Uint8Array) yield input;
  else yield* input;
}
