import { randomUUID } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireShim } from '../../core/command-shims.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { GenerationFiles } from '../../core/ports.ts';
import type { FileOperations } from '../file-operations.ts';
import { isErrno } from '../files.ts';

/** What {@link writeShims} needs to know. */
export interface ShimsBasis {
  /** `.sheaf/bin`: everything in it is replaced. */
  readonly bin: string;
  /** The generation in which the commands lie now. */
  readonly generation: string;
  readonly shims: GenerationFiles['shims'];
  readonly platform: NodeJS.Platform;
}

/**
 * Writes one small script a command, which finds the current generation when it runs: an update or a rollback
 * needs no new shims for commands that stay. On Windows a `.cmd` stands beside the script for `sh`.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for names that cannot stand in a script.
 */
export async function writeShims(basis: ShimsBasis, operations: FileOperations): Promise<void> {
  const scripts = new Map<string, string>();
  for (const [command, { plugin, file }] of Object.entries(basis.shims)) {
    requireShim(command, plugin, file);
    scripts.set(command, posixScript(plugin, file));
    if (basis.platform === 'win32') {
      const interpreter = await interpreterOf(join(basis.generation, plugin, file));
      scripts.set(`${command}.cmd`, windowsScript(plugin, file, interpreter));
    }
  }
  const old = await namesIn(basis.bin);
  if (old.length === 0 && scripts.size === 0) return;
  await operations.makeDirectory(basis.bin);
  for (const [name, script] of scripts) {
    const temporary = join(basis.bin, `.${randomUUID()}.tmp`);
    await operations.write(temporary, new TextEncoder().encode(script));
    await operations.setMode(temporary, 0o755);
    await operations.rename(temporary, join(basis.bin, name));
  }
  for (const name of old) if (!scripts.has(name)) await operations.remove(join(basis.bin, name));
  await operations.syncDirectory(basis.bin);
}

/** For sh (POSIX.1-2017, XCU 2); follows links first, because people link commands into their PATH. */
function posixScript(plugin: PluginName, file: string): string {
  return `#!/bin/sh
# Written by sheaf: runs ${file} of ${plugin} in the current generation.
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self") || exit 1
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
sheaf=$(CDPATH= cd "$(dirname "$self")/.." && pwd -P) || exit 1
read -r generation < "$sheaf/current" || exit 1
exec "$sheaf/generations/$generation/${plugin}/${file}" "$@"
`;
}

/** For cmd.exe, which knows no shebang lines: the interpreter is named, or the file is a program itself. */
function windowsScript(plugin: PluginName, file: string, interpreter: string | undefined): string {
  const target = `"%~dp0..\\generations\\%generation%\\${plugin}\\${file.replaceAll('/', '\\')}"`;
  return [
    '@echo off',
    `rem Written by sheaf: runs ${file} of ${plugin} in the current generation.`,
    'setlocal',
    'set /p generation=<"%~dp0..\\current"',
    `${interpreter === undefined ? '' : `${interpreter} `}${target} %*`,
    '',
  ].join('\r\n');
}

const LONGEST_SHEBANG = 256;

/**
 * The program that a `#!` line names, through `env` too; undefined without one. `[bin]` has one name for all
 * platforms, so that of a program may lack its `.exe`; cmd.exe adds it by itself.
 */
async function interpreterOf(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return open(`${path}.exe`, 'r');
    throw error;
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_SHEBANG), 0, LONGEST_SHEBANG, 0);
    const line = buffer.subarray(0, bytesRead).toString('latin1').split('\n')[0] ?? '';
    return /^#! ?\/(?:usr\/bin\/env +|(?:[\w.-]+\/)*)([\w.-]+)\s*$/.exec(line)?.[1];
  } finally {
    await handle.close();
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
