import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';

/** How one run of the system's git ended. */
export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

const NOTHING = new Uint8Array();
const NOT_A_REPOSITORY = 'fatal: not a git repository';

/** Names that an outer git sets for its hooks; inherited, they would turn this one to the outer repository. */
const INHERITED = new Set([
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_CONFIG_PARAMETERS',
]);

/**
 * Runs the system's git, bounded in time and output, without asking anybody anything.
 *
 * @param input what git reads, piece by piece.
 * @throws SheafError `SHEAF_TOOL` when git is missing, takes too long or says too much.
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  environment: Environment,
  input?: AsyncIterable<Uint8Array>,
): Promise<GitResult> {
  let failure: { readonly reason: unknown } | undefined;
  const source = input === undefined ? undefined : noticing(input, (reason) => (failure = { reason }));
  const result = await execa('git', gitCommand(args), {
    cwd: directory,
    env: gitEnvironment(environment),
    extendEnv: false,
    encoding: 'buffer',
    stdin: source ?? 'ignore',
    timeout: LIMITS.gitTime,
    maxBuffer: LIMITS.gitPackBytes,
    reject: false,
    stripFinalNewline: false,
  });
  // What went wrong with the input explains the rest.
  if (failure !== undefined) throw failure.reason;
  if (result.exitCode === undefined) {
    const missing = 'code' in result && result.code === 'ENOENT';
    // The same error as without a git; this is how git itself answers with -C.
    if (missing && !existsSync(directory))
      return { exitCode: 128, stdout: NOTHING, stderr: NOT_A_REPOSITORY };
    throw new SheafError(
      'SHEAF_TOOL',
      missing ? 'git is needed and not installed.' : `git ${args[0]} broke off.`,
      {
        hint: missing ? 'Install git.' : 'Try again.',
        details: { git: quote(result.shortMessage ?? '') },
      },
    );
  }
  return {
    exitCode: result.exitCode,
    stdout: result.stdout,
    stderr: new TextDecoder().decode(result.stderr).trim(),
  };
}

/** What git prints on success; undefined when it fails or isn't there, for questions that may stay open. */
export async function askGit(
  directory: string,
  args: readonly string[],
  environment: Environment,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await runGit(directory, args, environment);
    return exitCode === 0 ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_TOOL') return undefined;
    throw error;
  }
}

async function* noticing<T>(input: AsyncIterable<T>, onFailure: (reason: unknown) => void): AsyncIterable<T> {
  try {
    yield* input;
  } catch (error) {
    onFailure(error);
    throw error;
  }
}

/** The arguments of git for a command that runs no program of the repository's and prints paths as they are. */
export function gitCommand(args: readonly string[]): readonly string[] {
  return ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', ...args];
}

/** What git sees of the environment: nothing of an outer git, messages in English, no question to a person. */
export function gitEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !INHERITED.has(entry[0]),
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
}
