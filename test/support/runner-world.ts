import wabt from 'wabt';
import { valueOf } from '../../src/core/finding.ts';
import { type Manifest, readManifest } from '../../src/core/formats/manifest.ts';
import type { GuestKind } from '../../src/core/runtime/runner-load.ts';
import type { ConnectionHandlers } from '../../src/host/connection.ts';
import { createPlainSandbox } from '../../src/host/plain-sandbox.ts';
import { createRunnerPool, type RunnerPool } from '../../src/host/runner-pool.ts';
import type { RunningPlugin } from '../../src/host/running-plugin.ts';
import type { ProcessSpec, SandboxedProcess } from '../../src/host/sandbox.ts';
import { startInRunner } from '../../src/host/wasm-plugin.ts';
import { buildRunner } from './built-runner.ts';

/** What a test plugin may differ in from the simplest one. */
export interface TestPlugin {
  readonly name?: string;
  readonly kind?: GuestKind;
  readonly commands?: readonly string[];
  readonly capabilities?: readonly (string | { readonly id: string; readonly optional: boolean })[];
  /** All that are declared, when absent. */
  readonly granted?: readonly string[];
  readonly memoryMb?: number;
  readonly budgetUs?: number;
  readonly abi?: string;
  readonly tier?: 'wasm' | 'native';
  readonly level?: 'standard' | 'high';
  readonly config?: unknown;
  readonly handlers?: Partial<ConnectionHandlers>;
}

/** Real runners in real processes, without isolation by the system: what every machine can run. */
export interface RunnerWorld {
  readonly pool: RunnerPool;
  /** Every process that was started, in order. */
  readonly processes: readonly SandboxedProcess[];
  readonly pids: readonly number[];
  start(code: Uint8Array | string, plugin?: TestPlugin): Promise<RunningPlugin>;
  close(): Promise<void>;
}

/** Makes a pool of runners, built from source; `close` ends all of them. */
export async function createRunnerWorld(options: { readonly warm?: number } = {}): Promise<RunnerWorld> {
  const runner = await buildRunner();
  const sandbox = createPlainSandbox();
  const processes: SandboxedProcess[] = [];
  const spawn = (spec: ProcessSpec): SandboxedProcess => {
    const started = sandbox.spawn(spec);
    processes.push(started);
    return started;
  };
  const pool = createRunnerPool({ sandbox: { ...sandbox, spawn }, runner, size: options.warm ?? 0 });
  return {
    pool,
    processes,
    get pids() {
      return processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    },
    start(code, plugin = {}) {
      const manifest = testManifest(plugin);
      const granted = plugin.granted ?? manifest.security.capabilities.map(({ id }) => id);
      const bytes = typeof code === 'string' ? new TextEncoder().encode(code) : code;
      const kind = plugin.kind ?? 'wasm';
      const handlers = { hostCall: () => Promise.resolve(null), log: () => {}, ...plugin.handlers };
      return startInRunner(
        { manifest, kind, code: bytes, granted, config: plugin.config ?? {} },
        pool,
        handlers,
      );
    },
    async close() {
      await pool.dispose();
      for (const started of processes) started.kill();
      await Promise.all(processes.map(({ ended }) => ended));
    },
  };
}

/** A manifest as an author would write it. */
export function testManifest(plugin: TestPlugin): Manifest {
  const capabilities = (plugin.capabilities ?? []).map((request) =>
    typeof request === 'string' ? `"${request}"` : `{ id = "${request.id}", optional = ${request.optional} }`,
  );
  const toml = `
    [plugin]
    name = "${plugin.name ?? 'specimen'}"
    version = "1.0.0"
    description = "A plugin of a test"
    author = "Test"
    license = "MIT"
    repository = "https://git.example.org/test/specimen"
    [compatibility]
    [performance]
    ${plugin.budgetUs === undefined ? '' : `max_query_time_us = ${plugin.budgetUs}`}
    ${plugin.memoryMb === undefined ? '' : `max_memory_mb = ${plugin.memoryMb}`}
    [security]
    tier = "${plugin.tier ?? 'wasm'}"
    level = "${plugin.level ?? 'standard'}"
    capabilities = [${capabilities.join(', ')}]
    abi = "${plugin.abi ?? '1'}"
    [provides]
    commands = [${(plugin.commands ?? []).map((command) => `"${command}"`).join(', ')}]
  `;
  return valueOf(readManifest(new TextEncoder().encode(toml), 'sheaf.plugin.toml'));
}

const assembler = wabt();

/** Assembles a module from the text format. */
export async function assemble(text: string): Promise<Uint8Array> {
  const module = (await assembler).parseWat('specimen.wat', text);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/**
 * A module of ABI 1 whose command `run` has the given body and gets `$at` and `$length`; without more, `run`
 * answers with the text at 0, which `data` sets. Input is written behind 64 KiB − 4 KiB.
 */
export function specimen(
  parts: {
    /** The text at address 0. */
    readonly data?: string;
    readonly body?: string;
    readonly memory?: string;
    readonly alloc?: string;
    readonly imports?: string;
    readonly more?: string;
  } = {},
): Promise<Uint8Array> {
  const data = parts.data ?? '{"ok":1}';
  const bytes = [...new TextEncoder().encode(data)];
  const escaped = bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  return assemble(`(module
    ${parts.imports ?? ''}
    (memory (export "memory") ${parts.memory ?? '1'})
    (data (i32.const 0) "${escaped}")
    (func (export "alloc") (param $length i32) (result i32) ${parts.alloc ?? '(i32.const 61440)'})
    (func (export "run") (param $at i32) (param $length i32) (result i64)
      ${parts.body ?? `(i64.const ${bytes.length})`})
    ${parts.more ?? ''})`);
}
