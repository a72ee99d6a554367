import type { SheafError } from '../core/errors.ts';
import type { Tier } from '../core/formats/manifest.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { OfferedCapability } from '../core/runtime/grants.ts';
import type { PluginState } from '../core/runtime/lifecycle.ts';
import type { Version } from '../core/version.ts';
import type { CallStats } from './call-stats.ts';
import type { Executor } from './executors.ts';
import type { HostEvents, Listener } from './host-events.ts';
import type { PluginInstance } from './plugin-instance.ts';
import type { Executed } from './running-plugin.ts';

/** A plugin that a host knows. */
export interface KnownPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly tier: Tier;
  /** Id of its registry; `path:` and where it lies for a local one; `host` for one of the host's own. */
  readonly registry: string;
  readonly verified: boolean;
  readonly state: PluginState;
  readonly commands: readonly string[];
  readonly languages: readonly string[];
}

/** What became of one plugin that was to be preloaded. */
export type Preloaded =
  | { readonly name: string; readonly ok: true }
  | { readonly name: string; readonly ok: false; readonly error: SheafError };

/** Finds, loads and runs the plugins of one application. Every method that is asked for a plugin throws `SheafError`. */
export interface PluginHost {
  /** Looks again at what is installed. A plugin that is loaded stays as it is until it is unloaded. */
  discover(): Promise<readonly KnownPlugin[]>;
  /** Checks a plugin, after those that it needs, and reads its code; nothing of it runs yet. */
  load(name: string): Promise<PluginInstance>;
  /** The same for a folder that somebody works on: nobody signed it, and its manifest is taken at its word. */
  loadFromDir(directory: string): Promise<PluginInstance>;
  /** Loads a plugin where it is not, starts it, and hands its configuration over. */
  init(name: string): Promise<PluginInstance>;
  /** Runs a command; loads and initializes the plugin before the first one. As `PluginInstance.execute`. */
  execute(
    name: string,
    command: string,
    input?: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Executed>;
  /** Ends a plugin. @throws SheafError `SHEAF_IN_USE` while a loaded plugin needs it. */
  unload(name: string): Promise<void>;
  /** Initializes plugins in advance, `parallel` at a time; one that cannot be does not hold up the others. */
  preload(names: readonly string[], options?: { readonly parallel?: number }): Promise<readonly Preloaded[]>;
  /** Who runs code in a language; nothing is loaded before it is used. @throws SheafError `SHEAF_LANGUAGE`. */
  getExecutor(language: string): Executor;
  supportedLanguages(): readonly string[];
  /** Hears of steps of lives (`state`), messages (`log`) and costs of calls (`metric`). @returns ends it. */
  on<Name extends keyof HostEvents>(name: Name, listener: Listener<Name>): () => void;
  /** Unloads what must not run any more, as the machine knows now. Also done every few minutes. */
  enforceBans(): Promise<void>;
  /** What all calls cost together. */
  readonly stats: CallStats;
  /** Ends everything. Settles when nothing is left: no process, no timer, no file. */
  close(): Promise<void>;
}

/** A capability with what it does. */
export interface HostCapability extends OfferedCapability {
  /** By name; what they throw as `SheafError` reaches the plugin, anything else only as `HOST_ERROR`. */
  readonly functions: Readonly<
    Record<
      string,
      (params: unknown, call: { readonly plugin: string; readonly signal: AbortSignal }) => unknown
    >
  >;
}
