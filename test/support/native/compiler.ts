import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const NAMES = ['gcc', 'clang', 'clang-19', 'cc'];

/** A C compiler of this machine; undefined when there is none. */
export const compiler: string | undefined = NAMES.find((name) => spawnSync(name, ['--version']).status === 0);

/** Compiles one C file into a program. */
export async function compileC(source: string, program: string): Promise<void> {
  if (compiler === undefined) throw new Error('There is no C compiler here.');
  await promisify(execFile)(compiler, ['-O1', '-Wall', '-Wextra', '-Werror', '-o', program, source]);
}
