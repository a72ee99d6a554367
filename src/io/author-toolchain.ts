import { access, constants } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import type { ToolCall, Toolchain, ToolResult } from '../core/authoring/ports.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { escapeForTerminal } from '../core/text.ts';

/** The end of what a compiler said: errors are sums, and the first lines repeat the command. */
const OUTPUT_LENGTH = 16_384;

/** The programs of an author's machine, with the author's own environment and rights. */
export function createToolchain(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Toolchain {
  return {
    async run(call) {
      const programs = await findAll(call.names, call.directory, environment);
      const [helper] =
        call.helper === undefined ? [''] : await findAll(call.helper, call.directory, environment);
      if (programs.length === 0 || helper === undefined) {
        const names = programs.length === 0 ? call.names : (call.helper ?? []);
        return { kind: 'missing', names };
      }
      const args = call.args.map((argument) => argument.replace('{helper}', helper));
      let first: ToolResult | undefined;
      // A machine may have two, of which only one knows wasm; the first one's complaint is the one to show.
      for (const program of programs) {
        const result = await runProgram(program, args, call, environment, signal);
        if (result.status === 0) return result;
        first ??= result;
      }
      return first ?? { kind: 'missing', names: call.names };
    },
  };
}

async function runProgram(
  program: string,
  args: readonly string[],
  { directory }: ToolCall,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Extract<ToolResult, { kind: 'ran' }>> {
  const { exitCode, all, timedOut } = await execa(program, args, {
    cwd: resolve(directory),
    env: environment,
    extendEnv: false,
    all: true,
    stdin: 'ignore',
    reject: false,
    timeout: LIMITS.toolTime,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (timedOut) {
    throw new SheafError('SHEAF_TOOL', `${program} took longer than ${LIMITS.toolTime / 1_000} s.`, {
      hint: 'Run it by hand to see what it does.',
    });
  }
  const output = escapeForTerminal(all.slice(-OUTPUT_LENGTH), { newlines: true });
  return { kind: 'ran', program, status: exitCode ?? 1, output };
}

async function findAll(
  names: readonly string[],
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const places = [
    ...ancestors(resolve(directory)).map((one) => join(one, 'node_modules', '.bin')),
    ...(environment['PATH'] ?? environment['Path'] ?? '').split(delimiter).filter((part) => part !== ''),
  ];
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const found: string[] = [];
  for (const name of names) {
    // A program that [build] names by its path lies in the folder.
    const candidates = /[/\\]/.test(name)
      ? [resolve(directory, name)]
      : places.map((place) => join(place, name));
    for (const path of candidates.flatMap((one) => endings.map((ending) => one + ending))) {
      if (await isExecutable(path)) found.push(path);
    }
    if (found.length > 0) return found;
  }
  return found;
}

function ancestors(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
