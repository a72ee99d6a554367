import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { promisify } from 'node:util';
import { LIMITS } from '../core/limits.ts';
import type { ProcessSpec } from './sandbox.ts';

const run = promisify(execFile);

/** Programs of the host as a sandboxed process finds them. */
export interface Toolchain {
  /** What it must be handed to run them. */
  readonly readOnly: ProcessSpec['readOnly'];
  /** The value of PATH inside. */
  readonly path: string;
}

/** What every sandbox has. */
const SYSTEM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin'];
/** Where programs lie whose file has another name than they are called by. */
const LINKS = '/sheaf/bin';

/**
 * What a sandbox must be handed for programs that were found on the host: nothing for those of the system; the
 * directory that the others were installed into, at the same place, because toolchains look for their libraries
 * beside themselves. The proxies of rustup are passed by: they stand for a program of the toolchain in use.
 *
 * @param programs name to absolute path.
 * @param environment of the user: where home is, and what the toolchain in use is.
 */
export async function toolchainOf(
  programs: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Toolchain> {
  const mounts = new Map<string, string>();
  const directories = new Set<string>();
  for (const [name, path] of programs) {
    const program = await realProgram(name, path, environment);
    if (program.startsWith('/usr/')) continue;
    const root = installedRoot(program, await realpath(environment.HOME ?? '/').catch(() => '/'));
    mounts.set(root, root);
    if (basename(program) === name) directories.add(dirname(program));
    else {
      mounts.set(`${LINKS}/${name}`, program);
      directories.add(LINKS);
    }
  }
  return {
    readOnly: [...mounts].map(([to, from]) => ({ from, to })),
    path: [...directories, ...SYSTEM_DIRECTORIES].join(':'),
  };
}

async function realProgram(
  name: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const program = await realpath(path);
  if (basename(program) !== 'rustup' || name === 'rustup') return program;
  try {
    const { stdout } = await run(program, ['which', name], {
      env: environment,
      timeout: LIMITS.initializeTime,
    });
    return await realpath(stdout.trim());
  } catch {
    // Without a toolchain the proxy is all there is; it will say so itself.
    return program;
  }
}

/**
 * The directory that a program was installed into with all that belongs to it: `/opt/go` for `/opt/go/bin/go`. Only
 * the program itself where that directory holds other things, too: `~/.local`, `~/.cargo` and the like have
 * passwords and keys beside their programs.
 */
function installedRoot(program: string, home: string): string {
  const directory = dirname(program);
  const root = basename(directory) === 'bin' ? dirname(directory) : directory;
  const isAboveHome = !relative(root, home).startsWith('..');
  const fromHome = relative(home, root);
  const depth = (fromHome.startsWith('..') ? root.slice(1) : fromHome).split('/').length;
  return isAboveHome || depth < 2 ? program : root;
}
