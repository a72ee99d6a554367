import type { SheafError } from '../core/errors.ts';
import type { Instant } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { PluginState } from '../core/runtime/lifecycle.ts';
import type { LogLevel } from '../core/runtime/protocol.ts';
import type { CallMetrics } from './running-plugin.ts';

/** A step of a plugin's life. */
export interface StateEvent {
  readonly plugin: PluginName;
  readonly from: PluginState;
  readonly to: PluginState;
  /** Why it failed, or was unloaded without anybody asking for it. */
  readonly cause?: SheafError;
}

/** A message of a plugin, or of the host about it. */
export interface LogRecord {
  readonly at: Instant;
  /** Undefined for what concerns no single plugin. */
  readonly plugin: PluginName | undefined;
  /** Whose words they are: a plugin's are not to be believed. */
  readonly by: 'plugin' | 'host';
  readonly level: LogLevel;
  /** Without characters that a terminal would obey. */
  readonly message: string;
}

/** One call, whether it worked or not. */
export interface MetricEvent {
  readonly plugin: PluginName;
  readonly command: string;
  readonly ok: boolean;
  readonly metrics: CallMetrics;
}

/** What a host tells about its plugins. */
export interface HostEvents {
  readonly state: StateEvent;
  readonly log: LogRecord;
  readonly metric: MetricEvent;
}

/** Called for each event of a kind. What it throws is not the host's: it ends up as an uncaught exception. */
export type Listener<Name extends keyof HostEvents> = (event: HostEvents[Name]) => void;

/** Who wants to hear of what. */
export class HostListeners {
  readonly #listeners: { readonly [Name in keyof HostEvents]: Set<Listener<Name>> } = {
    state: new Set(),
    log: new Set(),
    metric: new Set(),
  };

  /** @returns ends it. */
  on<Name extends keyof HostEvents>(name: Name, listener: Listener<Name>): () => void {
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof HostEvents>(name: Name, event: HostEvents[Name]): void {
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // A fault of the application: it must be seen, and must not break a plugin's life in the middle.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }
}
