import {
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
  Scope,
} from 'quickjs-emscripten-core';
import { LOG_LEVELS } from '../core/runtime/protocol.ts';
import { GuestFailure, type GuestHost, type Reply, readGuestJson, readReply } from './guest.ts';

/** The stack of the interpreted code; the interpreter's own is longer, so it ends by an error that can be caught. */
const STACK_BYTES = 262_144; // 256 KiB

/**
 * Runs before any code of the guest. Everything that crosses the border is JSON text, made and read by functions
 * that the guest cannot replace. `host` has one object for each granted capability; `console` goes to the log.
 */
const PRELUDE = `((ask, print, granted, levels) => {
  const { parse, stringify } = JSON;
  const { create, freeze, defineProperty, keys } = Object;
  const text = String;
  const Failure = Error;
  const define = (name, value) => defineProperty(globalThis, name, { value: freeze(value) });
  const capability = (id) => new Proxy(freeze(create(null)), {
    get: (_, name) => typeof name !== 'string' ? undefined : (request = null) => {
      const reply = parse(ask(id, name, stringify(request)));
      if (reply.error === undefined) return reply.ok;
      const failure = new Failure(reply.error.message);
      failure.code = reply.error.code;
      throw failure;
    },
  });
  const host = create(null);
  for (const id of parse(granted)) host[id] = capability(id);
  define('host', host);
  const console = create(null);
  for (const level of parse(levels)) console[level] = (...parts) => print(level, parts.map(text).join(' '));
  console.log = console.info;
  define('console', console);
  return {
    setInput: (input) => { globalThis.input = parse(input); },
    functionsOf: (module) => keys(module).filter((name) => typeof module[name] === 'function'),
    call: (module, name, input) => module[name](parse(input)),
    write: (ok) => stringify({ ok: ok === undefined ? null : ok }),
    describe: (thrown) => {
      const isObject = typeof thrown === 'object' && thrown !== null;
      const code = isObject && typeof thrown.code === 'string' ? thrown.code : 'ERROR';
      const name = isObject && typeof thrown.name === 'string' && thrown.name !== 'Error' ? thrown.name + ': ' : '';
      return stringify({ error: { code, message: name + text(isObject ? thrown.message : thrown) } });
    },
  };
})`;

/** What a piece of code came to: a value, or what it threw. */
type Outcome =
  | { readonly value: QuickJSHandle; readonly error?: undefined }
  | { readonly error: QuickJSHandle; readonly value?: undefined };

type Border = 'setInput' | 'functionsOf' | 'call' | 'write' | 'describe';

/** A global object of its own in the interpreter, with a heap that is bounded and freed as a whole. */
export interface Realm {
  /** Evaluates an ES module, which may import nothing. @returns the names of the functions that it exports. */
  loadModule(source: string): Reply;
  /** Calls a function of the module; a promise is waited for. */
  call(name: string, input: unknown): Reply;
  /** Runs a script with the global `input`; its value is that of its last statement, and a promise is waited for. */
  runScript(source: string, input: unknown): Reply;
  /** @throws GuestFailure `MEMORY` when only the clean-up shows that the memory was not enough. */
  dispose(): void;
}

/** Opens a realm; `granted` are ids of capabilities. */
export function openRealm(
  interpreter: QuickJSWASMModule,
  memoryBytes: number,
  granted: readonly string[],
  host: GuestHost,
): Realm {
  const runtime = interpreter.newRuntime();
  runtime.setMemoryLimit(memoryBytes);
  runtime.setMaxStackSize(STACK_BYTES);
  return new InterpretedRealm(runtime, runtime.newContext(), granted, host);
}

class InterpretedRealm implements Realm {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #border: QuickJSHandle;
  #module: QuickJSHandle | undefined;

  constructor(runtime: QuickJSRuntime, context: QuickJSContext, granted: readonly string[], host: GuestHost) {
    this.#runtime = runtime;
    this.#context = context;
    this.#border = Scope.withScope((scope) => {
      const ask = scope.manage(
        context.newFunction('ask', (id, name, request) => {
          const params = readGuestJson(context.getString(request));
          return context.newString(
            JSON.stringify(host.call(context.getString(id), context.getString(name), params)),
          );
        }),
      );
      const print = scope.manage(
        context.newFunction('print', (level, message) => {
          const known = LOG_LEVELS.find((candidate) => candidate === context.getString(level));
          host.log(known ?? 'info', context.getString(message));
        }),
      );
      const ids = scope.manage(context.newString(JSON.stringify(granted)));
      const levels = scope.manage(context.newString(JSON.stringify(LOG_LEVELS)));
      const prelude = scope.manage(this.#value(context.evalCode(PRELUDE, 'sheaf.js')));
      return this.#value(context.callFunction(prelude, context.undefined, ask, print, ids, levels));
    });
  }

  loadModule(source: string): Reply {
    return this.#reply((scope) => {
      const evaluated = this.#context.evalCode(source, 'plugin.js', { type: 'module' });
      if (evaluated.error !== undefined) return evaluated;
      const settled = this.#settle(scope.manage(evaluated.value));
      if (settled.error !== undefined) return settled;
      this.#module = settled.value;
      return this.#cross('functionsOf', this.#module);
    });
  }

  call(name: string, input: unknown): Reply {
    return this.#reply((scope) => {
      const command = scope.manage(this.#context.newString(name));
      const given = scope.manage(this.#context.newString(JSON.stringify(input ?? null)));
      return this.#cross('call', this.#module ?? this.#context.undefined, command, given);
    });
  }

  runScript(source: string, input: unknown): Reply {
    return this.#reply((scope) => {
      const given = scope.manage(this.#context.newString(JSON.stringify(input)));
      const set = this.#cross('setInput', given);
      if (set.error !== undefined) return set;
      set.value.dispose();
      return this.#context.evalCode(source, 'script.js', { type: 'global' });
    });
  }

  dispose(): void {
    this.#module?.dispose();
    this.#border.dispose();
    try {
      this.#context.dispose();
      this.#runtime.dispose();
    } catch {
      // Where memory runs out in the middle of a promise, the interpreter loses objects, tells nobody, and stops here.
      throw outOfMemory();
    }
  }

  /** What a piece of the guest's code came to, waiting for a promise, as text across the border. */
  #reply(run: (scope: Scope) => Outcome): Reply {
    return Scope.withScope((scope) => {
      let outcome = run(scope);
      if (outcome.error === undefined) outcome = this.#settle(scope.manage(outcome.value));
      if (outcome.error === undefined) {
        outcome = this.#cross('write', scope.manage(outcome.value));
      }
      if (outcome.error === undefined) return readReply(this.#text(scope.manage(outcome.value)));
      const thrown = scope.manage(outcome.error);
      if (this.#isOutOfMemory(thrown)) {
        throw outOfMemory();
      }
      const described = this.#cross('describe', thrown);
      if (described.error === undefined) return readReply(this.#text(scope.manage(described.value)));
      described.error.dispose();
      return {
        error: { code: 'ERROR', message: 'The JavaScript threw something that cannot be described.' },
      };
    });
  }

  /** Runs what waits, then looks at a promise; anything else is its own value. */
  #settle(value: QuickJSHandle): Outcome {
    const jobs = this.#runtime.executePendingJobs();
    if (jobs.error !== undefined) return { error: jobs.error };
    const state = this.#context.getPromiseState(value);
    if (state.type === 'fulfilled')
      return { value: state.notAPromise === true ? state.value.dup() : state.value };
    if (state.type === 'rejected') return { error: state.error };
    return { error: this.#context.newError('The promise never settles.') };
  }

  #cross(name: Border, ...values: QuickJSHandle[]): Outcome {
    return Scope.withScope((scope) => {
      const fn = scope.manage(this.#context.getProp(this.#border, name));
      return this.#context.callFunction(fn, this.#context.undefined, ...values);
    });
  }

  #isOutOfMemory(thrown: QuickJSHandle): boolean {
    return Scope.withScope((scope) => {
      const [name, message] = ['name', 'message'].map((key) =>
        this.#text(scope.manage(this.#context.getProp(thrown, key))),
      );
      return name === 'InternalError' && message === 'out of memory';
    });
  }

  #text(handle: QuickJSHandle): string {
    return this.#context.typeof(handle) === 'string' ? this.#context.getString(handle) : '';
  }

  #value(result: Outcome): QuickJSHandle {
    if (result.error === undefined) return result.value;
    result.error.dispose();
    throw new GuestFailure('MEMORY', 'The memory cap leaves no room for the language itself.');
  }
}

function outOfMemory(): GuestFailure {
  return new GuestFailure('MEMORY', 'The JavaScript used more memory than it may.');
}
