import { isWasmModule, WASM_PREAMBLE } from '../archives/wasm-section.ts';
import { ByteCursor } from '../byte-cursor.ts';
import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';

/** What may be imported or exported. */
export type ExternKind = 'function' | 'table' | 'memory' | 'global';

/** An import; a function has a `type` such as `(i32, i32) -> i64`. */
export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  readonly type?: string;
}

/** An export; a function has a `type` such as `(i32, i32) -> i64`. */
export interface WasmExport {
  readonly name: string;
  readonly kind: ExternKind;
  readonly type?: string;
}

/** The size of a memory in pages of 64 KiB, or of a table in elements. */
export interface WasmSize {
  readonly initial: number;
  /** Absent when the module sets no bound of its own. */
  readonly maximum?: number;
}

/** Where a section lies: `start` is its id, `end` the byte behind it. */
export interface WasmSection {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** What can be known of a module without compiling it. */
export interface WasmModule {
  readonly imports: readonly WasmImport[];
  readonly exports: readonly WasmExport[];
  /** At most one, and never imported. */
  readonly memory?: WasmSize;
  readonly tables: readonly (WasmSize & { readonly elementType: number })[];
  /** Whether code runs as soon as the module is instantiated. */
  readonly hasStart: boolean;
  /** Names of the custom sections. */
  readonly custom: readonly string[];
  readonly sections: readonly WasmSection[];
}

/** Section ids of WebAssembly Core 2.0 §5.5.2 that are interpreted here. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  export: 7,
  start: 8,
} as const;

/** The order in which sections other than custom ones must stand (§5.5.16): data count comes before code. */
const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

const VALUE_TYPES: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};
const KINDS: readonly ExternKind[] = ['function', 'table', 'memory', 'global'];
const FUNCTION_TYPE = 0x60;
const REFERENCE_TYPES: ReadonlySet<number> = new Set([0x70, 0x6f]);

/**
 * Reads the outside of a wasm module, and refuses what a plugin may not be: anything beyond WebAssembly 2.0
 * (shared and 64-bit memories, several memories, tags, types of the garbage collector) and imported memories
 * and tables, whose size the module would not bound. Code is stepped over: compiling it is the runner's
 * business. A start section is allowed; it runs in the runner under the time limit of `initialize`.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_ABI`.
 */
export function readWasmModule(bytes: Uint8Array, what: string): WasmModule {
  const refuse = (clause: string): SheafError =>
    new SheafError('SHEAF_ABI', `${what} ${clause}.`, {
      hint: 'Build it as one WebAssembly 2.0 module with a memory of its own.',
    });
  if (!isWasmModule(bytes)) throw refuse('is no WebAssembly module of version 1');
  if (bytes.byteLength > LIMITS.moduleBytes) throw refuse(`is longer than ${LIMITS.moduleBytes} bytes`);

  const cursor = new ByteCursor(bytes, WASM_PREAMBLE.length, bytes.byteLength, refuse);
  const reading = new ModuleReading();
  let rank = -1;
  while (!cursor.isAtEnd) {
    if (reading.sections.length === LIMITS.wasmSections) {
      throw cursor.refusal(`has more than ${LIMITS.wasmSections} sections`);
    }
    const start = cursor.at;
    const id = cursor.byte();
    if (id !== SECTION.custom) {
      const next = SECTION_ORDER.indexOf(id);
      if (next < 0) throw cursor.refusal(`has a section of kind ${id}, which WebAssembly 2.0 does not know`);
      if (next <= rank) throw cursor.refusal(`has a section of kind ${id} twice or out of order`);
      rank = next;
    }
    const section = cursor.part(cursor.u32());
    reading.section(id, section);
    reading.sections.push({ id, start, end: cursor.at });
  }
  return reading.module();
}

/** Collects what the sections say, in their order. */
class ModuleReading {
  readonly sections: WasmSection[] = [];
  readonly #types: ByteCursor[] = [];
  /** Type index of every function: imported ones first (§2.5.1). */
  readonly #functions: number[] = [];
  readonly #imports: WasmImport[] = [];
  readonly #exports: WasmExport[] = [];
  readonly #tables: (WasmSize & { readonly elementType: number })[] = [];
  readonly #custom: string[] = [];
  #memory: WasmSize | undefined;
  #hasStart = false;

  module(): WasmModule {
    return {
      imports: this.#imports,
      exports: this.#exports,
      ...(this.#memory === undefined ? {} : { memory: this.#memory }),
      tables: this.#tables,
      hasStart: this.#hasStart,
      custom: this.#custom,
      sections: this.sections,
    };
  }

  section(id: number, section: ByteCursor): void {
    switch (id) {
      case SECTION.custom:
        this.#custom.push(section.name());
        return;
      case SECTION.type:
        this.#readTypes(section);
        break;
      case SECTION.import:
        this.#readImports(section);
        break;
      case SECTION.function:
        this.#readFunctions(section);
        break;
      case SECTION.table:
        this.#readTables(section);
        break;
      case SECTION.memory:
        this.#readMemory(section);
        break;
      case SECTION.export:
        this.#readExports(section);
        break;
      case SECTION.start:
        section.u32();
        this.#hasStart = true;
        break;
      default:
        // Globals, elements, code and data decide nothing here; the runner's compiler validates them.
        return;
    }
    if (!section.isAtEnd) throw section.refusal(`has bytes behind the end of section ${id}`);
  }

  #readTypes(section: ByteCursor): void {
    const count = section.count(LIMITS.wasmTypes, 'types');
    for (let index = 0; index < count; index++) {
      if (section.byte() !== FUNCTION_TYPE) throw section.refusal('has a type that is no function type');
      const start = section.at;
      stepOverValueTypes(section, 'parameters');
      stepOverValueTypes(section, 'results');
      const length = section.at - start;
      section.at = start;
      this.#types.push(section.part(length));
    }
  }

  #readImports(section: ByteCursor): void {
    const count = section.count(LIMITS.wasmImports, 'imports');
    for (let index = 0; index < count; index++) {
      const module = section.name();
      const name = section.name();
      const kind = readKind(section);
      const title = `${quote(module)} ${quote(name)}`;
      if (kind === 'memory' || kind === 'table') throw section.refusal(`imports the ${kind} ${title}`);
      if (kind === 'global') {
        valueType(section);
        section.byte();
        this.#imports.push({ module, name, kind });
      } else {
        const type = section.u32();
        this.#functions.push(type);
        this.#imports.push({ module, name, kind, type: this.#typeText(type, section) });
      }
    }
  }

  #readFunctions(section: ByteCursor): void {
    const count = section.count(LIMITS.wasmFunctions, 'functions');
    for (let index = 0; index < count; index++) this.#functions.push(section.u32());
  }

  #readTables(section: ByteCursor): void {
    const count = section.count(LIMITS.wasmTables, 'tables');
    for (let index = 0; index < count; index++) {
      const elementType = section.byte();
      if (!REFERENCE_TYPES.has(elementType)) {
        throw section.refusal('has a table of elements that WebAssembly 2.0 does not know');
      }
      this.#tables.push({ ...readSize(section, 'table'), elementType });
    }
  }

  #readMemory(section: ByteCursor): void {
    if (section.u32() > 1) throw section.refusal('has several memories');
    if (!section.isAtEnd) this.#memory = readSize(section, 'memory');
  }

  #readExports(section: ByteCursor): void {
    const count = section.count(LIMITS.wasmExports, 'exports');
    for (let index = 0; index < count; index++) {
      const name = section.name();
      const kind = readKind(section);
      const at = section.u32();
      if (kind !== 'function') {
        this.#exports.push({ name, kind });
        continue;
      }
      const type = this.#functions[at];
      if (type === undefined) throw section.refusal(`exports ${quote(name)}, a function that it has not`);
      this.#exports.push({ name, kind, type: this.#typeText(type, section) });
    }
  }

  /** `(i32, i32) -> i64`. Types are put into words only here: a module may have very many that nothing uses. */
  #typeText(index: number, section: ByteCursor): string {
    const type = this.#types[index];
    if (type === undefined) throw section.refusal(`uses type ${index}, which it has not`);
    const reader = new ByteCursor(type.bytes, type.at, type.end, (clause) => section.refusal(clause));
    const [parameters, results] = [readValueTypes(reader), readValueTypes(reader)];
    return `(${parameters.join(', ')}) -> ${results.length === 1 ? results[0] : `(${results.join(', ')})`}`;
  }
}

function readKind(section: ByteCursor): ExternKind {
  const byte = section.byte();
  const kind = KINDS[byte];
  if (kind === undefined) throw section.refusal(`imports or exports something of kind ${byte}`);
  return kind;
}

function readValueTypes(type: ByteCursor): string[] {
  return Array.from({ length: type.u32() }, () => valueType(type));
}

/** Looks at every one: a later proposal's type may take several bytes, and everything behind it would be misread. */
function stepOverValueTypes(section: ByteCursor, what: string): void {
  const count = section.count(LIMITS.wasmParameters, `${what} of one function`);
  for (let index = 0; index < count; index++) valueType(section);
}

function valueType(cursor: ByteCursor): string {
  const name = VALUE_TYPES[cursor.byte()];
  if (name === undefined) throw cursor.refusal('has a value type that WebAssembly 2.0 does not know');
  return name;
}

/** Limits (§5.3.7). The flags beyond "has a maximum" mean shared (2), 64-bit (4) or other page sizes (8). */
function readSize(section: ByteCursor, what: string): WasmSize {
  const flags = section.byte();
  if (flags > 1) throw section.refusal(`has a ${what} that is shared, of 64 bits or of another kind`);
  const initial = section.u32();
  if (flags === 0) return { initial };
  const maximum = section.u32();
  if (maximum < initial) throw section.refusal(`has a ${what} whose maximum is below its initial size`);
  return { initial, maximum };
}
