import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import loadInterpreter from '@jitl/quickjs-wasmfile-release-sync/emscripten-module';
import { QuickJSFFI } from '@jitl/quickjs-wasmfile-release-sync/ffi';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { WASM_PAGE } from '../core/runtime/wasm-limits.ts';
import { type Guest, GuestFailure, type GuestLoader, type Reply } from './guest.ts';
import { openRealm, type Realm } from './realm.ts';

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The interpreter, which the build puts beside the runner. */
const INTERPRETER = 'quickjs.wasm';
/** What the interpreter itself takes at its start, in pages; the memory of its guest comes on top. */
const INTERPRETER_PAGES = 256;

/** The package's own variant, with everything in this file: its dynamic imports would be further files to read. */
const VARIANT: QuickJSSyncVariant = {
  type: 'sync',
  importFFI: () => Promise.resolve(QuickJSFFI),
  importModuleLoader: () => Promise.resolve(loadInterpreter),
};

/** Exports of a JavaScript plugin with a meaning of their own; all its other exported functions are commands. */
const HOOKS: ReadonlySet<string> = new Set(['init', 'dispose', 'default']);

/**
 * Prepares QuickJS, compiled to wasm, for one plugin written in JavaScript, or for scripts that come with calls.
 * Its guest has the language, `host` and `console`, and no object of Node: there is nothing to escape into but
 * the memory of a wasm module, whose maximum is set as for every other plugin.
 */
export async function createJavaScriptLoader(
  kind: 'javascript' | 'script',
  memoryBytes: number,
): Promise<GuestLoader> {
  const wasmModule = new WebAssembly.Module(readFileSync(join(__dirname, INTERPRETER)));
  const maximum = INTERPRETER_PAGES + Math.ceil(memoryBytes / WASM_PAGE);
  const wasmMemory = new WebAssembly.Memory({ initial: INTERPRETER_PAGES, maximum });
  const interpreter = await newQuickJSWASMModuleFromVariant(newVariant(VARIANT, { wasmModule, wasmMemory }));
  const memory = (): number => wasmMemory.buffer.byteLength;
  return (code, params, host) => {
    const open = (): Realm => openRealm(interpreter, memoryBytes, params.capabilities, host);
    if (kind === 'script') return createScriptGuest(open, memory);
    return createModuleGuest(open(), STRICT.decode(code), params.config, memory);
  };
}

/** A plugin: a module that is evaluated once, and whose state lasts from call to call. */
function createModuleGuest(realm: Realm, source: string, config: unknown, memoryBytes: () => number): Guest {
  const exported = expectInit(realm.loadModule(source)) as readonly string[];
  if (exported.includes('init')) expectInit(realm.call('init', { config }));
  const commands = exported.filter((name) => !HOOKS.has(name));
  return {
    commands,
    execute(command, input) {
      if (commands.includes(command)) return realm.call(command, input);
      return { error: { code: 'UNKNOWN_COMMAND', message: `No command ${command}.` } };
    },
    memoryBytes,
    dispose: () => {
      if (exported.includes('dispose')) realm.call('dispose', null);
    },
  };
}

/** The executor: each script gets a realm of its own, so that none finds what another left behind. */
function createScriptGuest(open: () => Realm, memoryBytes: () => number): Guest {
  return {
    commands: ['execute'],
    execute(_, input) {
      const { code, language = 'javascript', input: value = null } = (input ?? {}) as Record<string, unknown>;
      if (language !== 'javascript' || typeof code !== 'string') {
        return { error: { code: 'INVALID_INPUT', message: 'An input is {"code": "…", "input": …}.' } };
      }
      const realm = open();
      const reply = realm.runScript(code, value);
      realm.dispose();
      return reply;
    },
    memoryBytes,
    dispose: () => {},
  };
}

function expectInit(reply: Reply): unknown {
  if ('ok' in reply) return reply.ok;
  throw new GuestFailure('INIT', reply.error.message);
}
