import { SheafError } from '../core/errors.ts';
import type { ClientPorts, Reporter } from '../core/ports.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Line } from './render/line.ts';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly yes: boolean;
  readonly noInput: boolean;
  readonly offline: boolean;
  readonly noColor: boolean;
  readonly debug: boolean;
  readonly global: boolean;
  /** Directory of the project; the working directory when absent. */
  readonly project: string | undefined;
}

/** What a command module is given: the parsed line and the means to talk. */
export interface Call {
  readonly command: CommandSpec;
  readonly arguments: readonly string[];
  readonly global: GlobalOptions;
  readonly reporter: Reporter;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The ports of this user and project, wired when they are asked for.
   *
   * @param options.offline also without --offline.
   */
  client(options?: { readonly offline: boolean }): Promise<ClientPorts>;
  /** Columns to write to; undefined where nothing needs to be cut. */
  readonly columns: number | undefined;
  /** Whether a flag of this command was given. */
  flag(name: string): boolean;
  /** Value of an option of this command. */
  value(name: string): string | undefined;
  /** Value of an option that the table declares as required. */
  required(name: string): string;
  /** Values of an option that may repeat. */
  values(name: string): readonly string[];
  /**
   * All of standard input.
   *
   * @throws SheafError `SHEAF_SIZE` when it is longer than `maxBytes`.
   */
  readInput(maxBytes: number): Promise<Uint8Array>;
}

/** What a command has to say. The caller prints one of the two: `data` with `--json`, else the lines. */
export interface Outcome {
  /** Plain JSON values; `schemas/cli-output.schema.json` describes them for every command. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly lines: () => readonly Line[];
  /** 0 when absent. */
  readonly exitStatus?: number;
}

/** The code of one command, loaded when it is called. */
export interface CommandModule {
  run(call: Call): Promise<Outcome>;
}

/** The positional argument at `index`, which the table declares as required. */
export function requiredArgument(call: Call, index: number): string {
  const text = call.arguments[index];
  if (text !== undefined) return text;
  throw new SheafError('SHEAF_INTERNAL', `"sheaf ${call.command.name}" ran without its arguments.`);
}
