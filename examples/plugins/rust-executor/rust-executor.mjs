import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Refusal, serve } from './native-node.mjs';

const run = promisify(execFile);

/** The compiler, wherever PATH has it: this plugin's manifest requires it. */
const COMPILER = 'rustc';
/** Compiling has no end of its own. The host's limit for a call is 30 s; what is left is for the program. */
const COMPILE_MS = 20_000;
const RUN_MS = 5_000;
/** Longer output is cut off: an answer must fit into one line of protocol 1. */
const OUTPUT_BYTES = 262_144;

/** A program has a main function of its own; anything else is the body of one. */
const HAS_MAIN = /^\s*(pub\s+)?fn\s+main\s*\(/m;

/**
 * `{language?: "rust", code, input?}` → `{stdout, stderr, status}`. The program gets `input` as one line of JSON on
 * standard input. Everything happens in a directory of its own below the one that the sandbox lends.
 */
async function execute(given, { signal }) {
  const { language = 'rust', code, input = null } = given ?? {};
  if (language !== 'rust' || typeof code !== 'string') {
    throw new Refusal('INVALID_INPUT', 'An input is {"code": "…", "input": …}.');
  }
  const directory = await mkdtemp(join(process.cwd(), 'rust-'));
  try {
    const source = join(directory, 'main.rs');
    await writeFile(source, HAS_MAIN.test(code) ? code : `fn main() {\n${code}\n}\n`);
    await compile(directory, source, signal);
    return await start(directory, input, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function compile(directory, source, signal) {
  const options = ['--edition', '2021', '-C', 'debuginfo=0', '-C', 'strip=symbols', '-o', 'program', source];
  // The linker writes temporary files, and only this directory can be written.
  const env = { PATH: process.env.PATH, TMPDIR: directory };
  try {
    await run(COMPILER, options, { cwd: directory, env, signal, timeout: COMPILE_MS, killSignal: 'SIGKILL' });
  } catch (error) {
    if (error.killed === true || error.name === 'AbortError') throw tooLong('Compiling', COMPILE_MS);
    if (error.code === 'ENOENT') throw new Refusal('NO_COMPILER', 'There is no rustc on this machine.');
    throw new Refusal('COMPILE_ERROR', withoutPaths(String(error.stderr), directory));
  }
}

/** What a program prints, and how it ends, are its answer; only not ending is an error. */
async function start(directory, input, signal) {
  const limits = { timeout: RUN_MS, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES };
  const running = run(join(directory, 'program'), [], { cwd: directory, env: {}, signal, ...limits });
  running.child.stdin.on('error', () => {});
  running.child.stdin.end(`${JSON.stringify(input)}\n`);
  try {
    return { ...(await running), status: 0 };
  } catch (error) {
    const { code, stdout, stderr } = error;
    if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
      throw new Refusal('OUTPUT_TOO_LARGE', `The program prints more than ${OUTPUT_BYTES} bytes.`);
    }
    if (error.killed === true || error.name === 'AbortError') throw tooLong('The program', RUN_MS);
    if (stdout === undefined) throw error;
    return { stdout, stderr, status: typeof code === 'number' ? code : 128 };
  }
}

function tooLong(what, limit) {
  return new Refusal('TIMEOUT', `${what} was ended after ${limit} ms, or because the caller gave up.`);
}

/** Messages name the file as the author of the code knows it. */
function withoutPaths(text, directory) {
  return text.replaceAll(`${directory}/`, '').trim();
}

await serve({ execute });
