import { SheafError } from '../core/errors.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { hardLimit } from '../core/runtime/hard-limit.ts';
import type { Isolation } from '../core/runtime/isolation.ts';
import { quote } from '../core/text.ts';
import type { Connection } from './connection.ts';
import type { Executed, RunningPlugin } from './running-plugin.ts';

/** A plugin that is connected and has not been initialized. */
export interface Connected {
  readonly manifest: Manifest;
  readonly connection: Connection;
  readonly isolation: Isolation;
  /** Whether it takes one call at a time. */
  readonly oneAtATime: boolean;
}

/**
 * A running plugin from the commands that it answered to `initialize`; those that its manifest provides, where it
 * names any. Ends the plugin when it lacks one of them.
 *
 * @throws SheafError `SHEAF_ABI`.
 */
export async function withCommands(
  connected: Connected,
  exported: readonly string[],
): Promise<RunningPlugin> {
  const { manifest, connection } = connected;
  const provided = manifest.provides.commands;
  const commands = provided.length === 0 ? exported : provided;
  const missing = commands.filter((command) => !exported.includes(command));
  if (missing.length === 0) return new ConnectedPlugin(connected, commands);
  await connection.kill();
  const names = missing.map((command) => quote(command)).join(', ');
  throw new SheafError(
    'SHEAF_ABI',
    `${manifest.name} does not export ${names}, which its manifest provides.`,
  );
}

class ConnectedPlugin implements RunningPlugin {
  readonly commands: readonly string[];
  readonly closed: Promise<SheafError | undefined>;
  readonly #connected: Connected;
  readonly #limitMs: number;
  /** Where calls wait for those before them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connected: Connected, commands: readonly string[]) {
    this.#connected = connected;
    this.commands = commands;
    this.closed = connected.connection.closed;
    this.#limitMs = hardLimit(connected.manifest.performance.maxQueryTimeUs);
  }

  execute(
    command: string,
    input: unknown,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Executed> {
    if (!this.#connected.oneAtATime) return this.#execute(command, input, options.signal);
    const call = this.#last.then(() => this.#execute(command, input, options.signal));
    this.#last = call.catch(() => {});
    return call;
  }

  async dispose(): Promise<void> {
    await this.#connected.connection.shutdown();
  }

  async #execute(command: string, input: unknown, signal: AbortSignal | undefined): Promise<Executed> {
    const { manifest, connection, isolation } = this.#connected;
    if (!this.commands.includes(command)) throw unknownCommand(manifest.name, command, this.commands);
    const began = performance.now();
    const { output, metrics } = await connection.execute(command, input, {
      deadlineMs: this.#limitMs,
      ...(signal === undefined ? {} : { signal }),
    });
    const wallUs = Math.round((performance.now() - began) * 1_000);
    return {
      output,
      metrics: { us: metrics?.us ?? wallUs, wallUs, memoryBytes: metrics?.memory_bytes ?? 0 },
      isolation,
    };
  }
}

function unknownCommand(plugin: string, command: string, commands: readonly string[]): SheafError {
  return new SheafError('SHEAF_PLUGIN', `${plugin} has no command ${quote(command)}.`, {
    hint: `It has ${commands.map((name) => quote(name)).join(', ')}.`,
    details: { code: 'UNKNOWN_COMMAND' },
  });
}
