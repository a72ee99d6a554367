import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { valueOf } from '../core/finding.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { readSeccompFile, SECCOMP_FILE } from '../core/formats/seccomp-file.ts';
import { LIMITS } from '../core/limits.ts';
import { memoryCap } from '../core/runtime/wasm-limits.ts';
import { withCommands } from './connected-plugin.ts';
import { type ConnectionHandlers, openConnection } from './connection.ts';
import { ownFilter } from './own-filter.ts';
import type { RunningPlugin } from './running-plugin.ts';
import type { ProcessSpec, Sandbox } from './sandbox.ts';
import type { Toolchain } from './toolchain.ts';

/** Where a plugin finds Node and itself, inside its sandbox. */
const NODE = '/sheaf/node';
const PLUGIN = '/sheaf/plugin';

/** Files that Node runs; everything else is a program. */
const SCRIPTS: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs']);

const MEBIBYTE = 1_048_576;

/** A plugin of the native tier, whose files and manifest have been verified, and whose isolation has been judged. */
export interface NativePlugin {
  readonly manifest: Manifest;
  /** Where it was installed. */
  readonly directory: string;
  /** The program, or the script for this Node, relative to `directory`, with `/`. */
  readonly entry: string;
  /** Ids of the granted capabilities. */
  readonly granted: readonly string[];
  /** Its configuration, already checked against its schema. */
  readonly config: unknown;
  /** Whether it may use the network; never under the level `high`. */
  readonly network: boolean;
  /** The programs that it requires; those of the system when absent. */
  readonly toolchain?: Toolchain;
}

/**
 * Starts a plugin of the native tier in a process of its own, and initializes it. A call that is given up is asked
 * to stop; one that does not, and one that takes too long, costs the plugin its process.
 *
 * Whether the sandbox is good enough is the caller's decision: `requireIsolation`.
 *
 * @throws SheafError `SHEAF_ISOLATION` when there is no filter that it demands for this processor and
 * `SHEAF_INVALID_FILE` for its `seccomp.json`, before anything is started; then `SHEAF_INIT`, `SHEAF_ABI`, `SHEAF_TIMEOUT`, `SHEAF_CRASHED`, `SHEAF_PROTOCOL`.
 */
export async function startNative(
  plugin: NativePlugin,
  sandbox: Sandbox,
  handlers: ConnectionHandlers,
): Promise<RunningPlugin> {
  const { manifest, granted, config } = plugin;
  const filter = await filterFor(plugin);
  const connection = openConnection(sandbox.spawn(specOf(plugin, filter)), handlers, {
    plugin: manifest.name,
    capabilities: granted,
    cancel: 'ask',
  });
  const memoryBytes = memoryCap(manifest.performance.maxMemoryMb);
  const exported = await connection.initialize(config, memoryBytes).catch(async (error: unknown) => {
    await connection.kill();
    throw error;
  });
  return withCommands({ manifest, connection, isolation: sandbox.level, oneAtATime: false }, exported);
}

function specOf(plugin: NativePlugin, filter: Uint8Array | undefined): ProcessSpec {
  const { manifest, directory, entry, network, toolchain } = plugin;
  const { performance, security } = manifest;
  const file = `${PLUGIN}/${entry}`;
  const isScript = SCRIPTS.has(extname(entry));
  const cap = memoryCap(performance.maxMemoryMb);
  return {
    command: isScript ? [NODE, `--max-old-space-size=${Math.ceil(cap / MEBIBYTE)}`, file] : [file],
    readOnly: [
      { from: directory, to: PLUGIN },
      ...(isScript ? [{ from: process.execPath, to: NODE }] : []),
      ...(toolchain?.readOnly ?? []),
    ],
    environment: { PATH: toolchain?.path ?? '/usr/local/bin:/usr/bin:/bin' },
    memoryBytes: cap + (isScript ? LIMITS.nodeOwnMemoryBytes : LIMITS.nativeOwnMemoryBytes),
    ...(performance.cpuIntensive ? { cpuSeconds: LIMITS.cpuIntensiveSeconds } : {}),
    processes: LIMITS.nativeProcesses,
    workdirBytes: LIMITS.nativeWorkdirBytes,
    network: network && security.level !== 'high',
    ...(filter === undefined ? {} : { seccomp: filter }),
  };
}

/** That of its level, and what its own seccomp.json forbids besides. @throws SheafError */
async function filterFor({ manifest, directory }: NativePlugin): Promise<Uint8Array | undefined> {
  const { name, security } = manifest;
  const bytes = await readIfThere(join(directory, SECCOMP_FILE));
  const further = bytes === undefined ? [] : valueOf(readSeccompFile(bytes, SECCOMP_FILE)).forbid;
  const filter = ownFilter(security.level, further);
  if (filter !== undefined || (security.level === 'standard' && further.length === 0)) return filter;
  throw new SheafError(
    'SHEAF_ISOLATION',
    `${name} demands a filter for system calls, and there is none for the processor ${process.arch}.`,
  );
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
