import { SheafError } from '../core/errors.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { LIMITS } from '../core/limits.ts';
import { prepareWasm } from '../core/runtime/prepare-wasm.ts';
import { type GuestKind, writeRunnerLoad } from '../core/runtime/runner-load.ts';
import { memoryCap } from '../core/runtime/wasm-limits.ts';
import { withCommands } from './connected-plugin.ts';
import { type ConnectionHandlers, openConnection } from './connection.ts';
import type { RunnerPool } from './runner-pool.ts';
import type { RunningPlugin } from './running-plugin.ts';
import type { SandboxedProcess } from './sandbox.ts';

/** A plugin to start in a runner, whose artifact and manifest have been verified. */
export interface RunnerPlugin {
  readonly manifest: Manifest;
  /** `script` has no code: it is the `javascript` executor. */
  readonly kind: GuestKind;
  readonly code: Uint8Array;
  /** Ids of the granted capabilities. */
  readonly granted: readonly string[];
  /** Its configuration, already checked against its schema. */
  readonly config: unknown;
}

/**
 * Starts a plugin of the wasm tier in a runner of the pool, and initializes it.
 *
 * @throws SheafError `SHEAF_ABI`, `SHEAF_CAPABILITY_UNDECLARED`, `SHEAF_MEMORY`, `SHEAF_SIZE` before anything is
 * started; then also `SHEAF_INIT`, `SHEAF_TIMEOUT`, `SHEAF_CRASHED`, `SHEAF_PROTOCOL`.
 */
export async function startInRunner(
  plugin: RunnerPlugin,
  pool: RunnerPool,
  handlers: ConnectionHandlers,
): Promise<RunningPlugin> {
  const { manifest, kind, granted } = plugin;
  const { code, memoryBytes } = prepare(plugin);
  const runner = pool.take(manifest.performance.cpuIntensive ? LIMITS.cpuIntensiveSeconds : undefined);
  sendCode(runner, kind, code, memoryBytes);
  const connection = openConnection(runner, handlers, {
    plugin: manifest.name,
    capabilities: granted,
    // It reads no `cancel` while it runs, and nothing is lost with it that could be kept.
    cancel: 'kill',
  });
  const settle = (): void => pool.settle();
  const exported = await connection
    .initialize(plugin.config, memoryBytes)
    .finally(() => setImmediate(settle));
  const isolation = pool.sandbox.level;
  return withCommands({ manifest, connection, isolation, oneAtATime: true }, exported);
}

function prepare({ manifest, kind, code }: RunnerPlugin): { code: Uint8Array; memoryBytes: number } {
  if (kind === 'wasm') return prepareWasm(code, manifest);
  if (code.byteLength > LIMITS.moduleBytes) {
    throw new SheafError('SHEAF_SIZE', `${manifest.name} is longer than ${LIMITS.moduleBytes} bytes.`);
  }
  return { code, memoryBytes: memoryCap(manifest.performance.maxMemoryMb) };
}

function sendCode(runner: SandboxedProcess, load: GuestKind, code: Uint8Array, memory: number): void {
  runner.stdin.on('error', () => {});
  runner.stdin.write(writeRunnerLoad({ load, bytes: code.byteLength, memory }));
  runner.stdin.write(code);
}
