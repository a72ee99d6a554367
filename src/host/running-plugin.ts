import type { SheafError } from '../core/errors.ts';
import type { Isolation } from './sandbox.ts';

/** What a call cost. */
export interface CallMetrics {
  /** Microseconds inside the plugin, without the time it waited for the host; `wallUs` if it does not say. */
  readonly us: number;
  /** Microseconds from the question to the answer, as the host saw it. */
  readonly wallUs: number;
  /** The plugin's memory in bytes; 0 if it does not say. Exact for wasm. */
  readonly memoryBytes: number;
}

/** What a command answered, what it cost, and how well it was kept apart. */
export interface Executed {
  readonly output: unknown;
  readonly metrics: CallMetrics;
  readonly isolation: Isolation;
}

/** A plugin in a process of its own that has been initialized. */
export interface RunningPlugin {
  readonly commands: readonly string[];
  /**
   * @param input any JSON value.
   * @throws SheafError `SHEAF_PLUGIN` for an error of the plugin's own; after any other the plugin is gone.
   */
  execute(command: string, input: unknown, options?: { readonly signal?: AbortSignal }): Promise<Executed>;
  /** Ends it. Settles when its process is gone. */
  dispose(): Promise<void>;
  /** Settles when it is gone or was given up, with the reason; undefined after a {@link dispose} that it heeded. */
  readonly closed: Promise<SheafError | undefined>;
}
