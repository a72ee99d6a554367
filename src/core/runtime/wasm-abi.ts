import { SheafError } from '../errors.ts';
import { quote } from '../text.ts';
import { WASI_FUNCTIONS, WASI_MODULE } from './wasi.ts';
import type { WasmExport, WasmImport, WasmModule } from './wasm-module.ts';

/** The binary interface that this version of sheaf speaks, as `[security] abi` names it. */
export const WASM_ABI = '1';

/** The type of a command, and of a capability's function: a pointer and a length in, `pointer << 32 | length` out. */
const CALL_TYPE = '(i32, i32) -> i64';

/** Exports with a meaning of their own, and the type each must have. Toolchains of WASI add `_initialize`. */
const HOOKS: Readonly<Record<string, string>> = {
  alloc: '(i32) -> i32',
  init: CALL_TYPE,
  reset: '() -> ()',
  dispose: '() -> ()',
  _initialize: '() -> ()',
};

/** A capability's id and a function's name, as they stand in the method `host/<capability>.<function>`. */
const CAPABILITY_ID = /^[a-z][a-z0-9]*([-.][a-z0-9]+)*$/;
const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const NAME_LENGTH = 64;

/** What a module offers and what it asks for: everything a host needs to know before it starts one. */
export interface WasmInterface {
  /** Exported functions that have the type of a command, in the order of the export section. */
  readonly commands: readonly string[];
  /** Capability id to the names of its functions: the import section is the module's request. */
  readonly capabilities: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Reads a module as ABI 1: exports `memory`, `alloc(i32) -> i32` and commands `(pointer, length) -> i64`;
 * optional `init(pointer, length) -> i64`, `reset()`, `dispose()` and `_initialize()`. Imports are functions
 * of capabilities, `(i32, i32) -> i64`, and those of {@link WASI_FUNCTIONS}.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_ABI`.
 */
export function readInterface(module: WasmModule, what: string): WasmInterface {
  const memory = module.exports.find(({ name }) => name === 'memory');
  if (memory?.kind !== 'memory') throw refusal(what, 'does not export its memory as "memory"');
  const alloc = module.exports.find(({ name }) => name === 'alloc');
  if (alloc === undefined) throw refusal(what, `does not export "alloc", a function ${HOOKS.alloc}`);
  for (const exported of module.exports) requireHookType(exported, what);
  return {
    commands: module.exports
      .filter(({ name, type }) => type === CALL_TYPE && !Object.hasOwn(HOOKS, name))
      .map(({ name }) => name),
    capabilities: readRequests(module.imports, what),
  };
}

/** @throws SheafError `SHEAF_ABI` when a command that the manifest provides is not exported as one. */
export function requireCommands(found: WasmInterface, provided: readonly string[], what: string): void {
  const missing = provided.filter((command) => !found.commands.includes(command));
  if (missing.length === 0) return;
  const names = missing.map((command) => quote(command)).join(', ');
  throw refusal(what, `does not export ${names} as ${CALL_TYPE}, though its manifest provides it`);
}

function requireHookType({ name, kind, type }: WasmExport, what: string): void {
  const wanted = Object.hasOwn(HOOKS, name) ? HOOKS[name] : undefined;
  if (wanted === undefined || (kind === 'function' && type === wanted)) return;
  throw refusal(what, `exports "${name}", which is not a function ${wanted}`);
}

function readRequests(
  imports: readonly WasmImport[],
  what: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const requests = new Map<string, Set<string>>();
  for (const { module, name, kind, type } of imports) {
    const title = `${quote(module)} ${quote(name)}`;
    if (kind !== 'function') throw refusal(what, `imports ${title}, which is no function`);
    if (module === WASI_MODULE) {
      const wanted = Object.hasOwn(WASI_FUNCTIONS, name) ? WASI_FUNCTIONS[name] : undefined;
      if (wanted === undefined) throw refusal(what, `imports ${title}, which no plugin gets`);
      if (type !== wanted) throw refusal(what, `imports ${title} as ${type} where it is ${wanted}`);
      continue;
    }
    const isNamed = isName(module, CAPABILITY_ID) && isName(name, FUNCTION_NAME);
    if (!isNamed) throw refusal(what, `imports ${title}, which is no function of a capability`);
    if (type !== CALL_TYPE) throw refusal(what, `imports ${title} as ${type} where it is ${CALL_TYPE}`);
    requests.set(module, (requests.get(module) ?? new Set()).add(name));
  }
  return requests;
}

function isName(text: string, pattern: RegExp): boolean {
  return text.length <= NAME_LENGTH && pattern.test(text);
}

function refusal(what: string, clause: string): SheafError {
  return new SheafError('SHEAF_ABI', `${what} ${clause}.`, {
    hint: 'Build it for wasm ABI 1; `sheaf create` shows what that takes.',
  });
}
