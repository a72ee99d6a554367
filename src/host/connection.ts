import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import {
  type ExecuteParams,
  type InitializeParams,
  type LogLevel,
  type Metrics,
  type PluginMessage,
  PROTOCOL_VERSION,
  type RequestId,
  RPC_ERROR,
  type RpcError,
  readInitializeResult,
  readPluginMessage,
  writeMessage,
} from '../core/runtime/protocol.ts';
import { quote } from '../core/text.ts';
import { CallTimer } from './call-timer.ts';
import { ErrorOutput } from './error-output.ts';
import { LineReader } from './line-reader.ts';
import { crashed, pluginError, timedOut, violation } from './plugin-errors.ts';
import type { SandboxedProcess } from './sandbox.ts';

/** What a plugin can reach of its host. */
export interface ConnectionHandlers {
  /**
   * Answers a function of a granted capability; `signal` fires when the plugin is gone. A `SheafError` becomes the
   * plugin's answer, any other error an answer that tells nothing.
   */
  hostCall(capability: string, fn: string, params: unknown, signal: AbortSignal): Promise<unknown>;
  /** Takes a message of the plugin's log. It is the plugin's text: escape it before it is shown. */
  log(level: LogLevel, message: string): void;
}

/** How a connection is made. */
export interface ConnectionOptions {
  /** The plugin, for messages. */
  readonly plugin: string;
  /** Granted capabilities; a call of any other is answered by CAPABILITY_DENIED. */
  readonly capabilities: readonly string[];
  /** What a call is worth when it is given up: `kill` the plugin, or `ask` it to stop and kill it if it does not. */
  readonly cancel: 'kill' | 'ask';
}

/** How long one call may take, and by what it may be given up. */
export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What a command answered. */
export interface Answered {
  readonly output: unknown;
  /** The plugin's own word on its cost. */
  readonly metrics?: Metrics;
}

/**
 * The host's end of protocol 1 over the pipes of a process. Whoever breaks the protocol is killed; every call that
 * waits then fails, and so does every later one.
 */
export interface Connection {
  /** Must be the first call. @returns the commands. @throws SheafError `SHEAF_INIT`, `SHEAF_TIMEOUT`, … */
  initialize(config: unknown, memoryBytes: number): Promise<readonly string[]>;
  /** @throws SheafError `SHEAF_PLUGIN` for an error of the plugin's own; anything else is the end of it. */
  execute(command: string, input: unknown, options: CallOptions): Promise<Answered>;
  /** Asks the plugin to end, and ends it when it does not. Settles when the process is gone. */
  shutdown(): Promise<void>;
  /** Ends the plugin at once. Settles when the process is gone. */
  kill(): Promise<void>;
  /** Settles when the plugin is gone or was given up, with the reason; undefined after {@link shutdown}. */
  readonly closed: Promise<SheafError | undefined>;
}

/** Connects to a process that has just been started. */
export function openConnection(
  process: SandboxedProcess,
  handlers: ConnectionHandlers,
  options: ConnectionOptions,
): Connection {
  return new ProcessConnection(process, handlers, options);
}

/** A request that waits for its answer. */
interface Pending {
  readonly method: 'initialize' | 'execute' | 'shutdown';
  readonly timer: CallTimer;
  resolve(answer: Answered): void;
  reject(error: SheafError): void;
}

class ProcessConnection implements Connection {
  readonly closed: Promise<SheafError | undefined>;
  readonly #process: SandboxedProcess;
  readonly #handlers: ConnectionHandlers;
  readonly #plugin: string;
  readonly #granted: ReadonlySet<string>;
  readonly #cancel: 'kill' | 'ask';
  readonly #lines = new LineReader();
  readonly #errors: ErrorOutput;
  readonly #pending = new Map<RequestId, Pending>();
  readonly #gone = new AbortController();
  #settleClosed: (error: SheafError | undefined) => void = () => {};
  #end: { readonly error: SheafError | undefined } | undefined;
  #isEnding = false;
  #nextId = 1;
  #hostCalls = 0;
  #logged = 0;

  constructor(process: SandboxedProcess, handlers: ConnectionHandlers, options: ConnectionOptions) {
    this.#process = process;
    this.#handlers = handlers;
    this.#plugin = options.plugin;
    this.#granted = new Set(options.capabilities);
    this.#cancel = options.cancel;
    this.#errors = new ErrorOutput(process.stderr);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    // EPIPE says nothing that the end of the process does not say better.
    process.stdin.on('error', () => {});
    process.stdout.on('error', () => {});
    process.stdout.on('data', (chunk: Uint8Array) => this.#read(chunk));
    void this.#watch();
  }

  async #watch(): Promise<void> {
    const end = await this.#process.ended;
    this.#close(this.#isEnding ? undefined : crashed(this.#plugin, end, this.#errors.text()));
  }

  async initialize(config: unknown, memoryBytes: number): Promise<readonly string[]> {
    const capabilities = [...this.#granted];
    const limits = { memory_bytes: memoryBytes };
    const params: InitializeParams = {
      protocol: PROTOCOL_VERSION,
      plugin: this.#plugin,
      config,
      capabilities,
      limits,
    };
    try {
      const { output } = await this.#request('initialize', params, { deadlineMs: LIMITS.initializeTime });
      const result = readInitializeResult(output);
      if (result !== undefined) return result.commands;
      throw violation(this.#plugin, 'answers "initialize" with something else than protocol 1 has');
    } catch (error) {
      const failure = error as SheafError;
      this.#close(failure);
      if (failure.code !== 'SHEAF_PLUGIN') throw failure;
      throw new SheafError('SHEAF_INIT', failure.message, { details: failure.details });
    }
  }

  execute(command: string, input: unknown, options: CallOptions): Promise<Answered> {
    const params: ExecuteParams = { command, input: input ?? null, deadline_ms: options.deadlineMs };
    return this.#request('execute', params, options);
  }

  async shutdown(): Promise<void> {
    if (this.#end === undefined && !this.#isEnding) {
      this.#isEnding = true;
      await this.#request('shutdown', undefined, { deadlineMs: LIMITS.shutdownTime }).catch(() => {});
      this.#process.stdin.end();
    }
    const patience = setTimeout(() => this.#process.kill(), LIMITS.shutdownTime);
    await this.#process.ended;
    clearTimeout(patience);
  }

  async kill(): Promise<void> {
    this.#close(new SheafError('SHEAF_STATE', `The plugin ${this.#plugin} was ended by its host.`));
    await this.#process.ended;
  }

  #request(method: Pending['method'], params: unknown, options: CallOptions): Promise<Answered> {
    if (this.#end !== undefined) return Promise.reject(this.#goneError());
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(this.#givenUp(signal));
    const id = this.#nextId++;
    const line = writeMessage({ id, method, ...(params === undefined ? {} : { params }) });
    if (Buffer.byteLength(line) > LIMITS.protocolLineBytes) {
      const sentence = `The input for ${this.#plugin} is longer than ${LIMITS.protocolLineBytes} bytes.`;
      return Promise.reject(new SheafError('SHEAF_SIZE', sentence, { hint: 'Give it less at a time.' }));
    }
    if (this.#pending.size >= LIMITS.protocolInFlight) {
      const sentence = `${this.#plugin} has ${LIMITS.protocolInFlight} calls to answer already.`;
      return Promise.reject(new SheafError('SHEAF_STATE', sentence, { hint: 'Wait for one of them.' }));
    }
    return new Promise((resolve, reject) => {
      const expire = (): void => this.#close(timedOut(this.#plugin, method, options.deadlineMs), id);
      const timer = new CallTimer(options.deadlineMs, expire);
      const abort = (): void => {
        reject(this.#givenUp(signal));
        this.#giveUp(id);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const done = (): void => {
        timer.stop();
        signal?.removeEventListener('abort', abort);
      };
      this.#pending.set(id, {
        method,
        timer,
        resolve: (answer) => {
          done();
          resolve(answer);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#logged = 0;
      this.#send(line);
    });
  }

  /** The caller no longer waits; the plugin must not go on for long. */
  #giveUp(id: RequestId): void {
    if (this.#cancel === 'kill') return this.#close(this.#givenUp(undefined));
    this.#send(writeMessage({ method: 'cancel', params: { id } }));
    const patience = setTimeout(() => {
      if (this.#pending.has(id)) this.#close(timedOut(this.#plugin, 'cancel', LIMITS.cancelTime), id);
    }, LIMITS.cancelTime);
    void this.closed.then(() => clearTimeout(patience));
  }

  #givenUp(signal: AbortSignal | undefined): SheafError {
    const cause: unknown = signal?.reason;
    return new SheafError('SHEAF_INTERRUPTED', `The call of ${this.#plugin} was given up.`, { cause });
  }

  #goneError(): SheafError {
    const cause = this.#end?.error;
    return new SheafError('SHEAF_STATE', `The plugin ${this.#plugin} is not running any more.`, {
      hint: 'Load it again.',
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #send(line: string): void {
    const { stdin } = this.#process;
    if (this.#end !== undefined || stdin.destroyed) return;
    stdin.write(line);
    if (stdin.writableLength > LIMITS.protocolBacklogBytes) {
      this.#close(violation(this.#plugin, 'does not read what it is sent'));
    }
  }

  #read(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    const fault = this.#lines.push(chunk, (line) => {
      this.#handle(readPluginMessage(line));
      return this.#end === undefined;
    });
    if (fault === 'too long') {
      const clause = `sends a line of more than ${LIMITS.protocolLineBytes} bytes`;
      this.#close(violation(this.#plugin, clause));
    } else if (fault === 'not UTF-8') this.#close(violation(this.#plugin, 'sends text that is not UTF-8'));
  }

  #handle(message: PluginMessage): void {
    switch (message.kind) {
      case 'result': {
        const { result, metrics } = message;
        const answer = { output: result, ...(metrics === undefined ? {} : { metrics }) };
        this.#answered(message.id)?.resolve(answer);
        break;
      }
      case 'error': {
        const pending = this.#answered(message.id);
        if (pending === undefined) break;
        const error = pluginError(this.#plugin, message.error);
        pending.reject(error);
        if (error.code !== 'SHEAF_PLUGIN') this.#close(error);
        break;
      }
      case 'call':
        this.#called(message.id, message.capability, message.fn, message.params);
        break;
      case 'log':
        if (this.#logged++ < LIMITS.pluginLogs) this.#handlers.log(message.level, message.message);
        break;
      case 'unreadable':
        if (message.id === null)
          this.#close(violation(this.#plugin, `breaks it: ${quote(message.error.message)}`));
        else this.#send(writeMessage({ id: message.id, error: message.error }));
        break;
    }
  }

  /** The request that an answer belongs to. An answer to none is a second one, a late one or a lie. */
  #answered(id: RequestId): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#close(
        violation(this.#plugin, `answers ${quote(String(id))}, which nobody asked or which is answered`),
      );
    }
    this.#pending.delete(id);
    return pending;
  }

  #called(id: RequestId, capability: string, fn: string, params: unknown): void {
    if (!this.#granted.has(capability)) {
      const message = `The capability ${capability} was not granted.`;
      return this.#send(writeMessage({ id, error: refusal('CAPABILITY_DENIED', message) }));
    }
    if (this.#hostCalls >= LIMITS.protocolInFlight) {
      return this.#close(violation(this.#plugin, `asks more than ${LIMITS.protocolInFlight} things at once`));
    }
    void this.#answerCall(id, capability, fn, params);
  }

  /** While any call of the plugin waits for the host, none of the host's calls runs against its time. */
  async #answerCall(id: RequestId, capability: string, fn: string, params: unknown): Promise<void> {
    if (this.#hostCalls++ === 0) for (const { timer } of this.#pending.values()) timer.pause();
    const line = await this.#askHost(id, capability, fn, params);
    if (--this.#hostCalls === 0) for (const { timer } of this.#pending.values()) timer.resume();
    this.#send(line);
  }

  async #askHost(id: RequestId, capability: string, fn: string, params: unknown): Promise<string> {
    try {
      const result = await this.#handlers.hostCall(capability, fn, params, this.#gone.signal);
      const line = writeMessage({ id, result: result ?? null });
      if (Buffer.byteLength(line) <= LIMITS.protocolLineBytes) return line;
      return writeMessage({ id, error: refusal('OUTPUT_TOO_LARGE', 'The answer of the host is too long.') });
    } catch (error) {
      // What else is thrown may name anything of the host, and the plugin need not know it.
      const isRefusal = error instanceof SheafError;
      const code = isRefusal ? codeFor(error) : 'HOST_ERROR';
      const message = isRefusal ? error.message : `The host could not answer ${capability}.`;
      return writeMessage({ id, error: refusal(code, message) });
    }
  }

  /** Ends it all, once. @param culprit the request that the error is about; the others only lost their plugin. */
  #close(error: SheafError | undefined, culprit?: RequestId): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#process.kill();
    this.#gone.abort();
    for (const [id, pending] of this.#pending) {
      const isInnocent = culprit !== undefined && id !== culprit;
      pending.reject(error === undefined || isInnocent ? this.#goneError() : error);
    }
    this.#pending.clear();
    this.#settleClosed(error);
  }
}

function refusal(code: string, message: string): RpcError {
  return { code: RPC_ERROR.refused, message, data: { code } };
}

/** A capability may be answered by another plugin, whose own errors keep their codes. */
function codeFor({ code, details }: SheafError): string {
  const own = details['code'];
  return code === 'SHEAF_PLUGIN' && typeof own === 'string' ? own : code.replace(/^SHEAF_/, '');
}
