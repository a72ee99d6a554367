import { LIMITS } from '../core/limits.ts';
import type { InitializeParams } from '../core/runtime/protocol.ts';
import { WASI_MODULE } from '../core/runtime/wasi.ts';
import { type Guest, GuestFailure, type GuestHost, type Reply, readGuestJson, readReply } from './guest.ts';
import { createWasiStub } from './wasi-stub.ts';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const UTF8 = new TextEncoder();

type Command = (at: number, length: number) => bigint;
type Imports = Record<string, Record<string, (...values: never[]) => unknown>>;

/** A module's exports; their types were checked by the host (core/runtime/wasm-abi.ts). */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly alloc: (length: number) => number;
  readonly init?: Command;
  readonly reset?: () => void;
  readonly dispose?: () => void;
  readonly _initialize?: () => void;
}

/** Exports of that type which are no commands. */
const NO_COMMANDS: ReadonlySet<string> = new Set(['alloc', 'init', 'reset', 'dispose', '_initialize']);

/** A module that traps with less than this part of its memory left is taken to have run out of it. */
const NEARLY_FULL = 7 / 8;

/**
 * Instantiates a module of ABI 1, which the host has checked and limited. Linked is what the module imports and
 * nothing else.
 *
 * @throws GuestFailure when it does not compile, or the code that it runs at once fails.
 */
export function loadWasm(code: Uint8Array, params: InitializeParams, host: GuestHost): Guest {
  const memoryCap = params.limits.memory_bytes;
  const module = compile(code);
  let linked: Exports | undefined;
  const exports = (): Exports => {
    if (linked !== undefined) return linked;
    throw new GuestFailure('INIT', 'The start function of the module calls the host.');
  };
  const memory = (): ArrayBuffer => exports().memory.buffer;

  const imports: Imports = { [WASI_MODULE]: createWasiStub(memory, host) };
  for (const { module: id, name } of WebAssembly.Module.imports(module)) {
    if (id === WASI_MODULE) continue;
    imports[id] ??= {};
    imports[id][name] = (at: number, length: number): bigint =>
      write(exports(), JSON.stringify(host.call(id, name, readGuestJson(read(memory(), at, length)))));
  }
  linked = guarded('INIT', memoryCap, undefined, () => {
    return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  });
  start(linked, memoryCap, params.config);
  return createGuest(linked, memoryCap);
}

function compile(code: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(code);
  } catch (error) {
    throw new GuestFailure('ABI', `The module does not compile: ${messageOf(error)}`);
  }
}

/** Runs what a module has for its beginning. */
function start(exports: Exports, memoryCap: number, config: unknown): void {
  guarded('INIT', memoryCap, exports, () => exports._initialize?.());
  const { init } = exports;
  if (init === undefined) return;
  const reply = guarded('INIT', memoryCap, exports, () => invoke(exports, init, { config }));
  if ('error' in reply) throw new GuestFailure('INIT', `${reply.error.code}: ${reply.error.message}`);
}

function createGuest(exports: Exports, memoryCap: number): Guest {
  const commands = new Map<string, Command>();
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'function' && !NO_COMMANDS.has(name)) commands.set(name, value as Command);
  }
  return {
    commands: [...commands.keys()],
    execute(name, input) {
      const command = commands.get(name);
      if (command === undefined)
        return { error: { code: 'UNKNOWN_COMMAND', message: `No command ${name}.` } };
      return guarded('CRASHED', memoryCap, exports, () => {
        const reply = invoke(exports, command, input);
        exports.reset?.();
        return reply;
      });
    },
    memoryBytes: () => exports.memory.buffer.byteLength,
    dispose: () => exports.dispose?.(),
  };
}

function invoke(exports: Exports, command: Command, input: unknown): Reply {
  const given = write(exports, JSON.stringify(input ?? null));
  const answer = BigInt.asUintN(64, command(Number(given >> 32n), Number(given & 0xffff_ffffn)));
  const length = Number(answer & 0xffff_ffffn);
  if (length > LIMITS.protocolLineBytes) {
    const message = `The answer is ${length} bytes long where ${LIMITS.protocolLineBytes} are allowed.`;
    return { error: { code: 'OUTPUT_TOO_LARGE', message } };
  }
  return readReply(read(exports.memory.buffer, Number(answer >> 32n), length));
}

/** Runs code of a module; what it throws means that the module is broken, and how. */
function guarded<T>(
  failure: 'INIT' | 'CRASHED',
  memoryCap: number,
  exports: Exports | undefined,
  run: () => T,
): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof GuestFailure) throw error;
    const used = exports?.memory.buffer.byteLength ?? 0;
    // A module learns from `memory.grow` that it gets no more, and usually ends by `unreachable`.
    if (error instanceof WebAssembly.RuntimeError && used >= memoryCap * NEARLY_FULL) {
      throw new GuestFailure('MEMORY', `The module ended with ${used} of ${memoryCap} bytes of memory used.`);
    }
    if (error instanceof WebAssembly.LinkError) throw new GuestFailure('ABI', messageOf(error));
    throw new GuestFailure(failure, `The module ended: ${messageOf(error)}`);
  }
}

/** Copies a text into the module's memory, where it wants it: `pointer << 32 | length`. */
function write(exports: Exports, text: string): bigint {
  const bytes = UTF8.encode(text);
  const at = exports.alloc(bytes.byteLength) >>> 0;
  const { buffer } = exports.memory;
  if (at + bytes.byteLength > buffer.byteLength) {
    throw new GuestFailure('ABI', `The module allocates at ${at}: outside its memory.`);
  }
  new Uint8Array(buffer, at, bytes.byteLength).set(bytes);
  return (BigInt(at) << 32n) | BigInt(bytes.byteLength);
}

function read(buffer: ArrayBuffer, at: number, length: number): string {
  const [start, size] = [at >>> 0, length >>> 0];
  if (start + size > buffer.byteLength) {
    throw new GuestFailure('ABI', `The module points at ${start}, ${size} bytes long: outside its memory.`);
  }
  try {
    return STRICT.decode(new Uint8Array(buffer, start, size));
  } catch {
    throw new GuestFailure('ABI', 'The module answers with text that is not UTF-8.');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
