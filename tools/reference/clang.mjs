import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const pluginsDirectory = fileURLToPath(new URL('../../examples/plugins/', import.meta.url));
const run = promisify(execFile);

/** The compiler whose output is committed; another may optimize otherwise. */
export const CLANG = { program: 'clang-19', version: '19.1.7' };

const LINKER = 'wasm-ld-19';

const COMPILE = [
  '-c',
  '--target=wasm32',
  '-std=c17',
  '-Os',
  // No library: memory.copy and memory.fill, of WebAssembly 2.0, do what is called memcpy and memset elsewhere.
  '-ffreestanding',
  '-mbulk-memory',
  '-Wall',
  '-Wextra',
  // A plugin need not use all of the SDK.
  '-Wno-unused-function',
  '-Werror',
];

const LINK = [
  '--no-entry',
  '--strip-all',
  // The stack lies below everything else, so that one that overflows ends the plugin and overwrites nothing.
  '-z',
  'stack-size=65536',
  '--stack-first',
];

/** The version of clang that is installed; undefined when there is none, or no linker beside it. */
export async function clangVersion() {
  try {
    await run(LINKER, ['--version']);
    const { stdout } = await run(CLANG.program, ['--version']);
    return /clang version (\S+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Compiles one plugin written in C to wasm ABI 1. Same source and same compiler, same bytes: compiled and linked in
 * two steps, because the driver would run whatever wasm-opt PATH leads to, and npm's PATH leads to one.
 *
 * @param {string} source path below `examples/plugins`: `graph-engine/graph-engine.c`.
 * @returns {Promise<Uint8Array>}
 */
export async function compileC(source) {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-clang-'));
  try {
    const [object, wasm] = ['plugin.o', 'plugin.wasm'].map((file) => join(directory, file));
    await run(CLANG.program, [...COMPILE, '-o', object, source], { cwd: pluginsDirectory });
    await run(LINKER, [...LINK, '-o', wasm, object]);
    return await readFile(wasm);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
