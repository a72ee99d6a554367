import { SheafError } from '../core/errors.ts';
import type { Manifest, Tier } from '../core/formats/manifest.ts';
import type { PluginCode } from '../core/runtime/found-plugin.ts';
import { type AvailableIsolation, admitsNetwork, type HostPolicy } from '../core/runtime/host-policy.ts';
import { bestSandbox } from './best-sandbox.ts';
import type { ConnectionHandlers } from './connection.ts';
import { type CoreCode, startCore } from './core-plugin.ts';
import { startNative } from './native-plugin.ts';
import { ownFilter } from './own-filter.ts';
import { createRunnerPool, type RunnerPool } from './runner-pool.ts';
import type { RunningPlugin } from './running-plugin.ts';
import type { Sandbox } from './sandbox.ts';
import { toolchainOf } from './toolchain.ts';
import { startInRunner } from './wasm-plugin.ts';

/** A plugin that passed every check. */
export interface CheckedPlugin {
  readonly manifest: Manifest;
  readonly tier: Tier;
  readonly code: PluginCode | CoreCode;
  /** Ids of the granted capabilities. */
  readonly granted: readonly string[];
  readonly config: unknown;
  /** What it requires of the machine, by name, and where that is. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Where plugins run. */
export interface PluginRuntime {
  /** How well this machine keeps plugins of processes apart. */
  available(): Promise<AvailableIsolation>;
  /** Starts a plugin and initializes it. @throws SheafError as `startInRunner`, `startNative` and `startCore`. */
  start(plugin: CheckedPlugin, handlers: ConnectionHandlers): Promise<RunningPlugin>;
  /** Ends what was started in advance. Plugins end by themselves. */
  close(): Promise<void>;
}

/** How plugins are run. */
export interface RuntimeOptions {
  readonly policy: HostPolicy;
  /** Environment variables of the user. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The directory of the built runner. */
  readonly runner: string;
  /** Blank runners kept ready; `LIMITS.warmRunners` when absent. */
  readonly warmRunners?: number;
}

interface Sandboxed {
  readonly sandbox: Sandbox;
  readonly pool: RunnerPool;
  readonly available: AvailableIsolation;
}

/**
 * Runs plugins in processes of their own on this machine, isolated by the operating system where it can do that.
 * What it can is tried once, when it is asked for first.
 */
export function createRuntime(options: RuntimeOptions): PluginRuntime {
  let opened: Promise<Sandboxed> | undefined;
  const open = (): Promise<Sandboxed> => {
    opened ??= openSandbox(options);
    return opened;
  };
  return {
    available: async () => (await open()).available,
    async start(plugin, handlers) {
      const { manifest, code } = plugin;
      if (code.kind === 'core') return startCore(manifest, code.plugin, plugin.config, handlers);
      const { sandbox, pool } = await open();
      if (code.kind === 'native') {
        const toolchain = await toolchainOf(plugin.programs, options.environment);
        const network = admitsNetwork(manifest, options.policy);
        return startNative({ ...plugin, ...code, network, toolchain }, sandbox, handlers);
      }
      // What is kept ready has the ordinary filter.
      const own = manifest.security.level === 'high' ? strictPool(sandbox, options.runner) : pool;
      return startInRunner({ ...plugin, ...code }, own, handlers);
    },
    async close() {
      await (await opened)?.pool.dispose();
    },
  };
}

async function openSandbox({ runner, warmRunners }: RuntimeOptions): Promise<Sandboxed> {
  const best = await bestSandbox();
  const size = warmRunners === undefined ? {} : { size: warmRunners };
  return { ...best, pool: createRunnerPool({ sandbox: best.sandbox, runner, ...size }) };
}

/** Runners under the filter of the level `high`, each started for its plugin. @throws SheafError `SHEAF_ISOLATION`. */
function strictPool(sandbox: Sandbox, runner: string): RunnerPool {
  const seccomp = ownFilter('high');
  if (seccomp === undefined) {
    throw new SheafError('SHEAF_ISOLATION', `There is no filter of the level "high" for ${process.arch}.`);
  }
  const strict: Sandbox = { ...sandbox, spawn: (spec) => sandbox.spawn({ ...spec, seccomp }) };
  return createRunnerPool({ sandbox: strict, runner, size: 0 });
}
