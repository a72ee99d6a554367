import { LIMITS } from '../core/limits.ts';
import {
  callMethod,
  type ExecuteParams,
  type HostMessage,
  type InitializeParams,
  type Metrics,
  PROTOCOL_VERSION,
  type RequestId,
  RPC_ERROR,
  type RpcError,
  readHostMessage,
  writeMessage,
} from '../core/runtime/protocol.ts';
import type { Channel } from './channel.ts';
import { type Guest, GuestFailure, type GuestHost, type GuestLoader, type Reply } from './guest.ts';

/** Speaks protocol 1 for a guest until the host says `shutdown` or is gone. */
export function serve(channel: Channel, code: Uint8Array, load: GuestLoader): void {
  const server = new Server(channel, code, load);
  while (server.isRunning) server.handle(readHostMessage(channel.readLine()));
}

class Server {
  isRunning = true;
  readonly #channel: Channel;
  readonly #code: Uint8Array;
  readonly #load: GuestLoader;
  #guest: Guest | undefined;
  #granted: ReadonlySet<string> = new Set();
  #nextId = 1;
  /** Microseconds of the present call that belong to the host. */
  #waitedUs = 0;
  #logged = 0;

  constructor(channel: Channel, code: Uint8Array, load: GuestLoader) {
    this.#channel = channel;
    this.#code = code;
    this.#load = load;
  }

  handle(message: HostMessage): void {
    switch (message.kind) {
      case 'initialize':
        this.#initialize(message.id, message.params);
        break;
      case 'execute':
        this.#execute(message.id, message.params);
        break;
      case 'shutdown':
        this.#shutdown(message.id);
        break;
      case 'unreadable':
        this.#channel.write(writeMessage({ id: message.id, error: message.error }));
        break;
      // Calls run to their end before the next line is read; the host ends the process instead of waiting.
      case 'cancel':
      case 'result':
      case 'error':
        break;
    }
  }

  #initialize(id: RequestId, params: InitializeParams): void {
    if (this.#guest !== undefined) return this.#refuse(id, 'The plugin is initialized already.');
    this.#granted = new Set(params.capabilities);
    try {
      this.#guest = this.#load(this.#code, params, this.#host());
    } catch (error) {
      return this.#fail(id, error);
    }
    const result = { protocol: PROTOCOL_VERSION, commands: this.#guest.commands };
    this.#channel.write(writeMessage({ id, result }));
  }

  #execute(id: RequestId, params: ExecuteParams): void {
    const guest = this.#guest;
    if (guest === undefined) return this.#refuse(id, 'The plugin is not initialized.');
    this.#waitedUs = 0;
    this.#logged = 0;
    const began = performance.now();
    let line: string;
    try {
      const reply = guest.execute(params.command, params.input);
      const us = Math.max(0, Math.round((performance.now() - began) * 1_000 - this.#waitedUs));
      line = this.#answer(id, reply, { us, memory_bytes: guest.memoryBytes() });
    } catch (error) {
      return this.#fail(id, error);
    }
    this.#channel.write(line);
  }

  #answer(id: RequestId, reply: Reply, metrics: Metrics): string {
    if ('error' in reply) return writeMessage({ id, error: refusalOf(reply.error) });
    const line = writeMessage({ id, result: reply.ok ?? null, metrics });
    if (Buffer.byteLength(line) <= LIMITS.protocolLineBytes) return line;
    const message = `The answer is longer than ${LIMITS.protocolLineBytes} bytes.`;
    return writeMessage({ id, error: refusalOf({ code: 'OUTPUT_TOO_LARGE', message }) });
  }

  #shutdown(id: RequestId): void {
    try {
      this.#guest?.dispose();
    } catch {
      // It ends either way, and nothing of it is left to be broken.
    }
    this.#channel.write(writeMessage({ id, result: null }));
    this.isRunning = false;
  }

  #refuse(id: RequestId, message: string): void {
    this.#channel.write(writeMessage({ id, error: { code: RPC_ERROR.invalidRequest, message } }));
  }

  #fail(id: RequestId, error: unknown): void {
    const failure = error instanceof GuestFailure ? error : new GuestFailure('CRASHED', String(error));
    this.#channel.write(writeMessage({ id, error: failure.error }));
  }

  #host(): GuestHost {
    return {
      call: (capability, fn, params) => this.#call(capability, fn, params),
      log: (level, message) => {
        if (this.#logged++ >= LIMITS.pluginLogs) return;
        this.#channel.write(writeMessage({ method: 'log', params: { level, message } }));
      },
    };
  }

  #call(capability: string, fn: string, params: unknown): Reply {
    if (!this.#granted.has(capability)) {
      const message = `The capability ${capability} was not granted.`;
      return { error: { code: 'CAPABILITY_DENIED', message } };
    }
    const id = this.#nextId++;
    const line = writeMessage({ id, method: callMethod(capability, fn), params });
    if (Buffer.byteLength(line) > LIMITS.protocolLineBytes) {
      const message = `The request is longer than ${LIMITS.protocolLineBytes} bytes.`;
      return { error: { code: 'INPUT_TOO_LARGE', message } };
    }
    const began = performance.now();
    this.#channel.write(line);
    const reply = this.#await(id);
    this.#waitedUs += (performance.now() - began) * 1_000;
    return reply;
  }

  #await(id: RequestId): Reply {
    for (;;) {
      const message = readHostMessage(this.#channel.readLine());
      if (message.kind === 'result' && message.id === id) return { ok: message.result };
      if (message.kind === 'error' && message.id === id) {
        const { data, message: text } = message.error;
        return { error: { code: data?.code ?? 'HOST_ERROR', message: text } };
      }
      if (message.kind === 'shutdown') process.exit(0);
      if (message.kind === 'execute') this.#refuse(message.id, 'A call is running already.');
    }
  }
}

function refusalOf(error: { readonly code: string; readonly message: string }): RpcError {
  return { code: RPC_ERROR.refused, message: error.message, data: { code: error.code } };
}
