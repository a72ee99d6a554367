import { SheafError } from '../core/errors.ts';
import type { Manifest, Tier } from '../core/formats/manifest.ts';
import { pluginName } from '../core/plugin-name.ts';
import type { FoundPlugin } from '../core/runtime/found-plugin.ts';
import type { LogLevel } from '../core/runtime/protocol.ts';
import { quote } from '../core/text.ts';
import type { Version } from '../core/version.ts';
import type { ConnectionHandlers } from './connection.ts';
import type { RunningPlugin } from './running-plugin.ts';

/** What a plugin of the core tier gets when it is initialized. */
export interface PluginContext {
  readonly name: string;
  readonly config: unknown;
  readonly log: (level: LogLevel, message: string) => void;
}

/** A plugin that is part of the host: an object in its process, as trusted as the host itself. */
export interface BasePlugin {
  /** Called once before the first command; what it throws fails the plugin with `SHEAF_INIT`. */
  init?(context: PluginContext): Promise<void> | void;
  /** Answers a command; what it throws becomes `SHEAF_PLUGIN`. `signal` fires when the caller gives up. */
  execute(command: string, input: unknown, context: { readonly signal: AbortSignal }): unknown;
  /** Called once when it is unloaded. */
  dispose?(): Promise<void> | void;
}

/** How a host registers one. */
export interface CorePlugin {
  readonly name: string;
  /** `0.0.0` when absent. */
  readonly version?: string;
  readonly commands: readonly string[];
  /** Languages that its command `execute` runs. */
  readonly languages?: readonly string[];
  readonly config?: unknown;
  readonly plugin: BasePlugin;
}

/** The code of a core plugin: there is nothing to verify and nothing to isolate. */
export interface CoreCode {
  readonly kind: 'core';
  readonly plugin: BasePlugin;
}

/** The registry of plugins that come from the host; no registry's id is reserved for it, so `tier` decides. */
export const HOST = 'host';

/** A core plugin as the host finds it among the others. */
export function foundCore(core: CorePlugin): FoundPlugin<CoreCode> {
  const { name, version = '0.0.0', commands, languages = [], config = {}, plugin } = core;
  const manifest = ownManifest(name, version, 'core', { commands, languages });
  return {
    ...ownPlugin(manifest),
    code: () => Promise.resolve({ kind: 'core', plugin }),
    config: () => Promise.resolve(config),
  };
}

/**
 * The interpreter that every host has: scripts in the language `javascript`, in a runner like any wasm plugin, and
 * without a capability.
 */
export function foundInterpreter(): FoundPlugin {
  const provides = { commands: ['execute'], languages: ['javascript'] };
  return {
    ...ownPlugin(ownManifest('javascript-executor', '1.0.0', 'wasm', provides)),
    code: () => Promise.resolve({ kind: 'script', code: new Uint8Array() }),
    config: () => Promise.resolve({}),
  };
}

function ownPlugin(manifest: Manifest): Omit<FoundPlugin, 'code' | 'config'> {
  const { name, version, security } = manifest;
  return {
    name,
    version,
    tier: security.tier,
    registry: HOST,
    verified: true,
    pinned: [],
    digest: `${HOST}:${name}@${version}`,
    manifest,
  };
}

function ownManifest(name: string, version: string, tier: Tier, provides: Manifest['provides']): Manifest {
  return {
    name: pluginName(name),
    version: version as Version,
    description: 'A part of the host',
    authors: [],
    keywords: [],
    links: {},
    engines: {},
    performance: { cpuIntensive: false },
    security: { tier, capabilities: [], sandboxRequired: false, level: 'standard' },
    packages: {},
    dependencies: {},
    requires: {},
    provides,
    bin: {},
    testing: { performanceValidated: false },
    metadata: {},
    artifacts: [],
  };
}

/**
 * Starts a core plugin in this process.
 *
 * @throws SheafError `SHEAF_INIT`, caused by what its `init` threw.
 */
export async function startCore(
  { name, provides }: Manifest,
  plugin: BasePlugin,
  config: unknown,
  handlers: ConnectionHandlers,
): Promise<RunningPlugin> {
  try {
    await plugin.init?.({ name, config, log: (level, message) => handlers.log(level, message) });
  } catch (cause) {
    throw new SheafError('SHEAF_INIT', `${name} could not be initialized: ${quote(messageOf(cause))}.`, {
      cause,
    });
  }
  const gone = new AbortController();
  const closed = new Promise<undefined>((resolve) => {
    gone.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return {
    commands: provides.commands,
    closed,
    async execute(command, input, { signal } = {}) {
      const began = performance.now();
      const signals = signal === undefined ? [gone.signal] : [gone.signal, signal];
      const output = await answer(name, plugin, { command, input, signal: AbortSignal.any(signals) });
      const wallUs = Math.round((performance.now() - began) * 1_000);
      return { output, metrics: { us: wallUs, wallUs, memoryBytes: 0 }, isolation: 'none' };
    },
    async dispose() {
      if (gone.signal.aborted) return;
      gone.abort();
      try {
        await plugin.dispose?.();
      } catch (error) {
        handlers.log('error', `dispose failed: ${messageOf(error)}`);
      }
    },
  };
}

async function answer(
  name: string,
  plugin: BasePlugin,
  call: { readonly command: string; readonly input: unknown; readonly signal: AbortSignal },
): Promise<unknown> {
  try {
    return await plugin.execute(call.command, call.input, { signal: call.signal });
  } catch (cause) {
    if (cause instanceof SheafError) throw cause;
    throw new SheafError('SHEAF_PLUGIN', `${name} answers with an error: ${quote(messageOf(cause))}.`, {
      cause,
      details: { code: 'ERROR', message: messageOf(cause) },
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
