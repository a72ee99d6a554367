import { LIMITS } from '../core/limits.ts';
import { nestsDeeper } from '../core/runtime/json-depth.ts';
import type { Failure, InitializeParams, LogLevel, RpcError } from '../core/runtime/protocol.ts';
import { RPC_ERROR } from '../core/runtime/protocol.ts';

const MESSAGE_DEPTH = 4;

/** What runs inside a runner: a wasm module, or JavaScript in a wasm interpreter. */
export interface Guest {
  readonly commands: readonly string[];
  execute(command: string, input: unknown): Reply;
  /** The size of its memory in bytes, which only grows. */
  memoryBytes(): number;
  dispose(): void;
}

/** What a command, or a function of a capability, answers. */
export type Reply =
  | { readonly ok: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

/** What a guest can reach of its host. */
export interface GuestHost {
  /** Asks the host, and waits. A capability that was not granted answers `CAPABILITY_DENIED`. */
  call(capability: string, fn: string, params: unknown): Reply;
  log(level: LogLevel, message: string): void;
}

/** Makes a guest of code; what it runs on the way is the first of it that can fail. */
export type GuestLoader = (code: Uint8Array, params: InitializeParams, host: GuestHost) => Guest;

/** The guest is broken, and nothing more can be asked of it: the answer to whatever was asked is an error. */
export class GuestFailure extends Error {
  readonly error: RpcError;

  constructor(failure: Failure, message: string) {
    super(message);
    this.error = { code: RPC_ERROR.failed, message, data: { code: failure } };
  }
}

/** JSON as a guest wrote it. @throws GuestFailure `ABI` when it is none, or nests too deep to be passed on. */
export function readGuestJson(text: string): unknown {
  // The message around it takes some levels itself.
  if (nestsDeeper(text, LIMITS.protocolDepth - MESSAGE_DEPTH)) {
    throw new GuestFailure('ABI', 'The module sends JSON that nests too deep.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new GuestFailure('ABI', 'The module sends something that is not JSON.');
  }
}

/** A reply as a guest wrote it. @throws GuestFailure `ABI` when it is none. */
export function readReply(text: string): Reply {
  const value = readGuestJson(text);
  if (typeof value === 'object' && value !== null) {
    const { ok, error } = value as { readonly ok?: unknown; readonly error?: unknown };
    if ('ok' in value && !('error' in value)) return { ok };
    const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    if (!('ok' in value) && typeof code === 'string' && typeof message === 'string') {
      return { error: { code, message } };
    }
  }
  throw new GuestFailure('ABI', 'The module answers neither {ok: …} nor {error: {code, message}}.');
}
