import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { BuildOrder, Programs, Reporter, SourceBuilder } from '../core/ports.ts';
import { isolates } from '../core/runtime/isolation.ts';
import { escapeForTerminal, quote } from '../core/text.ts';
import { bestSandbox } from './best-sandbox.ts';
import { ErrorOutput } from './error-output.ts';
import type { ProcessEnd, ProcessSpec, Sandbox, SandboxedProcess } from './sandbox.ts';
import { type Toolchain, toolchainOf } from './toolchain.ts';

/** Where a build finds its source, read-only, inside its sandbox. */
const SOURCE = '/sheaf/source';

/**
 * Builds in a copy, with a home of its own beside it, and then writes the file that was built to standard output:
 * the directory is memory of the sandbox, and goes away with it. Everything that the build prints is a log.
 */
const SCRIPT = `
  set -e
  mkdir home source
  HOME=$PWD/home TMPDIR=$PWD/home; export HOME TMPDIR
  cp -R "$1/." source; chmod -R u+w source; cd source
  output=$2; shift 2
  "$@" </dev/null >&2
  if [ -f "./$output" ]; then exec cat "./$output"; fi`;

/** What building needs of the machine. */
export interface BuilderOptions {
  readonly programs: Programs;
  /** Of the user: it says where toolchains are, and none of it reaches a build. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears the end of the log of a build that fails. */
  readonly reporter: Pick<Reporter, 'note'>;
  readonly signal: AbortSignal;
  /** Milliseconds that a build may take; `LIMITS.buildTime` when absent. */
  readonly timeMs?: number;
  /** Where builds run; {@link bestSandbox} when absent. */
  readonly findSandbox?: typeof bestSandbox;
}

/** Builds plugins from source in the best sandbox that this machine has, without network. */
export function createSourceBuilder(options: BuilderOptions): SourceBuilder {
  let found: ReturnType<typeof bestSandbox> | undefined;
  const best = (): ReturnType<typeof bestSandbox> => {
    found ??= (options.findSandbox ?? bestSandbox)();
    return found;
  };
  return {
    isolation: async () => (await best()).available,
    async versionOf(program) {
      const { sandbox } = await best();
      // A program may do anything when it is asked; one that is isolated may.
      return isolates(sandbox.level, 'os') ? await versionOf(program, sandbox, options) : undefined;
    },
    async build(order) {
      return await build(order, (await best()).sandbox, options);
    },
  };
}

async function build(order: BuildOrder, sandbox: Sandbox, options: BuilderOptions): Promise<Uint8Array> {
  const { directory, command, output, requires } = order;
  const { signal, reporter, timeMs = LIMITS.buildTime } = options;
  signal.throwIfAborted();
  const toolchain = await toolchainFor(requires, options);
  const started = sandbox.spawn({
    command: ['/bin/sh', '-c', SCRIPT, 'sh', SOURCE, output, ...command],
    ...surroundings(toolchain),
    readOnly: [{ from: directory, to: SOURCE }, ...toolchain.readOnly],
  });
  const log = new ErrorOutput(started.stderr);
  const limit = AbortSignal.timeout(timeMs);
  const kill = (): void => started.kill();
  for (const one of [signal, limit]) one.addEventListener('abort', kill, { once: true });
  const built = await outputOf(started);
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  const how = howItFailed(order, await started.ended, built);
  if (how === undefined && built !== undefined) return built;
  const said = log.text().trimEnd().split('\n').slice(-LIMITS.buildLogLines);
  for (const line of said) if (line !== '') reporter.note(escapeForTerminal(line));
  const context = {
    hint: 'What it printed last stands above; tell the author of the plugin.',
    details: { said },
  };
  if (!limit.aborted)
    throw new SheafError('SHEAF_TOOL', `${order.plugin} could not be built: ${how}.`, context);
  throw new SheafError(
    'SHEAF_TIMEOUT',
    `Building ${order.plugin} took longer than ${timeMs / 1_000} seconds, and was ended.`,
    context,
  );
}

/** All that a build has but the source. */
function surroundings(toolchain: Toolchain): Omit<ProcessSpec, 'command' | 'readOnly'> {
  return {
    environment: { PATH: toolchain.path },
    memoryBytes: LIMITS.buildMemoryBytes,
    processes: LIMITS.buildProcesses,
    openFiles: LIMITS.buildOpenFiles,
    workdirBytes: LIMITS.buildWorkdirBytes,
    network: false,
  };
}

/** All that a process writes, once it has ended; undefined when it is more than a plugin may be. */
async function outputOf(started: SandboxedProcess): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  started.stdout.on('data', (chunk: Uint8Array) => {
    length += chunk.byteLength;
    if (length <= LIMITS.builtFileBytes) chunks.push(chunk);
    else started.kill();
  });
  await started.ended;
  return length <= LIMITS.builtFileBytes ? Buffer.concat(chunks) : undefined;
}

/** @returns a clause that continues "could not be built:"; undefined when it was. */
function howItFailed(
  { command: [program], output }: BuildOrder,
  { exitCode, signal, error }: ProcessEnd,
  built: Uint8Array | undefined,
): string | undefined {
  if (error !== undefined) return 'there is no shell to do it';
  if (built === undefined) return `${quote(output)} has more than ${LIMITS.builtFileBytes} bytes`;
  if (signal !== null) return `${quote(program)} ended by ${signal}`;
  if (exitCode !== 0) return `${quote(program)} ended with status ${exitCode}`;
  return built.byteLength === 0 ? `it left no file ${quote(output)}` : undefined;
}

async function toolchainFor(
  names: readonly string[],
  { programs, environment }: BuilderOptions,
): Promise<Toolchain> {
  const found = new Map<string, string>();
  for (const name of names) {
    const path = await programs.find(name);
    if (path !== undefined) found.set(name, path);
  }
  return await toolchainOf(found, environment);
}

async function versionOf(
  program: string,
  sandbox: Sandbox,
  options: BuilderOptions,
): Promise<string | undefined> {
  const toolchain = await toolchainFor([program], options);
  const started = sandbox.spawn({
    command: ['/usr/bin/env', program, '--version'],
    ...surroundings(toolchain),
    readOnly: toolchain.readOnly,
  });
  started.stderr.resume();
  const patience = setTimeout(() => started.kill(), LIMITS.initializeTime);
  const said = await outputOf(started);
  clearTimeout(patience);
  return /\d+\.\d+(?:\.\d+)?/.exec(new TextDecoder().decode(said))?.[0];
}
